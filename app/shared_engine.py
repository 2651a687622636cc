"""The engine of this process: pages and live video queue at the same one."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resnet_core.engine import Engine

_first = Lock()


def engine() -> "Engine":
    """Made on first use, for it imports torch."""
    with _first:  # of callers at the same time, one makes it
        return _made()


def has_room() -> bool:
    """Whether a picture more would be taken; so too where no engine has been made yet, or one elsewhere answers."""
    return not _made.cache_info().currsize or getattr(_made(), "has_room", True)


def waiting() -> int:
    """How many pictures stand in this process's queue."""
    return getattr(_made(), "waiting", 0) if _made.cache_info().currsize else 0


@cache
def _made() -> "Engine":
    from resnet_core.engine import Engine

    return Engine()
