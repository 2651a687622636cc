"""Where somebody stands in a lesson, as a link says it: "3", "3-told", "3-b", "3-b-told"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from string import ascii_lowercase

from .lesson import Lesson, Step

_PLACE = re.compile(r"([0-9]{1,4})(?:-([a-z]))?(-told)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a lesson, counted from 1; which choice was made, from 0; and whether the answer is told."""

    lesson: Lesson
    number: int = 1
    chosen: int | None = None
    told: bool = False

    @property
    def step(self) -> Step:
        return self.lesson.steps[self.number - 1]

    @property
    def text(self) -> str:
        """What stands in the link."""
        chosen = "" if self.chosen is None else f"-{ascii_lowercase[self.chosen]}"
        return f"{self.number}{chosen}{'-told' if self.told else ''}"

    @property
    def progress(self) -> str:
        return f"{self.number} of {len(self.lesson.steps)}"

    @property
    def asks(self) -> bool:
        """Whether an answer is still to be told."""
        return self.step.prediction is not None and not self.told

    @property
    def forward(self) -> "Place | None":
        """One step on: first the answer is told, then the next step comes. None at the end."""
        if self.asks:
            return replace(self, told=True)
        return Place(self.lesson, self.number + 1) if self.number < len(self.lesson.steps) else None

    @property
    def back(self) -> "Place | None":
        """One step back, as if nothing had been told, or to the step before with its answer. None at the beginning."""
        if self.told:
            return replace(self, told=False)
        if self.number == 1:
            return None
        before = Place(self.lesson, self.number - 1)
        return replace(before, told=before.step.prediction is not None)

    def choosing(self, choice: int) -> "Place":
        """With one of the choices made."""
        return replace(self, chosen=choice)

    def at(self, number: int) -> "Place":
        """Another step of the same lesson, before its answer."""
        return Place(self.lesson, number)


def place(lesson: Lesson, text: str) -> Place:
    """Where a link leads; of what there is not, the nearest that there is."""
    match = _PLACE.fullmatch(text)
    if match is None:
        return Place(lesson)
    number = min(max(int(match[1]), 1), len(lesson.steps))
    prediction = lesson.steps[number - 1].prediction
    if prediction is None:
        return Place(lesson, number)
    chosen = ascii_lowercase.index(match[2]) if match[2] else None
    known = chosen is not None and chosen < len(prediction.choices)
    return Place(lesson, number, chosen if known else None, bool(match[3]))


def walked(begin: Place, keys: Iterable[str]) -> Place:
    """Where a walk leads, "forward" and "back" being its steps; at either end it stays, and other words go nowhere."""
    at = begin
    for key in keys:
        to = at.forward if key == "forward" else at.back if key == "back" else None
        at = to or at
    return at
