"""What several commands take on their line, and what they say where it is something else."""

from argparse import ArgumentTypeError
from collections.abc import Callable

LAST_PORT = 2**16 - 1
SHOWN = 20
"""Letters of what was given."""


def whole(what: str, most: int) -> Callable[[str], int]:
    """A type for argparse: a whole number from 1 to `most`; "a port" is `what` it stands for."""

    def number(text: str) -> int:
        if not (text.isdecimal() and len(text) <= len(str(most)) and 1 <= int(text) <= most):
            short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            raise ArgumentTypeError(f"{short!r} is not {what}: give 1 to {most}")
        return int(text)

    return number


port = whole("a port", LAST_PORT)
