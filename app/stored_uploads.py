"""How much of what people have uploaded Streamlit keeps in memory, by window, person and address, and in all."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from streamlit import config, runtime
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from .visitors import Visitor

MOST_FILES = 16
"""Of one window. A page has one place for a file, and forgets the one before."""
SHARE = 0.25
"""Of the memory of the machine, or of the container, for all that is kept of everybody or is on its way."""
PARTS = {"person": 1 / 8, "address": 1 / 2, "everybody": 1.0}
"""Of that share; yet there is always room for one upload of the largest size."""
BESIDE_FILE = 2**16
"""What a form puts around a file."""
PROCESSES = "RESNET_EXPLORER_PROCESSES"
"""Says how many there are on this machine, all of which have this share together; `deploy.replicas` sets it."""
USUAL_MEMORY = 4 * 2**30
"""Where the system does not say how much it has."""
OWN_CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")
_PLACE = re.compile(r".*/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)")
MANY = f"{MOST_FILES} files of this window are kept already: take one away, or load the page again."
FULL = {
    "person": "You have as many files here as one person may: take one away, or close a window.",
    "address": "As many files are kept as may be of your address: take one away, or close a window.",
    "everybody": "The server holds as many files as it can: try again in a minute.",
}
Place = tuple[str, str]
"""Where Streamlit keeps a file: a window's session, and the file's own name."""


class Uploads:
    """What people have here and on its way, and whose it is. For one event loop.

    Streamlit knows only the window of a file; who sent it is noted when it has come, for as long as it is kept.
    """

    def __init__(self) -> None:
        self._whose: dict[Place, Visitor] = {}
        self._coming: Counter[tuple[str, str]] = Counter()
        self._places: Counter[Place] = Counter()

    def __len__(self) -> int:
        return len(self._whose)

    def full(self, place: Place | None, who: Visitor, size: int) -> str:
        """Why so many bytes cannot come, to be kept at a place or nowhere; "" where they can."""
        had = Counter(self._coming)
        if place is not None:
            kept = _kept()
            self._whose = {file: whose for file, whose in self._whose.items() if file in kept}
            kept.pop(place, None)  # another takes its place
            if sum(session == place[0] for session, _ in {*kept, *self._places} - {place}) >= MOST_FILES:
                return MANY
            for file, bytes_kept in kept.items():
                for key in _keys(self._whose.get(file)):
                    had[key] += bytes_kept
        return next((FULL[key[0]] for key in _keys(who) if had[key] + size > most_of(key[0])), "")

    @contextmanager
    def coming(self, place: Place | None, who: Visitor, size: int) -> Iterator[None]:
        """Count these bytes while they come, and note whose they are. A window that has gone meanwhile keeps none."""
        self._coming.update(dict.fromkeys(_keys(who), size))
        self._places.update([place] if place else [])
        try:
            yield
        finally:
            for key in _keys(who):
                self._coming[key] -= size
                if not self._coming[key]:
                    del self._coming[key]
            if place is not None:
                self._places -= Counter([place])
                self._whose[place] = who
                _forget_if_gone(place[0])


def place_of(path: str) -> Place | None:
    """That a path names; None where nothing is kept under it."""
    found = _PLACE.fullmatch(path)
    return (found["session"], found["file"]) if found and runtime.exists() else None


def most_of(whose: str) -> int:
    """Bytes that one of PARTS may have in this process."""
    return max(int(PARTS[whose] * most_bytes()), largest_body())


def largest_body() -> int:
    return int(config.get_option("server.maxUploadSize")) * 2**20 + BESIDE_FILE


def _keys(who: Visitor | None) -> Iterator[tuple[str, str]]:
    """Under which bytes are counted, the narrowest first."""
    if who is not None:
        if who.person is not None:
            yield "person", who.person
        yield "address", who.address
    yield "everybody", ""


def _kept() -> dict[Place, int]:
    """Bytes of each file that is kept."""
    storage: dict[str, dict[str, UploadedFileRec]]
    storage = runtime.get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]  # in memory
    return {
        (session, name): len(file.data)
        for session, files in list(storage.items())
        for name, file in list(files.items())
    }


def _forget_if_gone(session: str) -> None:
    """Take away what is kept of a window that neither is there nor may come back: Streamlit did so when it went, and
    does not look again when an upload ends that began before."""
    running = runtime.get_instance()
    sessions: Any = running._session_mgr
    if not sessions.is_active_session(session) and sessions._session_storage.get(session) is None:
        running.uploaded_file_mgr.remove_session_files(session)


@cache
def most_bytes() -> int:
    """That this process may keep of everybody."""
    named = os.environ.get(PROCESSES, "")
    processes = max(1, int(named)) if named.isdecimal() else 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = USUAL_MEMORY
    return int(SHARE * min([memory, *_container_limits()])) // processes


def _container_limits() -> Iterator[int]:
    """Bytes of memory that the process may have, by Linux's control groups, of version 2 and 1, and those around them.

    A container sees its own group at the root, whatever the path says that it has outside.
    """
    with suppress(OSError):
        for line in OWN_CGROUP.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers and "memory" not in controllers.split(","):
                continue
            root, name = (CGROUPS / "memory", "memory.limit_in_bytes") if controllers else (CGROUPS, "memory.max")
            group = root / path.strip("/")
            for folder in (group, *group.parents):
                if folder.is_relative_to(root):
                    with suppress(OSError, ValueError):  # no such group here, or "max"
                        yield int((folder / name).read_text())
