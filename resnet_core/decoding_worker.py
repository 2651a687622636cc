"""A process that decodes pictures and can do nothing else: started by decoding.py, which may end it at any time.

It is asked on its standard input and answers on its standard output. A message either way is two lengths, a table as
JSON and bytes; nothing that came is ever executed. Where the system knows limits, the process sets itself some before
the first stranger's byte: of memory, of time, and no further file, connection or process.
"""

import json
import os
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import IO, Any

from .closed_memory import close_memory
from .frames import FrameError, decode_to
from .pictures import Picture, PictureError, decode

MOST_MEMORY = 2**30
"""Bytes of address space. The largest pictures that are taken need less than half of it."""
SECONDS = 20
"""Of the processor, for one picture; who waits for it waits no longer either."""
DECODER = 65533
"""The user and group of decoders where root starts them. They own nothing, and nobody else is they: "nobody", 65534, is
whom nginx makes its workers, which hold what visitors send."""
MOST_HEADER = 2**16
_LENGTHS = struct.Struct(">IQ")

Table = dict[str, Any]


class WireError(Exception):
    """What came is no message, or a longer one than may be."""


def write(to: IO[bytes], table: Table, data: bytes | memoryview = b"") -> None:
    """Send a message."""
    for part in (packed(table, len(data)), data):
        rest = memoryview(part)
        while rest:  # a pipe may take less than it is given
            rest = rest[to.write(rest) :]


def packed(table: Table, length: int) -> bytes:
    """What comes before the bytes of a message."""
    header = json.dumps(table).encode()
    return _LENGTHS.pack(len(header), length) + header


def read(source: IO[bytes], most: int) -> tuple[Table, bytearray] | None:
    """The next message, of `most` bytes beside its table; None where there will be none. Raises WireError."""
    lengths = _bytes(source, _LENGTHS.size)
    if not lengths:
        return None
    header_length, length = _LENGTHS.unpack(lengths)
    if header_length > MOST_HEADER or length > most:
        raise WireError(f"a message of {header_length:,} and {length:,} bytes")
    try:
        table = json.loads(_bytes(source, header_length))
    except (ValueError, RecursionError) as error:
        raise WireError("a table that is none") from error
    if not isinstance(table, dict):
        raise WireError("a table that is none")
    return table, _bytes(source, length)


def _bytes(source: IO[bytes], length: int) -> bytearray:
    """So many bytes; none where the other side has ended before the first."""
    found = bytearray(length)
    view, done = memoryview(found), 0
    while done < length:
        count = source.readinto(view[done:])  # type: ignore[attr-defined]  # a pipe has it
        if not count:
            if done:
                raise WireError("a message that was cut off")
            return bytearray()
        done += count
    return found


def serve(
    source: IO[bytes],
    to: IO[bytes],
    picture: Callable[[bytes], Picture] = decode,
    frame: Callable[[bytes, int], Picture] = decode_to,
) -> None:
    """Answer until nobody asks any more."""
    while asked := read(source, MOST_MEMORY):
        table, data = asked
        _allow(SECONDS)
        try:
            found = frame(bytes(data), table["side"]) if "side" in table else picture(bytes(data))
        except PictureError as refused:
            write(to, {"refused": str(refused), "frame": isinstance(refused, FrameError)})
        else:
            image = found.image
            told = {"size": image.size, "seen": found.size, "format": found.format, "notes": found.notes}
            write(to, told, image.tobytes())


def confine() -> None:
    """Give up what decoding does not need. Where the system knows no such limits, the time alone is bounded."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _leave_root()
    close_memory()  # to the other decoders, with other people's pictures; here, for a change of user may open it again
    limits = {
        "RLIMIT_AS": MOST_MEMORY,
        "RLIMIT_CORE": 0,
        "RLIMIT_FSIZE": 0,
        "RLIMIT_NPROC": 0,
        "RLIMIT_NOFILE": 0,  # those that are open stay so, and none takes the place of one that is closed
    }
    for name, most in limits.items():
        with suppress(AttributeError, ValueError, OSError):  # not every system knows every one
            resource.setrlimit(getattr(resource, name), (most, most))


def _leave_root() -> None:
    """Be who owns nothing, where this is root, whom the limit of processes does not hold. Where root may not, it stays
    root."""
    if os.geteuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setgid(DECODER)
            os.setuid(DECODER)


def _allow(seconds: int) -> None:
    """Let this process compute for so long from now on; then the system ends it, whether or not anybody still waits."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(time.process_time()) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (until if hard == resource.RLIM_INFINITY else min(until, hard), hard))


def _ready() -> None:
    """Load every reader, and what they load when they first read, while files can still be opened."""
    from PIL import Image

    Image.init()
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        for mode in ("RGB", "L"):
            buffer = BytesIO()
            Image.new(mode, (8, 8)).save(buffer, kind)
            with suppress(PictureError):
                decode(buffer.getvalue())
    buffer = BytesIO()
    Image.new("I;16", (8, 8)).save(buffer, "PNG")
    decode(buffer.getvalue())


def main(
    picture: Callable[[bytes], Picture] = decode,
    frame: Callable[[bytes, int], Picture] = decode_to,
) -> None:
    """As a process: what prints to the standard output by mistake goes where errors go."""
    source, to = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)
    _ready()
    confine()
    write(to, {"ready": True})
    with suppress(WireError, BrokenPipeError):
        serve(source, to, picture, frame)
    sys.exit()


if __name__ == "__main__":
    main()
