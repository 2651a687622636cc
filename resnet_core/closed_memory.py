"""A process that no other of the same user can look into.

Decoders run as the server's user where that is not root. What a hole in one runs could else attach to the server, or
read its memory and environment, where the cookies' secret is. Whoever has CAP_SYS_PTRACE, as root has, still can:
a debugger or a sampling profiler needs that.
"""

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h; prctl(2)


def close_memory() -> bool:
    """Give this process's memory to nobody, not as a core dump either; False where the system is no Linux, or will not.

    It holds until the process becomes another program, or another user's.
    """
    return sys.platform == "linux" and not ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
