"""The lines of a lesson's file, sorted: which step they belong to, and which part of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NamedTuple

from .lesson import LessonError
from .spec import either, quoted

WORDS = ("view", "predict", "reveal", "exercise", "answer", "tolerance", "hint", "solution")
"""What may begin a part of a step, before a colon."""
_PART = re.compile(r"([a-z]+):(?: +(.*))?")
_CODE, _FORMULA = "```", "$$"


class Line(NamedTuple):
    """A line of a file. `plain` is one in a block of code or a formula, where nothing means anything."""

    file: str
    number: int
    text: str
    plain: bool = False

    def wrong(self, sentence: str) -> LessonError:
        """The mistake in this line."""
        return LessonError(f"{self.file}:{self.number}: {sentence}")


@dataclass(frozen=True, slots=True)
class Part:
    """A word, or "" for the step's own text, and the lines that belong to it, the first one without the word."""

    word: str
    lines: tuple[Line, ...]

    def wrong(self, sentence: str) -> LessonError:
        return self.lines[0].wrong(sentence)


def lines_of(text: str, file: str) -> list[Line]:
    """The lines of a file, numbered from 1. Raises LessonError for a block of code or a formula that is not closed."""
    found = []
    opening: Line | None = None
    fence = ""
    for number, text_of_line in enumerate(text.splitlines(), 1):
        line = Line(file, number, text_of_line, bool(fence))
        if fence:
            fence = "" if _closes(line.text, fence) else fence
        elif fence := _opened(line.text):
            opening = line = line._replace(plain=True)
        found.append(line)
    if fence and opening:
        raise opening.wrong(f"What {fence} opens here is closed nowhere: write a line {fence} below its last line.")
    return found


def _opened(text: str) -> str:
    """The mark of a block that begins in a line and does not end there."""
    return next((mark for mark in (_CODE, _FORMULA) if text.startswith(mark) and not text[2:].endswith(mark)), "")


def _closes(text: str, fence: str) -> bool:
    """Code ends with a line of its own, as in Markdown; a formula with the line that ends with its mark."""
    return text.strip() == fence if fence == _CODE else text.rstrip().endswith(fence)


def steps_of(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines of each step, its heading first. Raises LessonError for text before the first."""
    step: list[Line] = []
    for line in lines:
        if line.text.startswith("## ") and not line.plain:
            if step:
                yield step
            step = [line]
        elif step:
            step.append(line)
        elif line.text.strip():
            raise line.wrong("Before this text a step begins: write a line such as ## Title above it.")
    if step:
        yield step


def parts_of(lines: Iterable[Line]) -> Iterator[Part]:
    """The parts of a step. Raises LessonError for a word that there is not."""
    word, found = "", list[Line]()
    for line in lines:
        match = None if line.plain else _PART.fullmatch(line.text.rstrip())
        if match is None:
            found.append(line)
            continue
        if match[1] not in WORDS:
            close = get_close_matches(match[1], WORDS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"choose {either(WORDS)}, or begin with a capital."
            raise line.wrong(f"No part of a step is called {quoted(match[1])}: {hint}")
        if found:
            yield Part(word, tuple(found))
        word, found = match[1], [line._replace(text=match[2] or "")]
    if found:
        yield Part(word, tuple(found))
