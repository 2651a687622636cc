"""Which runs of pages' scripts, and of parts of them, are at work at a time.

Python runs one thread at a time. Of forty scripts that run at once all are late, and the thread that takes in what
browsers send is one of forty. Here a few run, and the others wait for one of them to end, in their order; a script
that waits for a forward pass or a decoder lets others run, and then stands behind those that have just begun.
"""

import heapq
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

import streamlit as st

AT_ONCE = 2
LONGEST = 0.3
"""Seconds after which a run makes room for another: one that computes for seconds holds nobody up, nor does one that
waits for what another has begun."""
MOST, AT_MOST = 4, 10
"""So many times as many as work at once are the most, with those that take long; but so many times that longest holds
nobody up even then. So a crowd of long runs does not run all at once, and a run that waits for one in the queue, which
none should, waits for seconds and not for ever."""
LATER = 1.0
"""Seconds by which a run that comes back from waiting stands behind one that has just begun, which is short."""
AT_HAND = 0.02
"""Seconds within which what was waited for had been there already."""
MANY, LATELY = 4, 2.0
"""So many runs begun within so many seconds are a crowd's; one person does not click so often."""


@dataclass(slots=True, order=True)
class _Turn:
    due: float
    number: int
    called: threading.Event = field(default_factory=threading.Event, compare=False)
    begun: float = field(default=0.0, compare=False)


class PageTurns:
    """Lets so many runs work at a time, beside some that take long. Threads share it.

    `leave` raises, in a run's thread, where nobody waits for it any more.
    """

    def __init__(
        self, at_once: int = AT_ONCE, longest: float = LONGEST, leave: Callable[[], object] = lambda: None
    ) -> None:
        self.at_once, self.longest, self._leave = at_once, longest, leave
        self._lock = threading.Lock()
        self._numbers = count()
        self._waiting: list[_Turn] = []
        self._working: list[_Turn] = []
        self._begun: deque[float] = deque(maxlen=MANY)
        self._own = threading.local()

    @contextmanager
    def turn(self, asked: bool = True) -> Iterator[None]:
        """What is inside waits for its turn, and has it until its end. Somebody has `asked` for it, or it comes by
        itself, from time to time."""
        now = time.monotonic()
        if asked:
            self._begun.append(now)
        self._begin(now)
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """What is inside mostly waits, so another may work; without a turn of this thread's nothing changes. A page
        draws on behind an error, so that has its turn again too; a run that Streamlit ends waits for no other."""
        left = self._end()
        begun = time.monotonic()
        try:
            yield
        except Exception:  # Streamlit ends a run by what is none
            self._return(left, begun)
            raise
        self._return(left, begun)

    def are_many(self) -> bool:
        """Whether a crowd has pages drawn here."""
        begun = tuple(self._begun)
        return len(begun) == MANY and time.monotonic() - begun[0] < LATELY

    def _begin(self, due: float) -> None:
        turn = _Turn(due, next(self._numbers))
        with self._lock:
            heapq.heappush(self._waiting, turn)
            self._call()
        self._own.turn = turn
        try:
            while not turn.called.wait(self.longest):
                self._leave()
                with self._lock:  # somebody's time may be over
                    self._call()
            self._leave()
        except BaseException:
            self._end()
            raise

    def _return(self, left: _Turn | None, begun: float) -> None:
        """Of a thread that left its turn, if it had one, at a time."""
        if left:
            now = time.monotonic()
            self._begin(now + LATER if now - begun > AT_HAND else left.due)

    def _end(self) -> _Turn | None:
        turn: _Turn | None = getattr(self._own, "turn", None)
        if turn is None:
            return None
        self._own.turn = None
        with self._lock:
            if turn in self._working:
                self._working.remove(turn)
            elif turn in self._waiting:
                self._waiting.remove(turn)
                heapq.heapify(self._waiting)
            self._call()
        return turn

    def _call(self) -> None:
        """With the lock held: as many as there is room for."""
        now = time.monotonic()
        self._working = [turn for turn in self._working if now - turn.begun < AT_MOST * self.longest]
        brief = sum(now - turn.begun < self.longest for turn in self._working)
        while self._waiting and brief < self.at_once and len(self._working) < MOST * self.at_once:
            turn = heapq.heappop(self._waiting)
            turn.begun = now
            self._working.append(turn)
            turn.called.set()
            brief += 1


def _leave() -> None:
    """Ends a run whose visitor has left, or has asked for another: Streamlit does at any look into the session's
    state."""
    st.session_state.get("page")


page_turns = PageTurns(leave=_leave)
