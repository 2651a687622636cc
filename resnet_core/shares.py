"""What of something scarce one person may have: so many places in a queue, say, and no more are taken."""

from collections import Counter
from threading import Condition

from .backend import BusyError, InferenceBackend, Request, Ticket

MOST_OF_ONE = 8
"""Some windows, each of which waits for one picture, and live video beside them, of which two frames are on the way."""
WAITING = "{} of your pictures wait already: try again when one of them is answered."


class Shares:
    """How many each owner has, at most `most`; `full` says so. Threads share it; who has none takes no room."""

    def __init__(self, most: int = MOST_OF_ONE, full: str = WAITING) -> None:
        self.most, self.full = most, full.format(most)
        self._taken: Counter[str] = Counter()
        self._changed = Condition()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, owner: str, patience: float = 0.0) -> None:
        """Count one more. Raises BusyError where they have as many as they may for longer than so many seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken[owner] < self.most, patience):
                raise BusyError(self.full)
            self._taken[owner] += 1

    def give_back(self, owner: str) -> None:
        """Count one less."""
        with self._changed:
            self._taken[owner] -= 1
            if self._taken[owner] <= 0:
                del self._taken[owner]
            self._changed.notify_all()


class Shared:
    """An `InferenceBackend` that hands the requests of one owner on to another, as long as they have their share."""

    def __init__(self, backend: InferenceBackend, owner: str, shares: Shares) -> None:
        self._backend, self._owner, self._shares = backend, owner, shares

    @property
    def device_name(self) -> str:
        return self._backend.device_name

    def submit(self, request: Request) -> Ticket:
        """As the backend does. Raises BusyError too where as many of its owner's wait as may."""
        self._shares.take(self._owner)
        try:
            ticket = self._backend.submit(request)
        except BaseException:
            self._shares.give_back(self._owner)
            raise
        ticket.when_done(lambda _: self._shares.give_back(self._owner))
        return ticket
