"""What answers this process's pictures: pages and live video queue at the same place, and what becomes of their
requests is counted and logged.

The labs' experiments take turns on the local engine, wherever the pictures are answered.
"""

import logging
from functools import cache, partial
from threading import RLock
from typing import TYPE_CHECKING, Literal

from .page_turns import page_turns

if TYPE_CHECKING:
    from resnet_core.backend import InferenceBackend
    from resnet_core.engine import Engine
    from resnet_core.observing import Observation
    from resnet_core.remote_backend import RemoteBackend
    from resnet_core.shares import Shares

Source = Literal["page", "live", "warm-up"]

_log = logging.getLogger(__name__)
_first = RLock()


def engine() -> "Engine":
    """The local one, made on first use, for it imports torch."""
    with _first:  # of callers at the same time, one makes it
        return _made()


def made() -> "Engine | None":
    """The engine, where it has been made already."""
    return _made() if _made.cache_info().currsize else None


def has_room() -> bool:
    """Whether a picture more would be taken; so too where nothing has been made yet that would answer it."""
    return all(queue.has_room for queue in _queues())


def waiting() -> int:
    """How many pictures stand in this process's queues: those for a cluster, and those for its own engine."""
    return sum(queue.waiting for queue in _queues())


def most_waiting() -> int:
    """How many may, in the queues that have been made: 0 before."""
    return sum(queue.most_waiting for queue in _queues())


def cluster_is_silent() -> bool:
    """Whether a cluster is named that did not answer of late, so that this process does."""
    circuit = getattr(_named_already(), "circuit", None)
    return circuit is not None and circuit.is_open


def _queues() -> "set[Engine | RemoteBackend]":
    """What has been made of a named backend and of the local engine, which may be the same."""
    return {queue for queue in (_named_already(), made()) if queue is not None}


def _named_already() -> "Engine | RemoteBackend | None":
    return _named() if _named.cache_info().currsize else None


def backend(source: Source = "page", owner: str = "") -> "InferenceBackend":
    """What answers requests of a page, of live video, or, uncounted, of the warm-up: what
    RESNET_EXPLORER_BACKEND names, which falls back to the local engine; else that engine itself. An `owner` has a share
    of it and no more; "" is this process itself.

    Raises AddressError where the name is no address.
    """
    from resnet_core.observing import Observed
    from resnet_core.shares import Shared

    with _first:
        observed = Observed(_named(), partial(_told, source))
        return Shared(observed, owner, _shares()) if owner else observed


@cache
def _shares() -> "Shares":
    from resnet_core.shares import Shares

    return Shares()


@cache
def _named() -> "Engine | RemoteBackend":
    from resnet_core.remote_backend import named_backend

    return named_backend(engine)


@cache
def _made() -> "Engine":
    from resnet_core.engine import Engine

    return Engine(crowded=page_turns.are_many)


def _told(source: Source, observation: "Observation") -> None:
    from . import metrics

    if source != "warm-up":
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
