"""A lesson's file, read strictly: TOML between +++ lines, then steps, each a heading and what it says, shows and asks.

Every mistake is told with file and line. docs/lessons.md says how to write one.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from .inside import is_inside
from .lesson import Lesson, LessonError
from .lesson_parts import Line, lines_of, steps_of
from .lesson_step import step
from .spec import quoted

MOST_BYTES = 100_000
MOST_STEPS = 30
NAME = re.compile(r"(?:[0-9]+-)?([a-z0-9]+(?:-[a-z0-9]+)*)\.md")
"""A number, which orders lessons, and the name that stands in links."""
_MARK = "+++"
_PLACE = re.compile(r"\(at line (\d+), column \d+\)$")
"""What ends a mistake's sentence; a key that it quotes may say something alike."""
_FIELDS = {"title": str, "question": str, "minutes": int}


def read_lesson(path: Path) -> Lesson:
    """The lesson in a file. Raises LessonError with file, line and a sentence that says what to change."""
    if not is_inside(path):
        raise LessonError(f"{path.name}:1: This leads out of the folder of lessons: put the file itself there.")
    if path.is_dir():
        raise LessonError(f"{path.name}:1: This is a folder, and a lesson is a file: put the file itself there.")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
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
    lines = lines_of(text, file) or [Line(file, 1, "")]
    named = NAME.fullmatch(file)
    if named is None:
        raise lines[0].wrong("A lesson's file is named in small letters: for example 11-my-lesson.md.")
    fields, rest = _front(lines)
    steps = tuple(map(step, steps_of(rest)))
    if not 1 <= len(steps) <= MOST_STEPS:
        raise lines[-1].wrong(
            f"A lesson has 1 to {MOST_STEPS} steps, and this {len(steps)}: begin each with ## and its title."
        )
    return Lesson(named[1], fields["title"], fields["question"], fields["minutes"], steps, file)


def _front(lines: list[Line]) -> tuple[dict[str, Any], list[Line]]:
    """The fields between the first two marks, and the lines behind them."""
    marks = [index for index, line in enumerate(lines) if line.text.rstrip() == _MARK][:2]
    if len(marks) < 2 or any(line.text.strip() for line in lines[: marks[0]]):
        raise lines[0].wrong(f"A lesson begins with title, question and minutes between two lines of {_MARK}.")
    begin, end = marks
    try:
        fields = tomllib.loads("\n".join(line.text for line in lines[begin + 1 : end]))
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        line = lines[min(begin + int(found[1]), end) if found else end - 1]
        raise line.wrong(f'This is no TOML ({error}): write for example title = "One block".') from error
    except (ValueError, RecursionError) as error:
        raise lines[begin].wrong(
            "A value here is too deep or has too many digits: write for example minutes = 15."
        ) from error
    for field, kind in _FIELDS.items():
        if type(fields.get(field)) is not kind or not fields[field]:
            raise lines[begin].wrong(f"{field} is missing, or is no {'text' if kind is str else 'whole number'}.")
    if unknown := set(fields) - set(_FIELDS):
        raise lines[begin].wrong(f"{quoted(min(unknown))} says nothing here: leave it out.")
    return fields, lines[end + 1 :]
