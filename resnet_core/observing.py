"""A backend whose requests are told of when they end: what is logged and counted of them is the observer's affair."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .backend import Answer, BusyError, FailedError, InferenceBackend, LeftError, Request, Ticket
from .refusal import Refusal

Outcome = Literal["answered", "busy", "left", "failed", "refused"]
_OUTCOME: tuple[tuple[type[Refusal], Outcome], ...] = (
    (BusyError, "busy"),
    (LeftError, "left"),
    (FailedError, "failed"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """How a request ended, in seconds since it was submitted: with an answer, or with the reason why there is none."""

    request: Request
    seconds: float
    ended: Answer | Refusal

    @property
    def outcome(self) -> Outcome:
        """ "busy": no room in the queue; "left": its turn was not waited for; "failed": for a reason that nobody
        foresaw; "refused": it cannot be run, or its weights cannot be used."""
        if isinstance(self.ended, Answer):
            return "answered"
        return next((outcome for kind, outcome in _OUTCOME if isinstance(self.ended, kind)), "refused")


Observer = Callable[[Observation], object]


@dataclass(frozen=True, slots=True)
class EngineState:
    """What an engine holds at a moment, each beside the most that it may be."""

    device: str
    waiting: int
    most_waiting: int
    most_together: int
    networks: int
    kept_bytes: int
    most_kept_bytes: int
    experiments: int
    most_experiments: int


class Observed:
    """An `InferenceBackend` that hands requests on to another, and tells how each ended: in whatever thread, once."""

    def __init__(self, backend: InferenceBackend, observer: Observer) -> None:
        self._backend, self._observer = backend, observer

    @property
    def device_name(self) -> str:
        return self._backend.device_name

    def submit(self, request: Request) -> Ticket:
        """As the backend does. Raises what it raises."""
        begun = time.perf_counter()
        try:
            ticket = self._backend.submit(request)
        except Refusal as refusal:
            self._observer(Observation(request, time.perf_counter() - begun, refusal))
            raise
        ticket.when_done(lambda done: self._tell(request, done, begun))
        return ticket

    def _tell(self, request: Request, done: Ticket, begun: float) -> None:
        seconds = time.perf_counter() - begun
        try:
            ended: Answer | Refusal = done.result(0)
        except Refusal as refusal:
            ended = refusal
        self._observer(Observation(request, seconds, ended))
