"""A backend elsewhere, reached over HTTP: an `InferenceBackend` that falls back to this machine.

Forward passes change nothing, so each may be asked for again. Experiments in the labs are no forward passes: they stay
on the local engine.
"""

import atexit
import logging
import os
import random
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar
from uuid import uuid4

from .backend import Answer, BusyError, EngineError, FailedError, InferenceBackend, Request
from .circuit import Circuit
from .demand import check
from .promise import TOO_LONG
from .queueing import Queueing
from .refusal import Refusal
from .remote_call import ADDRESS_VARIABLE, TOKEN_VARIABLE, Address, Call, Unanswered, read_address
from .remote_ticket import RemoteTicket
from .request_id import under
from .wire import MOST_ANSWER, WireError
from .wire_messages import answer_bytes, read_answer, request_message

MOST_WAITING = 64
MOST_CALLS = 32
"""Requests on their way at a time, each with a thread that sleeps until it is answered."""
PATIENCE = 60.0
"""Seconds from a request to the answer, all attempts together."""
ATTEMPTS = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between attempts; each doubles them."""
LAST_CALLS = 5.0
"""Seconds that the end of the process waits for the threads, all together."""
TRIAL = 3.0
"""Seconds within which a backend that had failed must say that it is there."""
IDLE = 30.0
"""Seconds without work after which a thread goes home."""
FELL_BACK = "The cluster did not answer, so this server did."
NOT_THERE = "The cluster has not these weights, so this server answered."
TOO_LARGE = "The answer was too large to travel, so this server gave it."
ELSEWHERE = "a cluster"
"""Its address is no visitor's affair."""
MODEL_HEADER = "serve_multiplexed_model_id"
"""By which a cluster sends requests of one network to the replicas that hold it."""

Backend = TypeVar("Backend", bound=InferenceBackend)

_log = logging.getLogger(__name__)


def named_backend(local: Callable[[], Backend]) -> "Backend | RemoteBackend":
    """The backend at the address that RESNET_EXPLORER_BACKEND gives, else this machine's. Raises AddressError."""
    named = os.environ.get(ADDRESS_VARIABLE)
    return RemoteBackend(read_address(named, os.environ.get(TOKEN_VARIABLE)), local) if named else local()


class RemoteBackend(Queueing[RemoteTicket]):
    """Asks a backend elsewhere, and this machine's where that does not answer. Threads share it.

    `local` makes or gives this machine's backend; it is called when it is needed.
    """

    def __init__(
        self,
        address: Address,
        local: Callable[[], InferenceBackend],
        *,
        patience: float = PATIENCE,
        most_waiting: int = MOST_WAITING,
        most_calls: int = MOST_CALLS,
        circuit: Circuit | None = None,
    ) -> None:
        super().__init__(most_waiting)
        self.address, self.local, self.patience, self.most_calls = address, local, patience, most_calls
        self.circuit = circuit or Circuit()
        self._device: str | None = None
        self._called: set[RemoteTicket] = set()
        self._changed = threading.Condition()
        self._threads: set[threading.Thread] = set()
        self._sleeping = 0
        atexit.register(_close, weakref.ref(self))

    @property
    def device_name(self) -> str:
        """What its last answer ran on, or, before one, that it is elsewhere. Nobody is asked for it."""
        return self._device or ELSEWHERE

    def submit(self, request: Request) -> RemoteTicket:
        """Queue a request. Raises BusyError where the queue is full, EngineError for what cannot be run."""
        check(request)
        ticket = RemoteTicket(self, Call(self.address), request, time.monotonic() + self.patience)
        with self._changed:
            self._join(ticket)
            if self._sleeping < len(self._waiting) and len(self._threads) < self.most_calls:
                thread = threading.Thread(target=self._work, name="remote", daemon=True)
                self._threads.add(thread)
                thread.start()
            self._changed.notify()
        return ticket

    def place_of(self, ticket: RemoteTicket) -> int:
        """How many requests come before one that waits here: those before it, and those that wait elsewhere."""
        with self._changed:
            if ticket not in self._waiting:
                return ticket.told
            return self._waiting.index(ticket) + max((called.told for called in self._called), default=0)

    def drop(self, ticket: RemoteTicket) -> None:
        """Take a request out of the queue, where it is still in it."""
        with self._changed, suppress(ValueError):
            self._waiting.remove(ticket)

    def close(self) -> None:
        """Answer nobody any more; who waits is told."""
        with self._changed:
            self._closed = True
            tickets, threads = [*self._waiting, *self._called], [*self._threads]
            self._changed.notify_all()
        for ticket in tickets:
            ticket.leave()
        end = time.monotonic() + LAST_CALLS
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0, end - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._changed:
                self._sleeping += 1
                self._changed.wait_for(lambda: self._waiting or self._closed, IDLE)
                self._sleeping -= 1
                if self._closed or not self._waiting:
                    self._threads.discard(threading.current_thread())
                    return
                ticket = self._waiting.popleft()
                self._called.add(ticket)
            with under(ticket.request.id):
                self._attend_surely(ticket)
            with self._changed:
                self._called.discard(ticket)

    def _attend_surely(self, ticket: RemoteTicket) -> None:
        """Attend to a ticket, which fails where anything else does: the thread outlives whatever a request leads to."""
        try:
            self._attend(ticket)
        except Refusal as refused:
            ticket.fail(refused)
        except BaseException as error:
            _log.error("A request to %s failed.", self.address, exc_info=error)
            id = ticket.request.id
            ticket.fail(FailedError(f"The network could not be run: the server's log says why, under {id}."))

    def _attend(self, ticket: RemoteTicket) -> None:
        """Ask until there is an answer or a reason why there is none; then here. Raises Refusal."""
        if answer_bytes(ticket.request) > MOST_ANSWER:
            return self._answer_here(ticket, TOO_LARGE)
        failures, pause = 0, FIRST_PAUSE
        while failures < ATTEMPTS and self.circuit.lets(self._is_ready):
            if ticket.future.done():  # whoever asked has left
                return None
            try:
                return ticket.succeed(self._asked(ticket, failures))
            except Unanswered as why:
                _log.info("%s did not answer: %s (%s)", self.address, why, why.kind)
                if ticket.future.done():
                    return None
                if why.kind == "late":
                    raise BusyError(TOO_LONG) from None
                if why.kind in ("engine", "weights", "busy"):
                    self.circuit.succeeded()  # there is somebody
                if why.kind == "engine":
                    raise EngineError(str(why)) from None
                if why.kind == "weights":
                    return self._answer_here(ticket, NOT_THERE)
                if why.kind == "busy":
                    ticket.told = self._before(ticket)
                else:
                    failures += 1
                    self._failed(why)
            if ticket.end - time.monotonic() < pause:
                raise BusyError(TOO_LONG)
            if failures < ATTEMPTS and not self.circuit.is_open:
                ticket.gone.wait(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, LONGEST_PAUSE)
        return self._answer_here(ticket, FELL_BACK)

    def _before(self, ticket: RemoteTicket) -> int:
        """How many of this server's own requests come before one that found every place taken, one at least."""
        with self._changed:
            return max(1, sum(called.end < ticket.end for called in self._called))

    def _failed(self, why: Unanswered) -> None:
        hopeless = why.kind in ("protocol", "token")
        if hopeless or not self.circuit.is_open:
            _log.warning("The backend at %s failed: %s", self.address, why)
        self.circuit.failed(for_certain=hopeless)

    def _asked(self, ticket: RemoteTicket, failures: int) -> Answer:
        """What the backend answers, once it is known to be the answer to this request. Raises Unanswered."""
        request, once = ticket.request, uuid4().hex  # an answer to an earlier attempt is none to this one
        left = max(0.1, ticket.end - time.monotonic())
        headers = {"X-Request-ID": request.id, MODEL_HEADER: f"{request.card.sha256}:{failures}"}
        message = request_message(request, once, left)
        found = ticket.call.answer(
            message, headers, answer_bytes(request), ticket.end, partial(setattr, ticket, "told")
        )
        try:
            answer = read_answer(found, request, once)
        except WireError as error:
            raise Unanswered("failed", str(error)) from error
        self.circuit.succeeded()
        self._device = answer.device
        return answer

    def _answer_here(self, ticket: RemoteTicket, note: str) -> None:
        ticket.hand_over(self.local().submit(ticket.request), note)

    def _is_ready(self) -> bool:
        try:
            self._device = Call(self.address).ready(time.monotonic() + TRIAL)
        except Unanswered as why:
            _log.info("%s is not ready: %s", self.address, why)
            return False
        return True


def _close(backend: "weakref.ref[RemoteBackend]") -> None:
    if alive := backend():
        alive.close()
