"""A lesson's file, read strictly: TOML between +++ lines, then steps, each a heading and what it shows, asks and tells.

Every mistake is told with file and line. docs/lessons.md says how to write one.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from .computations import Value
from .lesson_values import filled, sources_of, value
from .lesson_views import View, read_view
from .refusal import Refusal
from .spec import either, quoted

MOST_BYTES = 100_000
MOST_STEPS = 30
NAME = re.compile(r"(?:[0-9]+-)?([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
"""A number, which orders lessons, and the name that stands in links."""
WORDS = ("view", "predict", "reveal", "exercise", "answer", "tolerance", "hint", "solution")
"""What may begin a part of a step, before a colon."""
_PART = re.compile(r"([a-z]+):(?: +(.*))?")
_CHOICE = re.compile(r"- \[([ x])\] +(.+)")
_FIELDS = {"title": str, "question": str, "minutes": int}


class LessonError(Refusal):
    """A mistake in a lesson: "06-shortcuts.md:14: There is no figure 'mpa': choose …"."""


class Choice(NamedTuple):
    """An answer to choose; one of them is right."""

    text: str
    right: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is asked before it is told: a choice, or a number, of which `choices` is empty and `answer` the value."""

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


class _Line(NamedTuple):
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A word, or "" for the step's own text, and the lines that belong to it."""

    word: str
    lines: tuple[_Line, ...]

    @property
    def at(self) -> int:
        return self.lines[0].number


def read_lesson(path: Path) -> Lesson:
    """The lesson in a file. Raises LessonError with file, line and a sentence that says what to change."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LessonError(f"{path.name}:1: The file cannot be read ({error.strerror}): look at its rights.") from error
    if len(data) > MOST_BYTES:
        raise LessonError(f"{path.name}:1: The file is larger than {MOST_BYTES:,} bytes: split the lesson.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LessonError(f"{path.name}:{line}: This is no UTF-8 text: save the file as UTF-8.") from error
    return parse_lesson(text, path.name)


def parse_lesson(text: str, file: str) -> Lesson:
    """The lesson in a text. Raises LessonError with file, line and a sentence that says what to change."""
    named = NAME.fullmatch(file)
    if named is None:
        raise LessonError(f"{file}:1: A lesson's file is named in small letters: for example 11-my-lesson.md.")
    return _Reading(file, [_Line(number, line) for number, line in enumerate(text.splitlines(), 1)]).lesson(named[1])


class _Reading:
    """One file being read, which knows its name for the mistakes in it."""

    def __init__(self, file: str, lines: list[_Line]) -> None:
        self.file, self.lines = file, lines

    def wrong(self, line: int, sentence: str) -> LessonError:
        return LessonError(f"{self.file}:{line}: {sentence}")

    def lesson(self, name: str) -> Lesson:
        fields, rest = self._front()
        steps = tuple(map(self._step, self._steps(rest)))
        if not 1 <= len(steps) <= MOST_STEPS:
            raise self.wrong(
                len(self.lines) or 1,
                f"A lesson has 1 to {MOST_STEPS} steps, and this {len(steps)}: begin each with ## and its title.",
            )
        return Lesson(name, fields["title"], fields["question"], fields["minutes"], steps, self.file)

    def _front(self) -> tuple[dict[str, Any], list[_Line]]:
        marks = [line.number for line in self.lines if line.text.rstrip() == "+++"][:2]
        if len(marks) < 2 or any(line.text.strip() for line in self.lines[: marks[0] - 1]):
            raise self.wrong(1, "A lesson begins with title, question and minutes between two lines of +++.")
        begin, end = marks
        try:
            fields = tomllib.loads("\n".join(line.text for line in self.lines[begin : end - 1]))
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = begin + int(found[1]) if found else end - 1
            raise self.wrong(line, f'This is no TOML ({error}): write for example title = "One block".') from error
        for field, kind in _FIELDS.items():
            if type(fields.get(field)) is not kind or not fields[field]:
                raise self.wrong(begin, f"{field} is missing, or is no {'text' if kind is str else 'whole number'}.")
        if unknown := set(fields) - set(_FIELDS):
            raise self.wrong(begin, f"{quoted(min(unknown))} says nothing here: leave it out.")
        return fields, self.lines[end:]

    def _steps(self, lines: Iterable[_Line]) -> Iterator[list[_Line]]:
        """The lines of each step, its heading first."""
        step: list[_Line] = []
        fenced = False
        for line in lines:
            fenced ^= line.text.startswith("```")
            if line.text.startswith("## ") and not fenced:
                if step:
                    yield step
                step = [line]
            elif step:
                step.append(line)
            elif line.text.strip():
                raise self.wrong(line.number, "Before this text a step begins: write a line such as ## Title above it.")
        if step:
            yield step

    def _parts(self, lines: Iterable[_Line]) -> Iterator[_Part]:
        word, found = "", list[_Line]()
        fenced = False
        for line in lines:
            fenced ^= line.text.startswith("```")
            match = None if fenced else _PART.fullmatch(line.text.rstrip())
            if match is None:
                found.append(line)
                continue
            if match[1] not in WORDS:
                close = get_close_matches(match[1], WORDS, n=1)
                hint = f"did you mean {close[0]}?" if close else f"choose {either(WORDS)}, or begin with a capital."
                raise self.wrong(line.number, f"No part of a step is called {quoted(match[1])}: {hint}")
            if found:
                yield _Part(word, tuple(found))
            word, found = match[1], [_Line(line.number, match[2] or "")]
        if found:
            yield _Part(word, tuple(found))

    def _step(self, lines: list[_Line]) -> Step:
        heading = lines[0]
        parts = list(self._parts(lines[1:]))
        words = [part.word for part in parts]
        revealed = words.index("reveal") if "reveal" in words else len(words)
        sources: list[str] = []
        of = {word: [part for part in parts if part.word == word] for word in ("", *WORDS)}
        for word, found in of.items():
            if word not in ("view", "hint") and len(found) > 1:
                raise self.wrong(found[1].at, f"A step has one {word}: leave out the second, or begin another step.")
        views = [(index > revealed, self._view(part)) for index, part in enumerate(parts) if part.word == "view"]
        if len({after for after, _ in views}) < len(views):
            raise self.wrong(
                of["view"][-1].at, "A step has one view, and another after its reveal: leave this one out."
            )

        def text(word: str) -> str:
            return self._filled(of[word][0], sources) if of[word] else ""

        title = self._filled(_Part("", (_Line(heading.number, heading.text[3:].strip()),)), sources)
        return Step(
            title=title,
            text=text(""),
            view=next((view for after, view in views if not after), None),
            told=next((view for after, view in views if after), None),
            prediction=self._prediction(of, heading.number, text, sources),
            exercise=self._exercise(of, heading.number, text, sources),
            sources=tuple(dict.fromkeys(sources)),
        )

    def _prediction(self, of: dict[str, list[_Part]], at: int, text: Any, sources: list[str]) -> Prediction | None:
        if not of["predict"]:
            if of["reveal"]:
                raise self.wrong(of["reveal"][0].at, "A reveal answers a predict: write predict: and a question first.")
            return None
        part = of["predict"][0]
        if of["exercise"]:
            raise self.wrong(of["exercise"][0].at, "A step predicts or has an exercise: begin another step with ##.")
        if not of["reveal"]:
            raise self.wrong(part.at, "A predict is answered by a reveal: write reveal: and what is so.")
        chosen = [line for line in part.lines if line.text.startswith("- ")]
        choices = tuple(map(self._choice, chosen, [sources] * len(chosen)))
        answer = self._answer(of, sources)
        if bool(choices) == bool(answer) or (choices and (len(choices) < 2 or sum(one.right for one in choices) != 1)):
            raise self.wrong(
                part.at,
                "A predict has two choices or more of which one is marked - [x], or else an answer: of its own.",
            )
        asked = _Part("", tuple(line for line in part.lines if line not in chosen))
        return Prediction(self._filled(asked, sources), choices, answer, text("reveal"))

    def _choice(self, line: _Line, sources: list[str]) -> Choice:
        match = _CHOICE.fullmatch(line.text.rstrip())
        if match is None:
            raise self.wrong(line.number, "A choice begins with - [ ], and the right one with - [x].")
        return Choice(self._filled(_Part("", (_Line(line.number, match[2]),)), sources), match[1] == "x")

    def _exercise(self, of: dict[str, list[_Part]], at: int, text: Any, sources: list[str]) -> Exercise | None:
        if not of["exercise"]:
            for word in ("hint", "solution", "tolerance", *(() if of["predict"] else ("answer",))):
                if of[word]:
                    raise self.wrong(of[word][0].at, f"There is no exercise for this {word}: write exercise: first.")
            return None
        part = of["exercise"][0]
        answer = self._answer(of, sources)
        if answer is None or not of["hint"]:
            raise self.wrong(part.at, "An exercise has an answer: that is computed, and a hint: or several.")
        return Exercise(
            question=text("exercise"),
            answer=answer,
            tolerance=self._tolerance(of),
            hints=tuple(self._filled(hint, sources) for hint in of["hint"]),
            solution=text("solution"),
        )

    def _answer(self, of: dict[str, list[_Part]], sources: list[str]) -> Value | None:
        if not of["answer"]:
            return None
        part = of["answer"][0]
        words = " ".join(line.text.strip() for line in part.lines).strip()
        try:
            sources.extend(sources_of(words))
            return value(words)
        except Refusal as error:
            raise self.wrong(part.at, str(error)) from error

    def _tolerance(self, of: dict[str, list[_Part]]) -> Fraction | None:
        if not of["tolerance"]:
            return None
        part = of["tolerance"][0]
        match = re.fullmatch(r"([0-9]{1,2}(?:\.[0-9])?) ?%", part.lines[0].text.strip())
        if match is None:
            raise self.wrong(part.at, "A tolerance is a share of the answer: write for example tolerance: 2 %.")
        return Fraction(match[1]) / 100

    def _view(self, part: _Part) -> View:
        if any(line.text.strip() for line in part.lines[1:]):
            raise self.wrong(
                part.lines[1].number, "A view is one line: write text above it, or after reveal: below it."
            )
        try:
            return read_view(part.lines[0].text or "''")
        except Refusal as error:
            raise self.wrong(part.at, str(error)) from error

    def _filled(self, part: _Part, sources: list[str]) -> str:
        """The Markdown of a part with its numbers in place."""
        texts = []
        fenced = False
        for line in part.lines:
            fenced ^= line.text.startswith("```")
            if fenced:
                texts.append(line.text)
                continue
            if "![" in re.sub(r"`[^`]*`", "", line.text):
                raise self.wrong(
                    line.number, "A lesson fetches no pictures: show a view: of the figures that there are."
                )
            try:
                put = filled(line.text)
            except Refusal as error:
                raise self.wrong(line.number, str(error)) from error
            texts.append(put.text)
            sources.extend(put.sources)
        return "\n".join(texts).strip()
