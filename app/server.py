"""The ASGI app: the page script, our own routes, security headers, and torch warmed in the background."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pandas  # noqa: F401  # Plotly looks for it among the modules, and finds a half of it while a page imports it
import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Route

# Before torch is loaded: its threads sleep while they wait for each other, rather than spin. Spinning takes the very
# cores from pages, decoders and a browser on the same machine that the other threads need to be done.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # `streamlit run` puts app/ on the path, not the root

from app import api, attachments, health, kept_uploads, live, logs, metrics_route, unfinished  # noqa: E402  # after the path is set
from app.headers import SecurityHeaders  # noqa: E402
from app.limits import Limits  # noqa: E402
from app.metrics_route import MetricsForFew  # noqa: E402
from app.origins import OwnPagesOnly, named_hosts  # noqa: E402
from app.request_ids import RequestIds  # noqa: E402
from app.style_first import StyleFirst  # noqa: E402
from app.unforeseen import Unforeseen  # noqa: E402
from resnet_core import allocator  # noqa: E402
from resnet_core.closed_memory import close_memory  # noqa: E402

allocator.few_arenas()
close_memory()
unfinished.bound()


def explore(request: Request) -> RedirectResponse:
    """The first page has no path of its own in Streamlit; whoever writes its name, as of the others, is led there."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    """Import torch while nobody waits for it; pages show structure without it. Tend visitors' files, and memory."""
    logs.set_up()  # here, for Streamlit's loggers exist by now
    Thread(target=health.warm_up, name="warm-up", daemon=True).start()
    Thread(target=kept_uploads.tend, name="uploads", daemon=True).start()
    Thread(target=allocator.tend, name="allocator", daemon=True).start()
    yield None


app = st.App(
    Path(__file__).with_name("main.py"),
    lifespan=lifespan,
    routes=[
        Route("/explore", explore),
        *api.ROUTES,
        *attachments.ROUTES,
        *health.ROUTES,
        *live.ROUTES,
        *metrics_route.ROUTES,
        api.UNKNOWN,
    ],
    middleware=[
        Middleware(RequestIds),
        Middleware(SecurityHeaders),
        Middleware(Unforeseen),
        Middleware(OwnPagesOnly, named_hosts()),
        Middleware(MetricsForFew),
        Middleware(Limits),
        Middleware(StyleFirst),
    ],
)
