"""Who may ask: pages of this very server, under the names that it is known by; nothing that another site's page sends.

Of what Streamlit serves as of our own routes, over HTTP as over a WebSocket.
"""

import logging
import os
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS = "RESNET_EXPLORER_HOSTS"
"""Names the hosts under which this server is known, with blanks between them, such as resnet.example.org."""
FORBIDDEN, MISDIRECTED = 403, 421
BY_NUMBER = re.compile(r"/_stcore/(health|metrics)|/health(/.*)?|/api/metrics")
"""What a machine asks that knows the server by its number; who may read the metrics is said in metrics_route.py."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
STRANGER = "This was asked by the page of another site: open the address in a window of its own.\n"
UNKNOWN = "This server is not known by that name: ask for it by one of its own.\n"
_NAME = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]|\*")
_log = logging.getLogger(__name__)


class OwnPagesOnly:
    """Refuses requests by other names than `hosts`, any where there are none, and those of other sites' pages."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...] = ()) -> None:
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not (BY_NUMBER.fullmatch(scope["path"]) or is_known(headers.get("host", ""), self.hosts)):
            await _refuse(scope, receive, send, MISDIRECTED, UNKNOWN)
        elif is_strange(scope, headers):
            await _refuse(scope, receive, send, FORBIDDEN, STRANGER)
        else:
            await self.app(scope, receive, send)


def named_hosts() -> tuple[str, ...]:
    """Those of the environment. One that is none matches none, and the log says so."""
    named = tuple(os.environ.get(HOSTS, "").lower().split())
    for name in named:
        if not _NAME.fullmatch(name):
            _log.warning("%s: %r is no host: write names such as resnet.example.org, without port.", HOSTS, name[:80])
    return named


def is_known(host: str, known: tuple[str, ...]) -> bool:
    """Whether the Host of a request is one of those; "*.example.org" stands for all beneath it."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    if not known:
        return True
    name = (name or "").rstrip(".")
    return any(
        one in ("*", name, f"[{name}]") or (one.startswith("*.") and name.endswith(one.removeprefix("*")))
        for one in known
    )


def is_strange(scope: Scope, headers: Headers) -> bool:
    """Whether another site's page asks for more than to be led here. Browsers say so; programs need not."""
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    if site in ("cross-site", "same-site") and mode != "navigate":
        return True
    if scope["type"] == "http" and scope["method"] in SAFE:
        return False
    origin = headers.get("origin")
    return origin is not None and not is_own(origin, headers.get("host", ""))


def is_own(origin: str, host: str) -> bool:
    """Whether an Origin is that of the pages of a Host."""
    try:
        parts = urlsplit(origin)
    except ValueError:  # such as http://[
        return False
    return parts.scheme in ("http", "https") and parts.netloc == host


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: HTTP 403
        return
    await PlainTextResponse(sentence, status)(scope, receive, send)
