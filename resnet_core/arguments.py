"""What several commands take on their line, and what they say where it is something else."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .refusal import Refusal

LAST_PORT = 2**16 - 1
SHOWN = 20
"""Letters of what was given."""
T = TypeVar("T", int, float)


def whole(what: str, most: int, least: int = 1) -> Callable[[str], int]:
    """A type for argparse: a whole number from `least` to `most`; "a port" is `what` it stands for."""

    def number(text: str) -> int:
        if not (text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
            raise ArgumentTypeError(f"{_short(text)} is not {what}: give {least} to {most}")
        return int(text)

    return number


def of_kind(kind: type[T]) -> Callable[[str], T]:
    """A type for argparse: int or float, whose bounds are known elsewhere."""

    def number(text: str) -> T:
        try:
            return kind(text)
        except ValueError:
            wanted = "a whole number" if kind is int else "a number"
            raise ArgumentTypeError(f"{_short(text)} is not {wanted}") from None

    return number


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def write_to(file: str, data: bytes) -> None:
    """Write what `--out` asks for. Raises Refusal where it cannot be written."""
    try:
        Path(file).write_bytes(data)
    except BrokenPipeError:  # of /dev/stdout: whoever reads it has had enough
        raise
    except OSError as error:
        cause = error.strerror or error
        raise Refusal(f"{file} cannot be written ({cause}): name a file in a folder that is there.") from error


port = whole("a port", LAST_PORT)
