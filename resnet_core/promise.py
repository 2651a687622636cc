"""What every ticket says of the answer that is still to come, whoever makes it."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait

from .backend import Answer, BusyError, LeftError, Request, Ticket

TOO_LONG = "Other pictures took too long: try again in a moment."


class Promise(Ticket):
    """A `Ticket` whose answer is set in a future; where it stands, and how it is left, its queue knows."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.future: Future[Answer] = Future()

    def done(self) -> bool:
        return self.future.done()

    def wait(self, timeout: float) -> bool:
        return self.done() or bool(wait([self.future], max(0, timeout)).done)

    def result(self, timeout: float | None = None) -> Answer:
        try:
            return self.future.result(timeout)
        except TimeoutError as error:
            raise BusyError(TOO_LONG) from error
        except CancelledError as error:
            raise LeftError("The picture was taken out of the queue: run it again.") from error

    def when_done(self, tell: Callable[[Ticket], object]) -> None:
        self.future.add_done_callback(lambda _: tell(self))
