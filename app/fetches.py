"""Published weights on their way, behind the pages: one download a file, whoever asks for it."""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import NamedTuple

from resnet_core.fetching import Progress, StoppedError, Tell
from resnet_core.published_weights import PublishedWeights
from resnet_core.refusal import Refusal

AT_ONCE = 2

_log = logging.getLogger(__name__)


class State(NamedTuple):
    """How far a download is; `running` until it has come to an end, whose `refusal` is why there is no file."""

    progress: Progress
    running: bool = True
    refusal: str = ""


class _Fetch:
    def __init__(self, weights: PublishedWeights) -> None:
        self.visitors: set[str] = set()
        self.progress = Progress(0, weights.size)
        self.given_up = False
        self.file: Future[Path] = Future()


class Fetches:
    """Downloads by file. Sessions share it; each names itself by a word.

    A program that ends leaves them where they are, and the next one goes on from there.
    """

    def __init__(self, fetch: Callable[[PublishedWeights, Path | None, Tell], Path]) -> None:
        self._fetch = fetch
        self._fetches: dict[PublishedWeights, _Fetch] = {}
        self._waiting: SimpleQueue[tuple[PublishedWeights, _Fetch]] = SimpleQueue()
        self._lock = Lock()
        for _ in range(AT_ONCE):  # no pool's threads, for a program that ends would wait for those
            Thread(target=self._work, name="fetch", daemon=True).start()

    def want(self, weights: PublishedWeights, visitor: str) -> None:
        """Have a file fetched, or join those who wait for it."""
        with self._lock:
            one = self._fetches.get(weights)
            if one is None or one.given_up or one.file.done():
                one = self._fetches[weights] = _Fetch(weights)
                self._waiting.put((weights, one))
            one.visitors.add(visitor)

    def leave(self, weights: PublishedWeights, visitor: str) -> None:
        """Want it no longer. When nobody does it stops, and what came is kept for whoever asks next."""
        with self._lock:
            if one := self._fetches.get(weights):
                one.visitors.discard(visitor)
                if not one.visitors and not one.file.done():
                    one.given_up = True
                    one.file.cancel()  # where its turn has not come; else it is told so

    def wants(self, weights: PublishedWeights, visitor: str) -> bool:
        """Whether a visitor waits for a file."""
        with self._lock:
            one = self._fetches.get(weights)
            return one is not None and visitor in one.visitors

    def state(self, weights: PublishedWeights) -> State | None:
        """How far a file is; None where nobody asked for it, or nobody does any more."""
        with self._lock:
            one = self._fetches.get(weights)
            if one is None or one.given_up:
                return None
            return State(one.progress, not one.file.done(), _why_not(one.file))

    def _work(self) -> None:
        while True:
            weights, one = self._waiting.get()
            if one.file.set_running_or_notify_cancel():
                try:
                    one.file.set_result(self._fetch(weights, None, self._teller(one)))
                except Exception as error:  # which is told to those who wait
                    one.file.set_exception(error)

    def _teller(self, one: _Fetch) -> Tell:
        def tell(progress: Progress) -> None:
            with self._lock:
                one.progress = progress
                if one.given_up:
                    raise StoppedError("Nobody wants these weights any longer: ask again.")

        return tell


def _why_not(file: "Future[Path]") -> str:
    error = file.exception() if file.done() else None
    if error and not isinstance(error, Refusal):
        _log.warning("A download failed: %r", error)
        return "The download failed: try again."
    return str(error or "")
