"""Experiments of this visitor: begun, asked about, stopped. Each tab has its own, and all share the engine."""

import logging
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from resnet_core import request_id
from resnet_core.experiments.lab import Lab, Settings
from resnet_core.experiments.recorded import steps
from resnet_core.refusal import Refusal

from .shared_engine import engine
from .visitors import owner

if TYPE_CHECKING:
    from resnet_core.turns import Experiment

FAILED = "The experiment failed: the server's log says why, under {}. Choose another network, or fewer pictures."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """An experiment with what it was asked, and when it began (monotonic, seconds)."""

    asked: Hashable
    experiment: "Experiment[Any]"
    begun: float

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun


def begin(lab: Lab, settings: Settings) -> None:
    """Run a lab; what ran in it before is stopped. Raises Refusal where too many are at work."""
    stop(lab.name)
    _begin(lab.name, settings, steps(lab, settings))


def kept_up(name: str, asked: Hashable, steps: Callable[[], Iterator[object]]) -> Run:
    """What runs, or ran, under a name to answer just this; what was asked before is given up, and what was dropped
    meanwhile begins again. It begins by itself. Raises BusyError where too many are at work."""
    run = current(name)
    if run and run.asked == asked and not run.experiment.is_dropped:
        return run
    give_up(name)
    return _begin(name, asked, steps(), by_itself=True)


def stop(name: str) -> None:
    """Take no further step; what is known stays."""
    if run := current(name):
        run.experiment.stop()


def give_up(name: str) -> None:
    """Take no further step, and forget what is known."""
    stop(name)
    _runs().pop(name, None)


def current(name: str) -> Run | None:
    """What runs, or ran last, in a lab or under another name."""
    return _runs().get(name)


def why_failed(experiment: "Experiment[Any]") -> str:
    """A sentence for a page, "" where it did not fail; what nobody foresaw stands in the log, once, under its id."""
    error = experiment.error
    if error is None or isinstance(error, Refusal):
        return str(error or "")
    return FAILED.format(experiment.id)


def why_not_begun(error: BaseException) -> str:
    """A sentence for a page; what nobody foresaw stands in the log, as often as this is asked."""
    if isinstance(error, Refusal):
        return str(error)
    with request_id.under(request_id.current_or_fresh()):
        _log.error("An experiment did not begin.", exc_info=error)
        return FAILED.format(request_id.current())


def _begin(name: str, asked: Hashable, steps: Iterator[object], by_itself: bool = False) -> Run:
    with request_id.under(request_id.current() or _next_run()):
        experiment = engine().experiment(steps, owner(), by_itself)
    _runs()[name] = run = Run(asked, experiment, time.monotonic())
    return run


def _next_run() -> str:
    """The id of the page's run that a press of a button leads to, which is heard before that run begins."""
    state = st.session_state
    return request_id.part(state["request_id"], state.get("runs", 0) + 1) if "request_id" in state else ""


def _runs() -> dict[str, Run]:
    runs: dict[str, Run] = st.session_state.setdefault("experiments", {})
    return runs
