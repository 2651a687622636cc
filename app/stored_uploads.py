"""How much of what people have uploaded Streamlit keeps in memory, by window and in all."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from streamlit import runtime

MOST_FILES = 16
"""Of one window. A page has one place for a file, and forgets the one before."""
SHARE = 0.25
"""Of the memory of the machine, or of the container, for all that is kept of everybody or is on its way."""
PROCESSES = "RESNET_EXPLORER_PROCESSES"
"""Says how many there are on this machine, all of which have this share together; `deploy.replicas` sets it."""
USUAL_MEMORY = 4 * 2**30
"""Where the system does not say how much it has."""
OWN_CGROUP = Path("/proc/self/cgroup")
CGROUPS = Path("/sys/fs/cgroup")
_PLACE = re.compile(r".*/_stcore/upload_file/(?P<session>[^/]+)/[^/]+")
MANY = f"{MOST_FILES} files of this window are kept already: take one away, or load the page again."
FULL = "The server holds as many files as it can: try again in a minute."


def check_room(path: str, coming: int) -> str:
    """Why a file cannot be put there, so many bytes of which and of others are on their way; "" where it can."""
    place = _PLACE.fullmatch(path)
    if place is None or not runtime.exists():
        return ""
    kept = dict(runtime.get_instance().uploaded_file_mgr.file_storage)  # type: ignore[attr-defined]  # in memory
    if len(kept.get(place["session"], ())) >= MOST_FILES:
        return MANY
    stored = sum(len(file.data) for files in list(kept.values()) for file in list(files.values()))
    return FULL if stored + coming > most_bytes() else ""


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
