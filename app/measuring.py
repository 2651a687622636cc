"""Frames a second of networks on this machine, measured one at a time behind the pages, and kept for all of them."""

import logging
from collections.abc import Callable, Iterable
from threading import Event, Lock, Thread, main_thread
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from resnet_core import ArchSpec, Refusal, request_id

if TYPE_CHECKING:
    from resnet_core.benchmark_fps import Rate

    Measure = Callable[[ArchSpec, Callable[[], bool]], Rate]


Found = TypeVar("Found")
FAILED = "It could not be measured: the server's log says why, under {}."

MOST_WAITING = 32
"""Twice the usual networks. What is asked for beyond is passed over, and asked for again by the page that shows it."""
MOST_KEPT = 64
"""Rates, and refusals likewise: the oldest give way, for every link to a network has one measured."""

_log = logging.getLogger(__name__)


class State(NamedTuple):
    """What is known: rates by network, sentences for those that have none, and what is at work."""

    rates: "dict[ArchSpec, Rate]"
    refused: dict[ArchSpec, str]
    current: ArchSpec | None
    waiting: tuple[ArchSpec, ...]

    @property
    def at_work(self) -> bool:
        return self.current is not None


class Measuring:
    """Sessions share it, for two measurements at a time would slow each other down."""

    def __init__(self, measure: "Measure") -> None:
        self._measure = measure
        self._rates: dict[ArchSpec, Rate] = {}
        self._refused: dict[ArchSpec, str] = {}
        self._waiting: dict[ArchSpec, str] = {}  # each with the id of the request in which it was asked for
        self._current: ArchSpec | None = None
        self._enough = Event()
        self._lock = Lock()

    def state(self) -> State:
        with self._lock:
            return State(dict(self._rates), dict(self._refused), self._current, tuple(self._waiting))

    def ask(self, specs: Iterable[ArchSpec], again: bool = False) -> None:
        """Have networks measured that were not yet, or all of them `again`."""
        with self._lock:
            known = set() if again else {*self._rates, *self._refused}
            new = [spec for spec in dict.fromkeys(specs) if spec not in {*known, *self._waiting, self._current}]
            name = request_id.current_or_fresh()
            self._waiting |= dict.fromkeys(new[: MOST_WAITING - len(self._waiting)], name)
            if self._current is None and (first := self._next()):
                Thread(target=self._work, args=(first,), name="fps", daemon=False).start()

    def stop(self) -> None:
        """Measure no more; of the network at work what was measured so far stands."""
        with self._lock:
            self._waiting.clear()
            if self._current is not None:  # else the next one would be stopped
                self._enough.set()

    def _work(self, asked: tuple[ArchSpec, str] | None) -> None:
        while asked:
            spec, name = asked
            request_id.begin(name)
            enough = self._enough
            try:
                found: Rate | str = self._measure(spec, lambda enough=enough: enough.is_set() or _is_over())
            except Refusal as refused:
                found = str(refused)
            except Exception as error:  # one network's failure is not the others'
                _log.warning("%s could not be measured: %r", spec, error)
                found = FAILED.format(name)
            asked = self._noted(spec, found)

    def _noted(self, spec: ArchSpec, found: "Rate | str") -> tuple[ArchSpec, str] | None:
        """Keep what was found of a network; the next one, if any."""
        with self._lock:
            self._rates.pop(spec, None)
            self._refused.pop(spec, None)
            if isinstance(found, str):
                _kept(self._refused, spec, found)
            else:
                _kept(self._rates, spec, found)
            self._enough = Event()
            return self._next()

    def _next(self) -> tuple[ArchSpec, str] | None:
        """With the lock held: what is measured now, if anything, and the id of the request."""
        self._current = next(iter(self._waiting), None) if not _is_over() else None
        return None if self._current is None else (self._current, self._waiting.pop(self._current))


def _kept(found: "dict[ArchSpec, Found]", spec: ArchSpec, new: "Found") -> None:
    found[spec] = new
    if len(found) > MOST_KEPT:
        del found[next(iter(found))]


def _is_over() -> bool:
    """Whether the program ends. It waits for this thread, for torch must not be left in the middle of a forward."""
    return not main_thread().is_alive()
