"""The ASGI app: the page script, our own routes, security headers, and torch warmed in the background."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Before torch is loaded: its threads sleep while they wait for each other, rather than spin. Spinning takes the very
# cores from pages, decoders and a browser on the same machine that the other threads need to be done.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `streamlit run` puts app/ on the path, not the root

from app import api, attachments, live  # noqa: E402  # after the path is set
from app.style_first import StyleFirst  # noqa: E402
from resnet_core.allocator import few_arenas  # noqa: E402

few_arenas()

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)


class SecurityHeaders:
    """Adds our headers to every HTTP answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS]}
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def explore(request: Request) -> RedirectResponse:
    """The first page has no path of its own in Streamlit; whoever writes its name, as of the others, is led there."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Import torch while nobody waits for it; pages show structure without it."""
    Thread(target=import_module, args=("app.warm",), name="warm-up", daemon=True).start()
    yield None


app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=lifespan,
    routes=[Route("/explore", explore), *api.ROUTES, *attachments.ROUTES, *live.ROUTES],
    middleware=[Middleware(SecurityHeaders), Middleware(StyleFirst)],
)
