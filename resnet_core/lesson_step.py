"""The lines of a step -> what it says, shows and asks, with every number computed."""

import re
from collections.abc import Iterable
from fractions import Fraction

from .computations import Value
from .lesson import Choice, Exercise, Prediction, Step
from .lesson_parts import WORDS, Line, Part, parts_of
from .lesson_values import filled, sources_of, value
from .lesson_views import View, read_view
from .refusal import Refusal

_CHOICE = re.compile(r"- \[([ x])\] +(.+)")
_TOLERANCE = re.compile(r"([0-9]{1,2}(?:\.[0-9])?) ?%")
_SEVERAL = ("view", "hint")


def step(lines: list[Line]) -> Step:
    """The step that these lines say, its heading first. Raises LessonError for what cannot be."""
    return _Reading(lines).step()


class _Reading:
    """A step being read; the sources of what it quotes are collected on the way."""

    def __init__(self, lines: list[Line]) -> None:
        self.heading = lines[0]
        self.parts = list(parts_of(lines[1:]))
        self.of = {word: [part for part in self.parts if part.word == word] for word in ("", *WORDS)}
        self.sources: list[str] = []
        for word, found in self.of.items():
            if word not in _SEVERAL and len(found) > 1:
                raise found[1].wrong(f"A step has one {word}: leave out the second, or begin another step.")

    def step(self) -> Step:
        view, told = self._views()
        return Step(
            title=self._filled([self.heading._replace(text=self.heading.text[3:])]),
            text=self._text(""),
            view=view,
            told=told,
            prediction=self._prediction(),
            exercise=self._exercise(),
            sources=tuple(dict.fromkeys(self.sources)),
        )

    def _views(self) -> tuple[View | None, View | None]:
        """What is shown before the reveal, and after it."""
        found: list[View | None] = [None, None]
        after = 0
        for part in self.parts:
            if part.word == "reveal":
                after = 1
            elif part.word == "view":
                if found[after]:
                    raise part.wrong("A step has one view, and another after its reveal: leave this one out.")
                found[after] = self._view(part)
        return found[0], found[1]

    def _view(self, part: Part) -> View:
        for line in part.lines[1:]:
            if line.text.strip():
                raise line.wrong("A view is one line: write text above it, or after reveal: below it.")
        try:
            return read_view(part.lines[0].text or "''")
        except Refusal as error:
            raise part.wrong(str(error)) from error

    def _prediction(self) -> Prediction | None:
        asked, told = self.of["predict"], self.of["reveal"]
        if not asked:
            if told:
                raise told[0].wrong("A reveal answers a predict: write predict: and a question first.")
            return None
        if self.of["exercise"]:
            raise self.of["exercise"][0].wrong("A step predicts or has an exercise: begin another step with ##.")
        if not told:
            raise asked[0].wrong("A predict is answered by a reveal: write reveal: and what is so.")
        lines = asked[0].lines
        choices = tuple(self._choice(line) for line in lines if _is_choice(line))
        answer = self._answer()
        one_is_right = len(choices) > 1 and sum(choice.right for choice in choices) == 1
        if one_is_right == bool(answer) or bool(choices) == bool(answer):
            raise asked[0].wrong(
                "A predict has two choices or more of which one is marked - [x], or else an answer: of its own."
            )
        question = self._filled(line for line in lines if not _is_choice(line))
        return Prediction(question, choices, answer, self._text("reveal"))

    def _choice(self, line: Line) -> Choice:
        match = _CHOICE.fullmatch(line.text.rstrip())
        if match is None:
            raise line.wrong("A choice begins with - [ ], and the right one with - [x].")
        return Choice(self._filled([line._replace(text=match[2])]), match[1] == "x")

    def _exercise(self) -> Exercise | None:
        asked, hints = self.of["exercise"], self.of["hint"]
        if not asked:
            for word in ("hint", "solution", "tolerance", *(() if self.of["predict"] else ("answer",))):
                for part in self.of[word]:
                    raise part.wrong(f"There is no exercise for this {word}: write exercise: first.")
            return None
        answer = self._answer()
        if answer is None or not hints:
            raise asked[0].wrong("An exercise has an answer: that is computed, and a hint: or several.")
        return Exercise(
            question=self._text("exercise"),
            answer=answer,
            tolerance=self._tolerance(),
            hints=tuple(self._filled(hint.lines) for hint in hints),
            solution=self._text("solution"),
        )

    def _answer(self) -> Value | None:
        for part in self.of["answer"]:
            words = " ".join(line.text.strip() for line in part.lines).strip()
            try:
                self.sources.extend(sources_of(words))
                return value(words)
            except Refusal as error:
                raise part.wrong(str(error)) from error
        return None

    def _tolerance(self) -> Fraction | None:
        for part in self.of["tolerance"]:
            match = _TOLERANCE.fullmatch(part.lines[0].text.strip())
            if match is None:
                raise part.wrong("A tolerance is a share of the answer: write for example tolerance: 2 %.")
            return Fraction(match[1]) / 100
        return None

    def _text(self, word: str) -> str:
        return self._filled(line for part in self.of[word] for line in part.lines)

    def _filled(self, lines: Iterable[Line]) -> str:
        """The Markdown of some lines with its numbers in place."""
        return "\n".join(line.text if line.plain else self._computed(line) for line in lines).strip()

    def _computed(self, line: Line) -> str:
        if "![" in re.sub(r"`[^`]*`", "", line.text):
            raise line.wrong("A lesson fetches no pictures: show a view: of the figures that there are.")
        try:
            put = filled(line.text)
        except Refusal as error:
            raise line.wrong(str(error)) from error
        self.sources.extend(put.sources)
        return put.text


def _is_choice(line: Line) -> bool:
    return line.text.startswith("- ")
