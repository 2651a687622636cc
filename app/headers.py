"""What every answer tells the browser: which scripts may run, who may show our pages in theirs, what is remembered.

The policy is as strict as Streamlit's frontend allows. docs/security.md says what each part stops.
"""

import logging
import os
import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRAMES = "RESNET_EXPLORER_FRAMES"
"""Names the origins whose pages may show ours in a frame, such as a course's, with blanks between them."""
NONCE = "resnet_explorer.nonce"
"""Where in a request's scope the word stands with which an inline script must be marked to run."""
_ORIGIN = re.compile(r"https?://(?:\*\.)?[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_log = logging.getLogger(__name__)

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=(), display-capture=(), usb=(), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class SecurityHeaders:
    """Adds our headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.frames = frame_ancestors(os.environ.get(FRAMES, ""))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["content-security-policy"] = policy(nonce, self.frames)
            await send(message)

        await self.app({**scope, NONCE: nonce}, receive, with_headers)


def frame_ancestors(origins: str) -> str:
    """Our own pages and those of the origins named; what is none is left out, and the log says so."""
    named = origins.split()
    for origin in named:
        if not _ORIGIN.fullmatch(origin):
            _log.warning("%s: %r is no origin, so it is left out: write https://lms.example.org.", FRAMES, origin[:80])
    return " ".join(["'self'", *filter(_ORIGIN.fullmatch, named)])


def policy(nonce: str, frames: str) -> str:
    """The content security policy of one answer, whose inline scripts bear the nonce."""
    parts = {
        "default-src": "'none'",
        # blob: Streamlit imports the scripts of components from there; wasm: Graphviz
        "script-src": f"'self' blob: 'wasm-unsafe-eval' 'nonce-{nonce}'",
        "worker-src": "blob:",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "connect-src": "'self' data:",  # from where Streamlit's camera takes its photograph
        "manifest-src": "'self'",
        "frame-ancestors": frames,
        "base-uri": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {values}" for name, values in parts.items())
