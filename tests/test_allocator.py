"""The allocator, asked in a process of its own after many threads were there at once."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from resnet_core import allocator
from resnet_core.allocator import ARENAS, few_arenas

ROOT = Path(__file__).parents[1]
PROGRAM = """
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


def arenas(how: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such arenas")
def test_threads_share_the_few_arenas() -> None:
    few = arenas("few")
    assert few[0] == "True"
    assert int(few[1]) <= ARENAS < int(arenas("many")[1])


def test_without_glibc_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("", ""))
    assert not few_arenas()
