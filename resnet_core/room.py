"""Room in memory for what is made and sent: so many bytes for everybody together, and what finds none is told so."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from . import units
from .refusal import Refusal


class BusyError(Refusal):
    """There is no room at this moment. The message is one sentence that says what to do."""


class TooLargeError(Refusal):
    """There never is as much room. The message is one sentence that says what to do."""


class Room:
    """`most` bytes for everybody together."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self._lock = Lock()

    def take(self, size: int) -> "Place":
        """So many bytes of it. Raises TooLargeError where it never has as many, BusyError where others have them."""
        if size > self.most:
            raise TooLargeError(
                f"This file takes {units.memory(size)} while it is made, and the server has {units.memory(self.most)} "
                "for all: have python -m resnet_core export make it on a computer of your own."
            )
        with self._lock:
            if self.taken + size > self.most:
                raise BusyError("Other large files are being made at this moment: try again in a minute.")
            self.taken += size
        return Place(self, size)

    def give_back(self, size: int) -> None:
        with self._lock:
            self.taken -= size


class Place:
    """What somebody has taken of a room, until `leave`."""

    def __init__(self, room: Room, size: int) -> None:
        self.room, self.size = room, size

    def shrink(self, size: int) -> None:
        """Keep no more than so many bytes."""
        self.room.give_back(self.size - min(size, self.size))
        self.size = min(size, self.size)

    def leave(self) -> None:
        """Give back what is left; once more is nothing."""
        self.shrink(0)

    @contextmanager
    def unless_kept(self) -> Iterator[None]:
        """Leave where something goes wrong."""
        try:
            yield
        except BaseException:
            self.leave()
            raise
