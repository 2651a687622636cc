"""How much memory the C library keeps after it was freed.

glibc gives each thread that waits for another an arena of its own, up to eight times as many as there are cores, and
what is freed in one is of no use to the next: under a crowd of short-lived threads the process grows and stays grown.
Two arenas keep it flat; what they cost, threads that wait for each other's malloc, is lost in the forward passes.

What lies free below something that is still in use stays with the process too, some hundred megabytes after an hour of
experiments, until it is asked for: malloc_trim(3) finds the whole pages and gives them back.
"""

import ctypes
import platform
import time
from collections.abc import Callable

ARENAS = 2
BETWEEN = 60.0
"""Seconds. The first time takes some 40 ms, in which threads wait that allocate; once a minute it is 4 ms."""
_M_ARENA_MAX = -8  # malloc.h; mallopt(3)


def few_arenas() -> bool:
    """Let this process have at most ARENAS of them, before its threads begin; False where there is no glibc."""
    return _is_glibc() and bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS))


def give_back() -> bool:
    """Give the pages that nothing lies on back to the system; False where there were none, or there is no glibc."""
    return _is_glibc() and bool(ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0)))


def tend(wait: Callable[[float], object] = time.sleep) -> None:
    """Give back what has come free, for as long as this process goes on."""
    while True:
        wait(BETWEEN)
        give_back()


def _is_glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
