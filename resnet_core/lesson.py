"""What a lesson is: steps, each with one idea, that ask before they tell."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from .computations import Value
from .lesson_views import View
from .refusal import Refusal


class LessonError(Refusal):
    """A mistake in a lesson: "06-shortcuts.md:14: There is no figure 'mpa': choose …"."""


class Choice(NamedTuple):
    """An answer to choose; one of them is right."""

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is asked before it is told: a choice; or a number, which is `answer`, and `choices` are empty."""

    question: str
    choices: tuple[Choice, ...]
    answer: Value | None
    reveal: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question whose answer the core computes. `tolerance` is a share of it; None asks for its digits."""

    question: str
    answer: Value
    tolerance: Fraction | None
    hints: tuple[str, ...]
    solution: str


@dataclass(frozen=True, slots=True)
class Step:
    """One idea. `text` is Markdown with its numbers in place; `told` is the view once the answer is revealed.

    `sources` are where the quoted numbers stand.
    """

    title: str
    text: str
    view: View | None
    told: View | None
    prediction: Prediction | None
    exercise: Exercise | None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson; `name` is what links say."""

    name: str
    title: str
    question: str
    minutes: int
    steps: tuple[Step, ...]
    file: str
