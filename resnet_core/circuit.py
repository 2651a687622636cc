"""A circuit breaker: whether a backend that failed is worth asking again. Nygard 2007, Release It!, section 5.2."""

import random
import threading
import time
from collections.abc import Callable

FAILURES = 3
"""In a row, after which it is left alone."""
FIRST_REST, LONGEST_REST = 2.0, 30.0
"""Seconds until it is tried again; each trial that fails doubles them."""


class Circuit:
    """Closed while the backend answers, open for a while once it has failed. Threads share it.

    `clock` is in seconds and never goes back, whatever the time of day does.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._failures, self._rest, self._open_until = 0, FIRST_REST, 0.0
        self._is_open = self._is_trying = False

    @property
    def is_open(self) -> bool:
        """Whether the backend is left alone, or on trial."""
        return self._is_open

    def lets(self, trial: Callable[[], bool]) -> bool:
        """Whether to ask the backend. Of those who come when its rest is over, one runs the trial, and the others go
        elsewhere meanwhile."""
        with self._lock:
            if not self._is_open:
                return True
            if self._is_trying or self._clock() < self._open_until:
                return False
            self._is_trying = True
        passed = False
        try:
            passed = trial()
        finally:
            with self._lock:
                self._is_trying = False
                if passed:
                    self._close()
                else:
                    self._open(min(2 * self._rest, LONGEST_REST))
        return passed

    def succeeded(self) -> None:
        """The backend answered."""
        with self._lock:
            if not self._is_open:  # a late answer is no trial
                self._close()

    def failed(self, for_certain: bool = False) -> None:
        """The backend did not answer, or nonsense; `for_certain` it will not do better at once."""
        with self._lock:
            self._failures += 1
            if not self._is_open and (for_certain or self._failures >= FAILURES):
                self._open(LONGEST_REST if for_certain else FIRST_REST)

    def _close(self) -> None:
        self._is_open, self._failures, self._rest = False, 0, FIRST_REST

    def _open(self, rest: float) -> None:
        """At some random moment about the end of the rest, so that many apps do not come all at once."""
        self._is_open, self._rest = True, rest
        self._open_until = self._clock() + rest * random.uniform(0.75, 1.25)
