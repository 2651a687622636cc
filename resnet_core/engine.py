"""The local engine: one worker behind a bounded queue; requests of equal work that wait together run as one batch."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import lru_cache

from .backend import Answer, BusyError, EngineError, LeftError, Request, Ticket
from .devices import choose, in_words
from .execution import Execution, work
from .plan import plan
from .rows import analyse
from .spec import ArchSpec
from .units import memory

MOST_WAITING = 64
MOST_TOGETHER = 16
MOST_BYTES = 10**9
"""What the activations of one batch may take, lest a wished-for input size end the process."""
MOST_KEPT_BYTES = 2 * 10**9
"""What the networks that stay loaded may take together."""
FELL_BACK = "The GPU's memory was full, so the CPU answered."

_log = logging.getLogger(__name__)


class Engine:
    """Answers requests on one device, in the order in which they came; an `InferenceBackend`."""

    def __init__(
        self,
        device: str | None = None,
        *,
        most_waiting: int = MOST_WAITING,
        most_together: int = MOST_TOGETHER,
        most_kept_bytes: int = MOST_KEPT_BYTES,
    ) -> None:
        self.device = choose(device)
        self.most_waiting, self.most_together, self.most_kept_bytes = most_waiting, most_together, most_kept_bytes
        self._execution = Execution(self.device, most_kept_bytes)
        self._waiting: deque[_Ticket] = deque()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None

    @property
    def device_name(self) -> str:
        return in_words(self.device)

    def submit(self, request: Request) -> "_Ticket":
        """Queue a request. Raises BusyError where the queue is full, EngineError for what cannot be run."""
        _check(request)
        ticket = _Ticket(self, request)
        with self._changed:
            if len(self._waiting) >= self.most_waiting:
                raise BusyError(f"{len(self._waiting)} pictures wait already: try again in a moment.")
            self._waiting.append(ticket)
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="engine", daemon=True)
                self._worker.start()
            self._changed.notify()
        return ticket

    def place_of(self, ticket: "_Ticket") -> int:
        """How many requests come before one of them."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def drop(self, ticket: "_Ticket") -> None:
        """Take a request out of the queue, where it is still in it."""
        with self._changed:
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                batch = self._next()
            started = [ticket for ticket in batch if ticket.future.set_running_or_notify_cancel()]
            if started:
                self._answer(started)

    def _next(self) -> "list[_Ticket]":
        """The first that waits, and those behind it that can run along."""
        first = self._waiting[0]
        common, most = work(first.request), min(self.most_together, _most_together(first.request.spec))
        batch = [ticket for ticket in self._waiting if work(ticket.request) == common][:most]
        for ticket in batch:
            self._waiting.remove(ticket)
        return batch

    def _answer(self, batch: "list[_Ticket]") -> None:
        try:
            answers = self._answers([ticket.request for ticket in batch])
        except BaseException as error:  # the worker outlives whatever a request leads to
            if not isinstance(error, EngineError):
                _log.warning("A batch of %d failed: %r", len(batch), error)
            for ticket in batch:
                ticket.future.set_exception(error)
        else:
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.future.set_result(answer)

    def _answers(self, requests: list[Request]) -> list[Answer]:
        return self._execution.answers(requests)


class _Ticket:
    """A place in the engine's queue."""

    def __init__(self, engine: Engine, request: Request) -> None:
        self.request = request
        self.future: Future[Answer] = Future()
        self._engine = engine

    def place(self) -> int:
        return self._engine.place_of(self)

    def leave(self) -> bool:
        self._engine.drop(self)
        return self.future.cancel()

    def done(self) -> bool:
        return self.future.done()

    def result(self, timeout: float | None = None) -> Answer:
        try:
            return self.future.result(timeout)
        except TimeoutError as error:
            raise BusyError("Other pictures took too long: try again in a moment.") from error
        except CancelledError as error:
            raise LeftError("The picture was taken out of the queue: run it again.") from error

    def when_done(self, tell: Callable[[Ticket], object]) -> None:
        self.future.add_done_callback(lambda _: tell(self))


@lru_cache(maxsize=256)
def _needed(spec: ArchSpec) -> int:
    """The bytes of one picture's activations."""
    return analyse(spec).totals.peak_bytes


def _most_together(spec: ArchSpec) -> int:
    return max(1, MOST_BYTES // _needed(spec))


@lru_cache(maxsize=256)
def tensors(spec: ArchSpec) -> frozenset[str]:
    """The names of all tensors that can be tapped."""
    rows = {row.name for row in analyse(spec).rows}
    blocks = {name: block for name, block in plan(spec).blocks() if name}
    ends = {f"{name}.{path.role}" for name, block in blocks.items() for path in block.paths}
    return frozenset(rows | blocks.keys() | ends)


def _check(request: Request) -> None:
    spec = request.spec
    if (needed := _needed(spec)) > MOST_BYTES:
        raise EngineError(
            f"At {spec.size[0]:,}×{spec.size[1]:,} pixels one picture needs {memory(needed)} of activations, "
            f"and {memory(MOST_BYTES)} may be taken: choose a smaller input size."
        )
    if unknown := sorted({*request.taps, *request.cams} - tensors(spec)):
        raise EngineError(
            f"{spec} has no tensor {unknown[0][:60]!r}: take the name of a row of its table, or a block's."
        )
