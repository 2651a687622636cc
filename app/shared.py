"""What all sessions share: the values of a core function, each found once for its arguments.

Streamlit's own cache hashes the arguments anew at every call, which for a handful of specs a page takes a tenth of the
page's run. Specs are hashable as they are.
"""

from collections.abc import Callable
from functools import lru_cache, partial, wraps
from threading import Lock
from typing import Generic, ParamSpec, TypeVar

KEPT = 32

P = ParamSpec("P")
T = TypeVar("T")


class _Once(Generic[T]):
    """A value that is found when it is first asked for; who asks meanwhile waits for it."""

    def __init__(self, find: Callable[[], T]) -> None:
        self._find, self._lock = find, Lock()
        self._found: list[T] = []

    def value(self) -> T:
        if not self._found:
            with self._lock:
                if not self._found:
                    self._found.append(self._find())
        return self._found[0]


def shared(find: Callable[P, T]) -> Callable[P, T]:
    """The same function, with the values of its last arguments at hand; what it raises it raises every time."""

    @lru_cache(maxsize=KEPT)
    def once(*args: P.args, **kwargs: P.kwargs) -> _Once[T]:
        return _Once(partial(find, *args, **kwargs))

    @wraps(find)
    def found(*args: P.args, **kwargs: P.kwargs) -> T:
        return once(*args, **kwargs).value()

    return found
