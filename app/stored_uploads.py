"""How much of what people have uploaded Streamlit keeps in memory, by window and in all."""

import os
import re
from functools import cache

from streamlit import runtime

MOST_FILES = 16
"""Of one window. A page has one place for a file, and forgets the one before."""
SHARE = 0.25
"""Of the machine's memory, for all that is kept of everybody."""
USUAL_MEMORY = 4 * 2**30
"""Where the system does not say how much it has."""
_PLACE = re.compile(r".*/_stcore/upload_file/(?P<session>[^/]+)/[^/]+")
MANY = f"{MOST_FILES} files of this window are kept already: take one away, or load the page again."
FULL = "The server holds as many files as it can: try again in a minute."


def check_room(path: str) -> str:
    """Why a file cannot be put there; "" where it can."""
    place = _PLACE.fullmatch(path)
    if place is None or not runtime.exists():
        return ""
    kept = dict(runtime.get_instance().uploaded_file_mgr.file_storage)  # type: ignore[attr-defined]  # in memory
    if len(kept.get(place["session"], ())) >= MOST_FILES:
        return MANY
    stored = sum(len(file.data) for files in list(kept.values()) for file in list(files.values()))
    return FULL if stored >= most_bytes() else ""


@cache
def most_bytes() -> int:
    """That may be kept of everybody."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = USUAL_MEMORY
    return int(SHARE * memory)
