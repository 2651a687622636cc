"""Whether this process lives, at /health/live, and whether it should be sent visitors, at /health/ready.

Neither loads torch, nor waits for anything that does; a proxy or a platform may ask every second.
"""

from importlib import import_module
from threading import Event

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from resnet_core.refusal import Refusal
from resnet_core.weights import unreadable

from . import shared_engine

UNAVAILABLE = 503
_warmed = Event()


class NotReady(Refusal):
    """Why this process should get no visitors now."""


def warm_up() -> None:
    """Do what no visitor should wait for; from its end on the process may be ready."""
    import_module("app.warm")
    _warmed.set()


def live(request: Request) -> Response:
    """That somebody answers is the answer."""
    return JSONResponse({"live": True})


def ready(request: Request) -> Response:
    """200, or 503 with the reason; either with the number of pictures that wait."""
    waiting = shared_engine.waiting()
    try:
        require_ready()
    except NotReady as reason:
        return JSONResponse({"ready": False, "waiting": waiting, "reason": str(reason)}, UNAVAILABLE)
    return JSONResponse({"ready": True, "waiting": waiting})


def require_ready() -> None:
    """Raises NotReady while the first network is being loaded, where the engine's queue is full, and where bundled
    weights cannot be read."""
    if not _warmed.is_set():
        raise NotReady("The first network is still being loaded: ask again in a few seconds.")
    if not shared_engine.has_room():
        raise NotReady("As many pictures wait as may: ask again in a few seconds.")
    if files := unreadable():
        raise NotReady(f"{', '.join(files)} cannot be read: install the bundled weights again.")


ROUTES = [Route("/health/live", live), Route("/health/ready", ready)]
