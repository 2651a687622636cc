"""The lessons that there are: those that come with the project, and a teacher's own in a folder of theirs."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .lesson import Lesson, LessonError
from .lesson_file import read_lesson

FOLDER = Path(__file__).parents[1] / "assets" / "lessons"
VARIABLE = "RESNET_EXPLORER_LESSONS"
"""Names a folder with lessons of one's own."""
HOW = f"To add a lesson, drop its file into the folder that {VARIABLE} names: docs/lessons.md says how to write it."


@dataclass(frozen=True, slots=True)
class Shelf:
    """Lessons in their order; `faults` are the sentences about those that cannot be read, each with file and line."""

    lessons: tuple[Lesson, ...]
    faults: tuple[str, ...]

    def lesson(self, name: str | None) -> Lesson | None:
        """The lesson of a link, if there is one of this name."""
        return next((lesson for lesson in self.lessons if lesson.name == name), None)


def folders() -> tuple[Path, ...]:
    """Where lessons lie: the project's own, then the teacher's."""
    own = os.environ.get(VARIABLE)
    return (FOLDER, Path(own)) if own else (FOLDER,)


def files() -> tuple[Path, ...]:
    """The files of lessons, in their order, folder by folder."""
    return tuple(path for folder in folders() if folder.is_dir() for path in sorted(folder.glob("*.md")))


def stamp() -> tuple[tuple[str, int, int], ...]:
    """What changes when a lesson does: each file with its time and size."""
    found = []
    for path in files():
        try:
            known = path.stat()
        except OSError:  # gone between the listing and the look
            continue
        found.append((str(path), known.st_mtime_ns, known.st_size))
    return tuple(found)


def shelf(paths: Iterable[Path] | None = None) -> Shelf:
    """Every lesson that can be read; of those that cannot, why not."""
    found: dict[str, Lesson] = {}
    faults = _missing()
    for path in files() if paths is None else paths:
        try:
            lesson = read_lesson(path)
            if lesson.name in found:
                raise LessonError(
                    f"{path.name}:1: There is a lesson {lesson.name!r} already: give the file another name."
                )
        except LessonError as error:
            faults.append(str(error))
        else:
            found[lesson.name] = lesson
    return Shelf(tuple(found.values()), tuple(faults))


def _missing() -> list[str]:
    return [
        f"{folder}: There is no such folder: make it, or let {VARIABLE} name another."
        for folder in folders()
        if not folder.is_dir()
    ]
