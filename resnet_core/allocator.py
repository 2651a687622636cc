"""How much memory the C library keeps for the threads that come and go.

glibc gives each thread that waits for another an arena of its own, up to eight times as many as there are cores, and
what is freed in one is of no use to the next: under a crowd of short-lived threads the process grows and stays grown.
Two arenas keep it flat; what they cost, threads that wait for each other's malloc, is lost in the forward passes.
"""

import ctypes
import platform

ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h; mallopt(3)


def few_arenas() -> bool:
    """Let this process have at most ARENAS of them, before its threads begin; False where there is no glibc."""
    if platform.libc_ver()[0] != "glibc":
        return False
    return bool(ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS))
