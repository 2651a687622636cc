"""Frames a second of networks on this machine, measured one at a time behind the pages, and kept for all of them."""

from collections.abc import Callable, Iterable
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple

from resnet_core import ArchSpec, Refusal

if TYPE_CHECKING:
    from resnet_core.benchmark_fps import Rate

    Measure = Callable[[ArchSpec, Callable[[], bool]], Rate]


class State(NamedTuple):
    """What is known: rates by network, sentences for those that have none, and what is at work."""

    rates: "dict[ArchSpec, Rate]"
    refused: dict[ArchSpec, str]
    current: ArchSpec | None
    waiting: tuple[ArchSpec, ...]

    @property
    def at_work(self) -> bool:
        return self.current is not None or bool(self.waiting)


class Measuring:
    """Sessions share it, for two measurements at a time would slow each other down."""

    def __init__(self, measure: "Measure") -> None:
        self._measure = measure
        self._rates: dict[ArchSpec, Rate] = {}
        self._refused: dict[ArchSpec, str] = {}
        self._waiting: list[ArchSpec] = []
        self._current: ArchSpec | None = None
        self._stopped = False
        self._worker: Thread | None = None
        self._lock = Lock()

    def state(self) -> State:
        with self._lock:
            return State(dict(self._rates), dict(self._refused), self._current, tuple(self._waiting))

    def ask(self, specs: Iterable[ArchSpec], again: bool = False) -> None:
        """Have networks measured that were not yet, or all of them `again`."""
        with self._lock:
            known = set() if again else {*self._rates, *self._refused}
            self._waiting += [spec for spec in specs if spec not in {*known, *self._waiting, self._current}]
            self._stopped = False
            if self._waiting and self._worker is None:
                self._worker = Thread(target=self._work, name="fps", daemon=True)
                self._worker.start()

    def stop(self) -> None:
        """Measure no more; of the network at work what was measured so far stands."""
        with self._lock:
            self._waiting.clear()
            self._stopped = True

    def _work(self) -> None:
        while (spec := self._next()) is not None:
            try:
                rate = self._measure(spec, lambda: self._stopped)
            except Refusal as refused:
                with self._lock:
                    self._refused[spec] = str(refused)
            except Exception as error:  # one network's failure is not the others'
                with self._lock:
                    self._refused[spec] = f"It could not be measured ({type(error).__name__})."
            else:
                with self._lock:
                    self._rates[spec] = rate

    def _next(self) -> ArchSpec | None:
        with self._lock:
            self._current = self._waiting.pop(0) if self._waiting else None
            if self._current is None:
                self._worker = None
            return self._current
