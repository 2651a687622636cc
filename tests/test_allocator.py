"""The allocator, asked in a process of its own: after many threads were there at once, and after much was freed."""

import platform
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_core import allocator
from resnet_core.allocator import ARENAS, BETWEEN, few_arenas, give_back, tend

ROOT = Path(__file__).parents[1]
glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have neither")
THREADS = """
import ctypes, os, re, sys, tempfile
from threading import Barrier, Thread
from resnet_core.allocator import few_arenas
print(sys.argv[1] == "few" and few_arenas())
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
many = Barrier(32)
def take():
    many.wait()
    for _ in range(200):
        libc.malloc(ctypes.c_size_t(4000))
    many.wait()
threads = [Thread(target=take) for _ in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
name = tempfile.mktemp()
stream = ctypes.c_void_p(libc.fopen(name.encode(), b"w"))
libc.malloc_info(0, stream)
libc.fclose(stream)
print(len(re.findall("<heap nr=", open(name).read())))
os.remove(name)
"""

PIECES, PIECE = 50_000, 4000
FREED = f"""
import ctypes, sys
from resnet_core.allocator import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * {resource.getpagesize()}
pieces = [libc.malloc({PIECE}) for _ in range({PIECES})]
for piece in pieces:
    ctypes.memset(piece, 1, {PIECE})
for number, piece in enumerate(pieces):
    if number % 100:
        libc.free(piece)
before = resident()
print(give_back(), before - resident())
"""


def said(program: str, *how: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", program, *how], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@glibc
def test_threads_share_the_few_arenas() -> None:
    few = said(THREADS, "few")
    assert few[0] == "True"
    assert int(few[1]) <= ARENAS < int(said(THREADS, "many")[1])


@glibc
def test_what_is_free_between_pieces_in_use_is_given_back() -> None:
    """One piece in a hundred is still in use, so at least nine tenths of the pages have nothing on them."""
    gave, nbytes = said(FREED)
    assert gave == "True"
    assert int(nbytes) > 0.9 * PIECES * PIECE


def test_without_glibc_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("", ""))
    assert not few_arenas()
    assert not give_back()


def test_it_is_given_back_after_each_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str | float] = []
    monkeypatch.setattr(allocator, "give_back", lambda: events.append("given back"))

    def wait(seconds: float) -> None:
        if len(events) == 4:
            raise InterruptedError
        events.append(seconds)

    with pytest.raises(InterruptedError):
        tend(wait)
    assert events == [BETWEEN, "given back"] * 2
