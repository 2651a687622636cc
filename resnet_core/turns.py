"""Experiments that take turns: each is a chain of short steps, and between two of them others may come first."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from traceback import clear_frames
from typing import Generic, TypeVar

from .backend import BusyError
from .refusal import Refusal
from .request_id import current_or_fresh, under

T = TypeVar("T")
_log = logging.getLogger(__name__)
MOST = 8
"""Experiments at work at a time."""
MOST_OF_ONE = 2
"""Of one owner's, so that no one person has all the turns."""
SPARE = 2
"""Places that experiments which begin by themselves leave to those for which somebody pressed a button. Of one owner
one at a time does so, beside the others."""
PATIENCE = 15.0
"""Seconds after which an experiment that nobody asks about any more is dropped; a page asks every second."""
RESTS, LONGEST_REST = 9, 6.0
"""So much longer than it took is the rest after a step, in a crowd: experiments have a tenth of the time. Seconds, at
most."""


class Experiment(Generic[T]):
    """The steps of one experiment, and what the last of them brought. Threads share it; `owner` "" is
    nobody. `by_itself`: nobody pressed a button for it. `id` is what the log calls it, where it fails for a reason that
    nobody foresaw."""

    def __init__(self, steps: Iterator[T], owner: str = "", by_itself: bool = False) -> None:
        self.owner, self.by_itself, self.id = owner, by_itself, current_or_fresh()
        self._steps: Iterator[T] | None = steps
        self._asked = time.monotonic()
        self._latest: T | None = None
        self._error: BaseException | None = None
        self._is_dropped = False

    @property
    def latest(self) -> T | None:
        """What is known so far. To ask is to say that somebody still wants to know."""
        self._asked = time.monotonic()
        return self._latest

    @property
    def is_over(self) -> bool:
        """Whether there will be no further step: done, stopped, dropped or failed."""
        return self._steps is None

    @property
    def is_dropped(self) -> bool:
        """Whether it is over because nobody asked about it for so long."""
        return self._is_dropped

    @property
    def error(self) -> BaseException | None:
        """Why it failed, where it did."""
        return self._error

    def stop(self) -> None:
        """Take no further step; what is known stays."""
        self._steps = None

    def step(self) -> bool:
        """Take one step; whether there may be another. For one thread at a time."""
        steps = self._steps
        if steps is None:
            return False
        if time.monotonic() - self._asked > PATIENCE:
            self._is_dropped, self._steps = True, None
            return False
        try:
            self._latest = next(steps)
        except StopIteration:
            self._steps = None
        except BaseException as error:  # one experiment's failure is nobody else's
            if not isinstance(error, Refusal):
                with under(self.id):
                    _log.error("An experiment failed.", exc_info=error)
            _let_go(error)
            self._error, self._steps = error, None
        return self._steps is not None


def _let_go(error: BaseException) -> None:
    """A failure is kept, and those that led to it; what the steps held on their way there is not."""
    reached = [error]
    for one in reached:  # and those that are found meanwhile
        clear_frames(one.__traceback__)
        led = (one.with_traceback(None).__cause__, one.__context__)
        reached += [other for other in led if other and not any(other is known for known in reached)]


class Turns:
    """Experiments in a ring. The lock of whoever owns it guards it. `crowded` says whether others want the time."""

    def __init__(self, changed: threading.Condition, crowded: Callable[[], bool] = lambda: False) -> None:
        self._changed, self._crowded = changed, crowded
        self._rests_until = 0.0
        self._ring: deque[Experiment[object]] = deque()

    def __len__(self) -> int:
        """How many are at work."""
        return len(self._ring)

    def join(self, experiment: "Experiment[T]") -> None:
        """Let it take its turns. Raises BusyError where as many as may be are at work, of all or of its owner."""
        by_itself = experiment.by_itself
        with self._changed:
            for ended in [one for one in self._ring if one.is_over]:
                self._ring.remove(ended)
            if len(self._ring) + SPARE * by_itself >= MOST:
                raise BusyError(f"{len(self._ring)} experiments are at work already: try again in a minute.")
            own = sum(one.owner == experiment.owner and one.by_itself == by_itself for one in self._ring)
            if experiment.owner and own >= (1 if by_itself else MOST_OF_ONE):
                raise BusyError(f"{own} of your experiments are at work already: stop one, or wait a while.")
            self._ring.append(experiment)  # type: ignore[arg-type]  # what it brings is its owner's affair
            self._changed.notify()

    @property
    def rest(self) -> float:
        """Seconds until the next step may be taken; 0 where there is none."""
        return max(0.0, self._rests_until - time.monotonic()) if self._ring else 0.0

    def take(self) -> None:
        """One step of the experiment whose turn it is, where there is one."""
        with self._changed:
            if not self._ring:  # all have been ended since it was asked
                return
            experiment = self._ring[0]
        begun = time.monotonic()
        more = experiment.step()
        if self._crowded():
            ended = time.monotonic()
            self._rests_until = ended + min(RESTS * (ended - begun), LONGEST_REST)
        with self._changed:
            if experiment in self._ring:  # it is not once all have been ended
                self._ring.remove(experiment)
                self._ring.extend([experiment] if more else [])

    def stop(self) -> None:
        """End all of them."""
        for experiment in self._ring:
            experiment.stop()
        self._ring.clear()
