"""A request on its way to a backend elsewhere: a `Ticket`."""

import threading
from concurrent.futures import InvalidStateError
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Protocol

from .backend import Answer, Request, Ticket
from .promise import Promise
from .refusal import Refusal
from .remote_call import Call


class Queue(Protocol):
    """Where tickets wait until they are sent."""

    def place_of(self, ticket: "RemoteTicket") -> int:
        """How many requests come before one of them."""

    def drop(self, ticket: "RemoteTicket") -> None:
        """Take one of them out."""


class RemoteTicket(Promise):
    """`end` is when nobody waits any more (monotonic, seconds), `told` how many come first, as far as it was said."""

    def __init__(self, queue: Queue, call: Call, request: Request, end: float) -> None:
        super().__init__(request)
        self.end, self.told = end, 0
        self.call = call
        self.gone = threading.Event()
        self._leaving = threading.RLock()
        self._queue = queue
        self._here: Ticket | None = None

    def place(self) -> int:
        if self.done():
            return 0
        return self._here.place() if self._here else self._queue.place_of(self)

    def leave(self) -> bool:
        """What runs elsewhere is left, too: its answer goes to nobody."""
        with self._leaving:
            if self.done() or not self.future.cancel():
                return False
            self.future.set_running_or_notify_cancel()  # wakes whoever waits
        self.gone.set()
        self._queue.drop(self)
        self.call.hang_up()
        if self._here:
            self._here.leave()
        return True

    def succeed(self, answer: Answer) -> None:
        """Give the answer to whoever still waits."""
        with suppress(InvalidStateError):
            self.future.set_result(answer)

    def fail(self, refusal: Refusal) -> None:
        """Give the reason why there is none."""
        with suppress(InvalidStateError):
            self.future.set_exception(refusal)

    def hand_over(self, here: Ticket, note: str) -> None:
        """Wait for this machine's answer instead."""
        self._here = here
        if self.done():  # whoever asked left meanwhile
            here.leave()
        here.when_done(partial(self._take_over, note))

    def _take_over(self, note: str, here: Ticket) -> None:
        try:
            answer = here.result(0)
        except Refusal as refused:
            self.fail(refused)
        else:
            self.succeed(replace(answer, notes=(*answer.notes, note)))
