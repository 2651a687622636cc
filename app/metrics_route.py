"""/api/metrics: what app/metrics.py counts, in the text that Prometheus reads; and who may read that, and Streamlit's.

This machine alone, or, where RESNET_EXPLORER_METRICS_TOKEN is set, whoever brings it as a bearer token. To anybody else
there is no such page. A request that a proxy passed on is none of this machine's, wherever the proxy is.
"""

import hmac
import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import metrics

OURS, STREAMLITS = "/api/metrics", "/_stcore/metrics"
TOKEN = "RESNET_EXPLORER_METRICS_TOKEN"
NOT_FOUND = 404
PASSED_ON = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
BY_NAME = ("localhost", "localhost.")


class MetricsForFew:
    """Answers 404 to who may not read metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_asked = scope["type"] == "http" and scope["path"].rstrip("/") in (OURS, STREAMLITS)
        refuses = is_asked and not may_read(Request(scope))
        await (PlainTextResponse("Not Found", NOT_FOUND) if refuses else self.app)(scope, receive, send)


def scrape(request: Request) -> Response:
    """Every metric."""
    return Response(generate_latest(metrics.REGISTRY), media_type=CONTENT_TYPE_LATEST)


def may_read(request: Request) -> bool:
    """Whether a request brings the token, or where there is none comes from this machine, asking for this machine."""
    if token := os.environ.get(TOKEN):
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in PASSED_ON):
        return False
    return _is_loopback(request.client.host if request.client else "") and _is_loopback(_asked(request))


def _asked(request: Request) -> str:
    """The host that was asked for: a name that somebody lets lead here is not this machine's own."""
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return host in BY_NAME or ip_address(host).is_loopback
    except ValueError:
        return False


ROUTES = [Route(OURS, scrape)]
