"""Files that lie where they seem to: what a folder's link leads to elsewhere is none of the folder's."""

from pathlib import Path


def is_inside(path: Path) -> bool:
    """Whether a file lies beneath the folder in which it is named, wherever its links lead on the way."""
    try:
        return path.resolve().is_relative_to(path.parent.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return False
