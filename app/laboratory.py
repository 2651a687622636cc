"""Experiments of this visitor: begun, asked about, stopped. Each tab has its own, and all share the engine."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from resnet_core import request_id
from resnet_core.experiments.lab import Lab, Result, Settings
from resnet_core.experiments.recorded import steps
from resnet_core.refusal import Refusal

from .shared_engine import engine
from .visitors import owner

if TYPE_CHECKING:
    from resnet_core.turns import Experiment

FAILED = "The experiment failed: the server's log says why, under {}. Choose another network, or fewer pictures."
PATIENCE = 60.0
"""Seconds that a short experiment may take before the page goes on without it."""
BETWEEN = 0.02
MOST_LOGGED = 64

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Run:
    """An experiment with its settings, and when it began (monotonic, seconds)."""

    settings: Settings
    experiment: "Experiment[Result]"
    begun: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun


def begin(lab: Lab, settings: Settings) -> None:
    """Run a lab; what ran in it before is stopped. Raises Refusal where too many are at work."""
    stop(lab)
    _runs()[lab.name] = Run(settings, engine().experiment(steps(lab, settings), owner()), time.monotonic())


def stop(lab: Lab) -> None:
    """Take no further step; what is known stays."""
    if run := current(lab):
        run.experiment.stop()


def current(lab: Lab) -> Run | None:
    """What runs, or ran last, in a lab."""
    return _runs().get(lab.name)


def why_failed(error: BaseException) -> str:
    """A sentence for a page; what nobody foresaw stands in the log."""
    return str(error) if isinstance(error, Refusal) else FAILED.format(_logged(error))


@lru_cache(maxsize=MOST_LOGGED)
def _logged(error: BaseException) -> str:
    """The id under which a failure stands in the log: once, however often a page says so."""
    with request_id.under(request_id.current_or_fresh()):
        _log.error("An experiment failed.", exc_info=error)
        return request_id.current()


def answered(brief: Iterator[T]) -> T:
    """What a short experiment finds, once it has had its turns. Raises Refusal."""
    experiment = engine().experiment(brief, owner(), rests=False)
    end = time.monotonic() + PATIENCE
    try:
        while not experiment.is_over and time.monotonic() < end:
            time.sleep(BETWEEN)
            experiment.latest  # noqa: B018  # to ask is to say that somebody still waits
    finally:
        experiment.stop()
    if experiment.error:
        raise Refusal(why_failed(experiment.error)) from experiment.error
    found = experiment.latest
    if found is None:
        raise Refusal("Other experiments take too long: try again in a minute.")
    return found


def _runs() -> dict[str, Run]:
    runs: dict[str, Run] = st.session_state.setdefault("experiments", {})
    return runs
