"""The style sheet and the first sight, put into the page that Streamlit serves, so that nothing comes before them.

Streamlit brings `st.html` with the first messages of the script, and its own widget for it later still: half a second
in which headings and cards stand there bare, and then jump to their places.
"""

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import brand
from .first_sight import first_sight
from .headers import NONCE

BEFORE = b'<div id="root">'
"""In the body, for of rules that weigh the same the last counts, and Streamlit's own are added to the head."""
SCRIPT = b"<script>"
"""Streamlit's own inline ones, in its page as it comes."""
PASSED_OVER = frozenset({b"if-none-match", b"if-modified-since", b"accept-encoding"})
"""What asks whether Streamlit's own page has changed, or for it in a form to which nobody can add."""


class StyleFirst:
    """Adds the style sheet to every page, what is first seen to Explore, and tells `brand` that it is there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        kept = [(name, value) for name, value in scope["headers"] if name not in PASSED_OVER]
        start: Message | None = None
        body = b""

        async def with_style(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and "text/html" in Headers(raw=message["headers"]).get(
                "content-type", ""
            ):
                start = message
                return
            if start is None or message["type"] != "http.response.body":
                await send(message)
                return
            body += message.get("body", b"")
            if message.get("more_body"):
                return
            headers = MutableHeaders(scope=start)
            if BEFORE in body:
                nonce = scope[NONCE]
                seen = await to_thread.run_sync(
                    first_sight, scope["path"], scope["query_string"].decode("latin-1"), nonce
                )
                body = body.replace(SCRIPT, f'<script nonce="{nonce}">'.encode())
                body = body.replace(BEFORE, f"{brand.in_the_page()}{seen}{BEFORE.decode()}".encode(), 1)
                headers["content-length"] = str(len(body))
                for name in ("etag", "last-modified"):
                    del headers[name]
            await send(start)
            await send({"type": "http.response.body", "body": body})

        await self.app({**scope, "headers": kept}, receive, with_style)
