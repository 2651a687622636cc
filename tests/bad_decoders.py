"""As a process: a decoder that obeys its picture, "hang", "allocate" and the like, and decodes every other one."""

import ctypes
import json
import os
import socket
import sys
import time
from collections.abc import Callable

from resnet_core import decoding_worker
from resnet_core.pictures import Picture, decode

SIZE = {"size": [2, 2], "seen": [2, 2], "format": "PNG", "notes": []}
ANSWERS = {
    "babble": b"\xff" * 64,
    "a list": decoding_worker.packed([], 0),  # type: ignore[arg-type]
    "nothing": decoding_worker.packed({}, 0),
    "too few pixels": decoding_worker.packed(SIZE, 11) + bytes(11),
    "a vast size": decoding_worker.packed({**SIZE, "size": [10**9, 10**9]}, 12) + bytes(12),
    "a file of too many pixels": decoding_worker.packed({**SIZE, "seen": [10**4, 10**4]}, 12) + bytes(12),
    "a wrong size": decoding_worker.packed({**SIZE, "size": [True, "2"]}, 12) + bytes(12),
    "a strange format": decoding_worker.packed({**SIZE, "format": "<script>"}, 12) + bytes(12),
    "strange notes": decoding_worker.packed({**SIZE, "notes": ["\x1b[2J"]}, 12) + bytes(12),
    "no sentence": decoding_worker.packed({"refused": {}}, 0),
    "a deep table": b"\0\0\x80\0" + bytes(8) + b"[" * 2**15,
    "a vast promise": b"\0\0\0\2" + b"\xff" * 8 + b"{}",
}
"""What a decoder that has gone mad, or over to the enemy, might say."""
OUT = os.dup(1)


def hang() -> None:
    while True:
        pass


def allocate() -> None:
    kept = []
    while True:
        kept.append(bytearray(2**24))


def allocate_beyond_python() -> None:
    system = ctypes.CDLL(None)
    system.malloc.restype = ctypes.c_void_p
    while True:
        ctypes.memset(system.malloc(2**24), 1, 2**24)


def open_in_the_place_of_another() -> None:
    os.close(0)
    os.open("/etc/passwd", os.O_RDONLY)


def connect_in_the_place_of_another() -> None:
    os.close(0)
    socket.socket()


DEEDS: dict[str, Callable[[], object]] = {
    "hang": hang,
    "sleep": lambda: time.sleep(3600),
    "allocate": allocate,
    "allocate beyond Python": allocate_beyond_python,
    "abort": os.abort,
    "read address 0": lambda: ctypes.string_at(0),
    "leave": lambda: os._exit(0),
    "open a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "close 0, then open a file": open_in_the_place_of_another,
    "close 0, then open a socket": connect_in_the_place_of_another,
    "start a process": os.fork,
    "exhaust the stack": lambda: json.loads("[" * 10**6),
}


def obey(data: bytes) -> Picture:
    wish = data.decode("latin-1")
    if wish in DEEDS:
        DEEDS[wish]()
    if wish in ANSWERS:
        os.write(OUT, ANSWERS[wish])
        time.sleep(3600)
    return decode(data)


if __name__ == "__main__":
    decoding_worker.main(obey)
    sys.exit()
