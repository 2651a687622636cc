"""The local engine: one worker behind a bounded queue; requests of equal work that wait together run as one batch."""

import atexit
import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

import torch

from .backend import Answer, EngineError, FailedError, Request
from .demand import MOST_TOGETHER, check, together
from .devices import choose, in_words
from .execution import Execution, work
from .observing import EngineState
from .promise import Promise
from .queueing import Queueing
from .refusal import Refusal
from .request_id import under
from .turns import MOST, Experiment, Turns

MOST_WAITING = 64
MOST_KEPT_BYTES = 2 * 10**9
"""What the networks that stay loaded may take together."""
IDLE = 30.0
"""Seconds without work after which the worker goes home; the next request calls another."""
LAST_FORWARD = 20.0
"""Seconds that the end of the process waits for what runs."""
FELL_BACK = "The GPU's memory was full, so the CPU answered."

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Engine(Queueing["_Ticket"]):
    """Answers requests on one device, in the order in which they came: an `InferenceBackend`.

    Threads share it; forward passes run one batch at a time. `crowded` says whether others want this process's time:
    then experiments rest after each step. Raises DeviceError for a device that is not there.
    """

    def __init__(
        self,
        device: str | None = None,
        *,
        most_waiting: int = MOST_WAITING,
        most_together: int = MOST_TOGETHER,
        most_kept_bytes: int = MOST_KEPT_BYTES,
        crowded: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(most_waiting)
        self.device = choose(device)
        self.most_together, self.most_kept_bytes = most_together, most_kept_bytes
        self.execution = Execution(self.device, most_kept_bytes)
        self._beside: Execution | None = None  # on the CPU, once a GPU's memory was full
        self._changed = threading.Condition()  # its lock may be taken again by who holds it
        self._turns = Turns(self._changed, crowded)
        self._worker: threading.Thread | None = None
        # a forward pass that outlives the interpreter aborts the process
        atexit.register(_close, weakref.ref(self))

    @property
    def device_name(self) -> str:
        return in_words(self.device)

    def submit(self, request: Request) -> "_Ticket":
        """Queue a request. Raises BusyError where the queue is full, EngineError for what cannot be run."""
        check(request)
        ticket = _Ticket(self, request)
        with self._changed:
            self._join(ticket)
            self._call_worker()
        return ticket

    def experiment(self, steps: Iterator[T], owner: str = "", by_itself: bool = False) -> Experiment[T]:
        """Have the steps of an experiment taken one by one, each when no picture waits, in turn with others'.

        In a crowd it rests after each step. Raises BusyError where as many as may be are at work, of all or of this
        owner; "" may have all. One that begins `by_itself` leaves places to those for which somebody pressed a button.
        """
        joined = Experiment(steps, owner, by_itself)
        with self._changed:
            self._check_open()
            self._turns.join(joined)
            self._call_worker()
        return joined

    def state(self) -> EngineState:
        """What waits, what is at work, and what stays loaded, the CPU's networks beside a full GPU's included."""
        executions = [one for one in (self.execution, self._beside) if one]
        with self._changed:
            waiting, experiments = len(self._waiting), len(self._turns)
        return EngineState(
            device=self.device_name,
            waiting=waiting,
            most_waiting=self.most_waiting,
            most_together=self.most_together,
            networks=sum(len(one.kept) for one in executions),
            kept_bytes=sum(one.kept.bytes for one in executions),
            most_kept_bytes=self.most_kept_bytes,
            experiments=experiments,
            most_experiments=MOST,
        )

    def _call_worker(self) -> None:
        """With the lock held: wake the worker, or call one."""
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="engine", daemon=True)
            self._worker.start()
        self._changed.notify()

    def place_of(self, ticket: "_Ticket") -> int:
        """How many requests come before one of them."""
        with self._changed:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    def drop(self, ticket: "_Ticket") -> None:
        """Take a request out of the queue, where it is still in it."""
        with self._changed:
            if ticket in self._waiting:
                self._waiting.remove(ticket)

    def close(self) -> None:
        """Answer nobody any more, once what runs has ended; who waits is told."""
        with self._changed:
            self._closed = True
            waiting, worker = list(self._waiting), self._worker
            self._waiting.clear()
            self._turns.stop()
            self._changed.notify_all()
        for ticket in waiting:
            _cancelled(ticket.future)
        if worker is not None and worker is not threading.current_thread():
            worker.join(LAST_FORWARD)

    def _work(self) -> None:
        more = False  # whether there may be something to prepare
        while True:
            with self._changed:
                if not more:
                    self._changed.wait_for(lambda: self._waiting or self._turns or self._closed, IDLE)
                if not more and (rest := self._turns.rest):
                    self._changed.wait_for(lambda: self._waiting or self._closed, rest)
                if self._closed or not (self._waiting or self._turns or more):
                    self._worker = None
                    return
                batch = self._next() if self._waiting else []
                takes = not batch and bool(self._turns) and not self._turns.rest
            if takes:
                self._turns.take()
                continue
            if started := [ticket for ticket in batch if ticket.future.set_running_or_notify_cancel()]:
                self._answer(started)
            more = bool(started) or (not batch and self._prepared())

    def _next(self) -> "list[_Ticket]":
        """The first that waits, and those behind it that can run along."""
        first = self._waiting[0].request
        common, most = work(first), min(self.most_together, together(first))
        batch = [ticket for ticket in self._waiting if work(ticket.request) == common][:most]
        for ticket in batch:
            self._waiting.remove(ticket)
        return batch

    def _answer(self, batch: "list[_Ticket]") -> None:
        try:
            with under(" ".join(ticket.request.id for ticket in batch)):
                answers = self._answers([ticket.request for ticket in batch])
        except BaseException as error:  # the worker outlives whatever a request leads to
            for ticket in batch:
                ticket.future.set_exception(_refusal(error, ticket.request.id))
        else:
            for ticket, answer in zip(batch, answers, strict=True):
                ticket.future.set_result(answer)

    def _answers(self, requests: Sequence[Request]) -> list[Answer]:
        """On the device; where its memory is full once more with all of it, then on the CPU."""
        for _ in range(2):
            try:
                return self.execution.answers(requests)
            except torch.OutOfMemoryError as error:
                _log.warning("%s has no memory left for %s: %s", self.device_name, requests[0].spec, error)
            self.execution.forget()  # behind the except clause, whose error holds the tensors
        self._beside = self._beside or Execution(torch.device("cpu"), self.most_kept_bytes)
        answers = self._beside.answers(requests)
        return [replace(answer, notes=(*answer.notes, FELL_BACK)) for answer in answers]

    def _prepared(self) -> bool:
        try:
            return self.execution.prepare()
        except Exception as error:  # answers come without it too
            _log.warning("What would make answers faster failed: %r", error)
            return False


def _close(engine: "weakref.ref[Engine]") -> None:
    if alive := engine():
        alive.close()


class _Ticket(Promise):
    """A place in the engine's queue."""

    def __init__(self, engine: Engine, request: Request) -> None:
        super().__init__(request)
        self._engine = engine

    def place(self) -> int:
        return self._engine.place_of(self)

    def leave(self) -> bool:
        self._engine.drop(self)
        return _cancelled(self.future)


def _cancelled(future: "Future[Answer]") -> bool:
    """Cancel what has not begun, and wake whoever waits for it."""
    return not future.done() and future.cancel() and not future.set_running_or_notify_cancel()


def _refusal(error: BaseException, name: str) -> Refusal:
    """What is told to whoever waits; what nobody foresaw stands in the log, under the id of the request."""
    if isinstance(error, Refusal):
        return error
    with under(name):
        _log.error("A forward pass failed.", exc_info=error)
    if isinstance(error, MemoryError) or "alloc" in str(error).lower():
        refusal = EngineError("The machine has not enough memory left for this: choose a smaller input size.")
    else:
        refusal = FailedError(
            f"The network could not be run: the server's log says why, under {name}. Choose another network."
        )
    refusal.__cause__ = error
    return refusal
