"""The queue of a backend, as everybody sees it: how many wait, whether one more may, and why not."""

from collections import deque
from typing import Generic, TypeVar

from .backend import BusyError, StoppingError

T = TypeVar("T")
FULL = "{} pictures wait already: try again in a moment."


class Queueing(Generic[T]):
    """A backend with a bounded queue, which may be closed. The lock of whoever inherits guards it."""

    def __init__(self, most_waiting: int) -> None:
        self.most_waiting = most_waiting
        self._waiting: deque[T] = deque()
        self._closed = False

    @property
    def has_room(self) -> bool:
        """Whether the queue would take another request now."""
        return self.waiting < self.most_waiting

    @property
    def waiting(self) -> int:
        """How many requests stand in the queue here, beside those that run or are on their way."""
        return len(self._waiting)

    def _join(self, ticket: T) -> None:
        """With the lock held. Raises StoppingError, or BusyError where the queue is full."""
        self._check_open()
        if not self.has_room:
            raise BusyError(FULL.format(self.waiting))
        self._waiting.append(ticket)

    def _check_open(self) -> None:
        """Raises StoppingError."""
        if self._closed:
            raise StoppingError("The server is stopping: try again in a moment.")
