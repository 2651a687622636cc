"""The engine of this process: pages and live video queue at the same one, and what becomes of their requests is
counted and logged."""

import logging
from functools import cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from resnet_core.backend import InferenceBackend
    from resnet_core.engine import Engine
    from resnet_core.observing import Observation

Source = Literal["page", "live"]

_log = logging.getLogger(__name__)
_first = Lock()


def engine() -> "Engine":
    """Made on first use, for it imports torch."""
    with _first:  # of callers at the same time, one makes it
        return _made()


def made() -> "Engine | None":
    """The engine, where it has been made already."""
    return _made() if _made.cache_info().currsize else None


def backend(source: Source = "page") -> "InferenceBackend":
    """What answers the pictures of a page, or of live video."""
    from resnet_core.observing import Observed

    return Observed(engine(), partial(_told, source))


@cache
def _made() -> "Engine":
    from resnet_core.engine import Engine

    return Engine()


def _told(source: Source, observation: "Observation") -> None:
    from . import metrics

    metrics.count(observation, source)
    ended = observation.ended
    usual = logging.INFO if source == "page" else logging.DEBUG  # of frames there are dozens a second
    fields = {
        "request": observation.request.id,
        "source": source,
        "net": metrics.net(observation.request.spec),
        "outcome": observation.outcome,
        "milliseconds": round(observation.seconds * 1e3, 1),
    }
    if observation.outcome == "answered":
        _log.log(usual, "a picture was answered", extra={"fields": fields | {"together": ended.together}})
    else:
        unusual = observation.outcome in ("failed", "refused")
        _log.log(
            logging.WARNING if unusual else usual, "a picture was not answered: %s", ended, extra={"fields": fields}
        )
