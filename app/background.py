"""Torchinfo's answers, sought one at a time behind the pages."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from resnet_core import ArchSpec

if TYPE_CHECKING:
    from resnet_core.crosscheck import CrossCheck

KEPT = 64
WAITING = 8
PATIENCE = 5.0
"""Seconds after which a question that no page repeats is dropped; a page repeats its own every second."""


class _Question(NamedTuple):
    answer: "Future[CrossCheck]"
    asked: float


class Crosschecks:
    """Answers by spec. Sessions share it: what one has asked, all know."""

    def __init__(self, find: "Callable[[ArchSpec], CrossCheck]", patience: float = PATIENCE) -> None:
        self._find, self._patience = find, patience
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="crosscheck")
        self._questions: dict[ArchSpec, _Question] = {}
        self._lock = Lock()

    def answer(self, spec: ArchSpec) -> "CrossCheck | None":
        """What torchinfo says of a network, where that is known already."""
        with self._lock:
            question = self._questions.get(spec)
            return question.answer.result() if question and question.answer.done() else None

    def ask(self, spec: ArchSpec) -> None:
        """Have the answer found, unless as many as may be wait already: ask again as long as somebody waits for it."""
        now = time.monotonic()
        with self._lock:
            if spec in self._questions:
                self._questions[spec] = self._questions[spec]._replace(asked=now)
            self._drop(now)
            waiting = sum(not question.answer.done() for question in self._questions.values())
            if spec not in self._questions and waiting < WAITING:
                self._questions[spec] = _Question(self._worker.submit(self._find, spec), now)

    def _drop(self, now: float) -> None:
        """Forget the oldest answers, and cancel what no page has asked for lately; what has begun is finished."""
        for spec, (answer, asked) in list(self._questions.items()):
            forgotten = answer.done() and len(self._questions) > KEPT
            if forgotten or (now - asked > self._patience and answer.cancel()):
                del self._questions[spec]
