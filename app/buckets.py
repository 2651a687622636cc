"""Token buckets by key, in a table that cannot grow without end: who asks too often waits, and is forgotten in time."""

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

MOST_KEYS = 20_000


class Rate(NamedTuple):
    """So many at once, and then so many each second."""

    burst: float
    each_second: float


class Buckets:
    """How much each key has left. The clock cannot be set, so that of the machine may jump. For one event loop."""

    def __init__(self, most_keys: int = MOST_KEYS, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_keys, self._clock = most_keys, clock
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def wait(self, wanted: Iterable[tuple[Hashable, Rate]]) -> float:
        """Take one of each of these keys, and return 0; where one has none, take none, and return the seconds until
        all have."""
        now = self._clock()
        left = {key: self._now(key, rate, now) for key, rate in wanted}
        rates = dict(wanted)
        longest = max(((1 - left[key]) / rates[key].each_second for key in left), default=0.0)
        for key, tokens in left.items():
            self._left[key] = (tokens if longest > 0 else tokens - 1, now)
            self._left.move_to_end(key)
        while len(self._left) > self._most_keys:
            self._left.popitem(last=False)  # who has not asked for longest has most likely a full one
        return max(longest, 0.0)

    def _now(self, key: Hashable, rate: Rate, now: float) -> float:
        tokens, then = self._left.get(key, (rate.burst, now))
        return min(rate.burst, tokens + (now - then) * rate.each_second)


class Places:
    """How many each key has open. A key without any takes no room."""

    def __init__(self) -> None:
        self._taken: Counter[Hashable] = Counter()

    def __len__(self) -> int:
        return len(self._taken)

    @contextmanager
    def held(self, wanted: Iterable[tuple[Hashable, int]]) -> Iterator[bool]:
        """Hold one of each of these keys; whether all had one. Otherwise none is held."""
        wanted = tuple(wanted)
        free = all(self._taken[key] < most for key, most in wanted)
        if not free:
            yield False
            return
        for key, _ in wanted:
            self._taken[key] += 1
        try:
            yield True
        finally:
            for key, _ in wanted:
                self._taken[key] -= 1
                if not self._taken[key]:
                    del self._taken[key]
