"""The id by which one request is known in every line of the log: from a page, a header or a message to the engine."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST_LETTERS = 64
MOST_DIGITS = 16
"""Of which these are for the number of a part, with its dot."""
_PLAIN = re.compile(rf"[A-Za-z0-9._-]{{1,{MOST_LETTERS}}}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")


def fresh() -> str:
    """An id that nothing else has: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def accepted(given: object) -> str:
    """The id that somebody outside gave, where it is up to 64 letters, digits, ".", "_" and "-"; a fresh one else."""
    return given if isinstance(given, str) and _PLAIN.fullmatch(given) else fresh()


def part(whole: str, number: int) -> str:
    """The id of one of many: of a page's runs, of the frames of a camera."""
    return f"{whole[: MOST_LETTERS - MOST_DIGITS]}.{number}"


def current() -> str:
    """The id of the request in whose course this runs, "" where none was begun."""
    return _current.get()


def current_or_fresh() -> str:
    """What a request is called that nobody named."""
    return current() or fresh()


def begin(name: str) -> None:
    """Have what follows in this thread or task run under an id, until another begins."""
    _current.set(name)


@contextmanager
def under(name: str) -> Iterator[None]:
    """Have what is inside run under an id."""
    before = _current.set(name)
    try:
        yield
    finally:
        _current.reset(before)
