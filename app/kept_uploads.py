"""Pictures that visitors gave, kept where every replica of the app finds them: the one that took them may be gone.

In the folder that RESNET_EXPLORER_UPLOADS names, under the number by which Streamlit's widget in the visitor's browser
knows its file, which is random and nobody else's. Whatever else lies in that folder is left alone. Without the variable
nothing is kept outside the process.

Every process looks through the folder when it starts and every `BETWEEN` from then on, so that a picture is gone
`SECONDS` after the last look at it, and at most two times `BETWEEN` later, as long as one process that knows of it goes
on. For one that starts, every picture was looked at just then.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NamedTuple

VARIABLE = "RESNET_EXPLORER_UPLOADS"
MOST_BYTES = 10**9
SECONDS = 3600.0
"""After which a picture at which nobody has looked is gone."""
BETWEEN = 300.0
"""Seconds from one look through the folder to the next."""
_NUMBER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OURS = re.compile(rf"{_NUMBER.pattern}(\.\d+)?")
"""A picture, or one that a process, whose number follows, is writing or has left half written."""


class Upload(NamedTuple):
    """The bytes of a picture, and the name of its file."""

    name: str
    data: bytes


class Untouched:
    """For how long files have not been touched, by a clock that cannot be set: what a file says itself is a time of
    day, which may jump ahead over what somebody has open, or back. Threads share it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._known: dict[Path, tuple[float, float]] = {}  # when, as the file says, and when that was first read

    def note(self, path: Path) -> None:
        """It has been touched here."""
        with self._lock:
            self._known[path] = (path.stat().st_mtime, self._clock())

    def seconds(self, touched: Mapping[Path, float]) -> dict[Path, float]:
        """Of all files that there are, with when they say; what is seen for the first time was touched just now."""
        with self._lock:
            now, known = self._clock(), self._known
            self._known = {
                path: known[path] if known.get(path, (None,))[0] == moment else (moment, now)
                for path, moment in touched.items()
            }
            return {path: now - since for path, (_, since) in self._known.items()}


untouched = Untouched()


def tend(wait: Callable[[float], object] = time.sleep) -> None:
    """Take away what nobody has looked at for long, now and for as long as this process goes on."""
    while folder := os.environ.get(VARIABLE):
        with suppress(OSError):  # no such folder, for now
            _make_room(Path(folder), 0)
        wait(BETWEEN)


def keep(number: str, upload: Upload) -> None:
    """Have it found by others, for as long as this is called from time to time."""
    if (path := _path(number)) is None:
        return
    with suppress(OSError):  # a full disk: then the picture lives as long as this process
        if path.exists():
            os.utime(path)
            untouched.note(path)
            return
        _make_room(path.parent, len(upload.data))
        written = path.with_suffix(f".{os.getpid()}")
        written.touch(mode=0o600)
        written.write_bytes(json.dumps(upload.name).encode() + b"\n" + upload.data)
        written.replace(path)
        untouched.note(path)


def kept(number: str) -> Upload | None:
    """What was kept under a number, where it still is."""
    if (path := _path(number)) is None:
        return None
    try:
        name, _, data = path.read_bytes().partition(b"\n")
        return Upload(json.loads(name), data)
    except (OSError, ValueError):
        return None


def forget(number: str) -> None:
    """The visitor has taken it away."""
    if path := _path(number):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _path(number: str) -> Path | None:
    """Where a picture lies. The number comes from a browser, which may say anything."""
    folder = os.environ.get(VARIABLE)
    return Path(folder) / number if folder and _NUMBER.fullmatch(number) else None


def _make_room(folder: Path, needed: int) -> None:
    """Take away what nobody has looked at for long, and the longest unseen until there is room."""
    files = dict(_files(folder))
    ages = untouched.seconds({path: found.st_mtime for path, found in files.items()})
    size = sum(found.st_size for found in files.values())
    for path, found in sorted(files.items(), key=lambda file: (-ages[file[0]], file[1].st_mtime)):
        if size + needed <= MOST_BYTES and ages[path] < SECONDS:
            break
        with suppress(OSError):  # what cannot be taken away keeps nobody from being kept
            try:
                if path.stat().st_mtime != found.st_mtime:  # somebody has just looked at it
                    continue
                path.unlink()
            except FileNotFoundError:  # another replica has just taken it away
                pass
            size -= found.st_size


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Our own."""
    for path in folder.iterdir():
        if _OURS.fullmatch(path.name):
            with suppress(OSError):  # another replica has just taken it away
                yield path, path.stat()
