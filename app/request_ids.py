"""Every request to this server has an id: that of its header X-Request-ID, where it is plain, or a fresh one.

It goes on to the page's script, the engine and the log, and back in the answer's header.
"""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resnet_core.request_id import accepted, under

HEADER = "X-Request-ID"
_KEY = HEADER.lower().encode()
OURS = "/api/"
"""Whose requests are told at the usual level; of pages the log has lines of their own."""

_log = logging.getLogger(__name__)


class RequestIds:
    """Names HTTP requests and WebSocket connections, and logs how each HTTP request ended; never its query."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _KEY), b"").decode("latin-1")
        name = accepted(given)
        headers = [pair for pair in scope["headers"] if pair[0] != _KEY]
        begun, status = time.perf_counter(), 0

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (_KEY, name.encode())]}
            await send(message)

        with under(name):
            try:
                await self.app({**scope, "headers": [*headers, (_KEY, name.encode())]}, receive, named)
            finally:
                if scope["type"] == "http":
                    _tell(scope, status, time.perf_counter() - begun)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    level = logging.INFO if scope["path"].startswith(OURS) else logging.DEBUG
    fields = {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "milliseconds": round(seconds * 1e3, 1),
    }
    _log.log(level, "answered", extra={"fields": fields})
