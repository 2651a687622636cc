"""What several commands take on their line, and what they say where it is something else."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from .refusal import Refusal

LAST_PORT = 2**16 - 1
SHOWN = 20
"""Letters of what was given."""


def whole(what: str, most: int, least: int = 1) -> Callable[[str], int]:
    """A type for argparse: a whole number from `least` to `most`; "a port" is `what` it stands for."""

    def number(text: str) -> int:
        if not (text.isdecimal() and len(text) <= len(str(most)) and least <= int(text) <= most):
            short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
            raise ArgumentTypeError(f"{short!r} is not {what}: give {least} to {most}")
        return int(text)

    return number


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
