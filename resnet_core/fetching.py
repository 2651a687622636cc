"""Published weights, fetched: gone on with where a connection broke, and checked before they take their name."""

import errno
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from . import units
from .cards import WeightsError
from .downloading import BrokenError, RefusedError, StaleError, append_rest
from .file_lock import alone
from .published_weights import PublishedWeights, address
from .tensor_files import checksum
from .weights import FOLDER_VARIABLE, cache_folder, folders, named_folder

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each new attempt; the failure after the last of them is final."""
ENOUGH = 2**20
"""An attempt that brought so many bytes was no failure."""
TOLD_EVERY = 0.1
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class FetchError(WeightsError):
    """Weights that could not be fetched."""


class StoppedError(FetchError):
    """Nobody wants them any longer."""


class Progress(NamedTuple):
    """How many bytes are there, and of how many; `waiting`: somebody else is fetching them."""

    done: int
    total: int
    waiting: bool = False

    @property
    def share(self) -> float:
        """Of the bytes that are there, 0 to 1."""
        return min(self.done / self.total, 1.0)

    @property
    def words(self) -> str:
        """ "34.21 MB of 102.5 MB", and who brings them where that is somebody else."""
        elsewhere = ", fetched by another process" if self.waiting else ""
        return f"{units.memory(self.done)} of {units.memory(self.total)}{elsewhere}"


Tell = Callable[[Progress], object]
"""What is told how far it is, some times a second. What it raises ends the fetching."""


def fetch_folder() -> Path:
    """Where fetched weights are put: the named folder where it can be written, else the user's cache."""
    named = named_folder()
    return named if named and _writable(named) else cache_folder()


def fetch(weights: PublishedWeights, folder: Path | None = None, tell: Tell = lambda progress: None) -> Path:
    """The file of published weights, fetched into a folder, `fetch_folder` if not given, unless it is there unharmed.

    Whatever ends a call, the next one goes on from what came. Raises FetchError, with a sentence that says what to do.
    """
    asked_for = "with --to" if folder else f"in {FOLDER_VARIABLE}"
    if folder is None:
        folder = fetch_folder()
        if there := _found_before(weights, folder):
            return there
    target, url = folder / weights.file, address(weights)
    part = target.with_name(f"{target.name}.part")

    def wait() -> None:
        tell(Progress(_size(part), weights.size, waiting=True))

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with alone(target.with_name(f"{target.name}.lock"), wait):
            if not _is(weights, target):
                if shutil.disk_usage(folder).free < weights.size - _size(part):
                    raise _no_room(weights, folder, asked_for)
                _download(weights, url, part, tell)
                part.replace(target)
    except OSError as error:
        if error.errno in FULL:
            part.unlink(missing_ok=True)  # a full disk is everybody's trouble, and what came can come again
            raise _no_room(weights, folder, asked_for) from error
        raise FetchError(
            f"{folder} cannot be written ({error.strerror or error}): name another folder {asked_for}."
        ) from error
    return target


def _found_before(weights: PublishedWeights, folder: Path) -> Path | None:
    """The file where it lies in a folder that is looked into before that one."""
    for earlier in folders()[: folders().index(folder)]:
        if (file := earlier / weights.file).is_file():
            if not _is(weights, file):
                raise FetchError(f"{file} is damaged, and what is fetched would lie behind it: remove that file first.")
            return file
    return None


def _download(weights: PublishedWeights, url: str, part: Path, tell: Tell) -> None:
    """Fetch what is missing in `part`, until it is the file."""
    resumed = _size(part) > 0
    _complete(weights, url, part, tell)
    if resumed and not _is(weights, part):  # what lay there was the beginning of another file
        part.unlink()
        _complete(weights, url, part, tell)
    if not _is(weights, part):
        part.unlink()
        raise FetchError(
            f"{_host(url)} sent something else than {weights.file}, as its checksum shows: try another mirror, or "
            "another connection, for some answer every question with a page of their own."
        )


def _complete(weights: PublishedWeights, url: str, part: Path, tell: Tell) -> None:
    """Ask until nothing is missing, as long as something comes."""
    failures, told = 0, 0.0

    def tell_sometimes(done: int, total: int | None) -> None:
        nonlocal told
        if done == total or time.monotonic() - told >= TOLD_EVERY:
            told = time.monotonic()
            tell(Progress(done, total or weights.size))

    while True:
        before = _size(part)
        try:
            append_rest(url, part, 2 * weights.size, tell_sometimes)
            return
        except RefusedError as refused:
            raise FetchError(
                f"{_host(url)} does not give {weights.file} ({refused}): try again later, or another mirror."
            ) from refused
        except (BrokenError, StaleError) as broken:
            if isinstance(broken, StaleError):
                part.unlink()
            failures = 0 if _size(part) - before >= ENOUGH else failures + 1
            if failures > len(PAUSES):
                raise FetchError(_gave_up(weights, url, part, broken)) from broken
        _pause(PAUSES[max(failures - 1, 0)], lambda: tell(Progress(_size(part), weights.size)))


def _pause(seconds: float, meanwhile: Callable[[], object]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        meanwhile()
        time.sleep(min(left, TOLD_EVERY))


def _gave_up(weights: PublishedWeights, url: str, part: Path, cause: Exception) -> str:
    if done := _size(part):
        return (
            f"The connection to {_host(url)} broke again and again ({cause}): try again later, which goes on after the "
            f"{units.memory(done)} that came."
        )
    return (
        f"{_host(url)} cannot be reached ({cause}): try again later, or put {weights.file} into the folder that "
        f"{FOLDER_VARIABLE} names."
    )


def _no_room(weights: PublishedWeights, folder: Path, asked_for: str) -> FetchError:
    return FetchError(
        f"There is no room for the {units.memory(weights.size)} of {weights.file} in {folder}: make some, or name "
        f"another folder {asked_for}."
    )


def _is(weights: PublishedWeights, file: Path) -> bool:
    return file.is_file() and checksum(file).startswith(weights.sha256)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, which is made where it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
