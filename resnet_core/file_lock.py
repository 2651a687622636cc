"""One process at a time: a lock that the system takes back from whoever dies."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOOK_AGAIN = 0.2


@contextmanager
def alone(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file `path`, which is gone afterwards; while somebody else holds it `waiting` is called, which may
    raise. Where the file system knows no locks nobody is kept out."""
    with _held(path, waiting) as file:
        try:
            yield
        finally:
            if sys.platform == "win32":  # where an open file cannot be removed
                file.close()
            with suppress(PermissionError):  # another process has it open already, and will remove it
                path.unlink(missing_ok=True)


def _held(path: Path, waiting: Callable[[], None]) -> BinaryIO:
    """The lock file, open, which is what holds the lock."""
    while True:
        file = path.open("ab")
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            file.close()
            waiting()
            time.sleep(LOOK_AGAIN)
            continue
        except OSError:
            return file  # no locks here
        if _is_still_there(path, file):
            return file
        file.close()


def _is_still_there(path: Path, file: BinaryIO) -> bool:
    """Whether nobody removed the file, and perhaps made a new one, between opening and locking."""
    try:
        there, here = path.stat(), os.fstat(file.fileno())
    except FileNotFoundError:
        return False
    return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)
