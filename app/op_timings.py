"""The times of networks' ops on this machine, measured one after the other behind the pages, and kept for all."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from resnet_core import ArchSpec

from .laboratory import why_failed, why_not_begun
from .visitors import owner

if TYPE_CHECKING:
    from resnet_core.op_times import Measured, OpTimes
    from resnet_core.turns import Experiment

    Begin = Callable[[ArchSpec, str], Experiment[Measured]]

MOST_KEPT = 32
"""Networks whose times, or the reasons why there are none, are kept: the oldest give way."""


class Timing(NamedTuple):
    """What is known of a network: its times, else why there are none, "" while they may come, and how far they are."""

    found: "OpTimes | None" = None
    refused: str = ""
    done: float = 0.0

    @property
    def is_over(self) -> bool:
        return self.found is not None or bool(self.refused)


class OpTimings:
    """Sessions share it: what one has asked, all know. An experiment that nobody asks about any more is dropped."""

    def __init__(self, begin: "Begin") -> None:
        self._begin = begin  # for an owner, whose share it is of; may import torch, so no page calls it
        self._caller = ThreadPoolExecutor(max_workers=1, thread_name_prefix="op-timings")
        self._begun: dict[ArchSpec, Future[Experiment[Measured]]] = {}
        self._known: dict[ArchSpec, Timing] = {}
        self._lock = Lock()

    def known(self, spec: ArchSpec) -> Timing:
        """What is known, without asking for more."""
        with self._lock:
            self._settle()
            return self._known.get(spec, Timing())

    def ask(self, spec: ArchSpec) -> Timing:
        """What is known; what is not will be measured for as long as somebody asks about it."""
        with self._lock:
            self._settle(spec)
            if spec in self._known:
                return self._known[spec]
            if spec not in self._begun:
                self._begun[spec] = self._caller.submit(self._begin, spec, owner())
            begun = self._begun[spec]
            if not begun.done():
                return Timing()
            if error := begun.exception():  # such as too many experiments: the next who asks may be luckier
                del self._begun[spec]
                return Timing(refused=why_not_begun(error))
            return _timing(begun.result())

    def _settle(self, asked: ArchSpec | None = None) -> None:
        """Keep what experiments that are over have found; nothing remains of one that was dropped, nor of one that
        did not begin, unless it is the one that is asked about."""
        for spec, begun in list(self._begun.items()):
            if not begun.done():
                continue
            if begun.exception():
                if spec != asked:
                    del self._begun[spec]
            elif begun.result().is_over:
                del self._begun[spec]
                if (timing := _timing(begun.result())).is_over:
                    self._known[spec] = timing
        for oldest in list(self._known)[:-MOST_KEPT]:
            del self._known[oldest]


def _timing(experiment: "Experiment[Measured]") -> Timing:
    """What an experiment has found so far, or why it will not."""
    if experiment.error:
        return Timing(refused=why_failed(experiment))
    latest = experiment.latest
    return Timing(latest.found, "", latest.done) if latest else Timing()
