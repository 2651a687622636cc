"""A process that no other of the same user can look into.

Decoders run as the server's user where that is not root. What a hole in one runs could else attach to the server, or
read its memory and environment, where the cookies' secret is. Whoever has CAP_SYS_PTRACE, as root has, still can:
a debugger or a sampling profiler needs that.
"""

import ctypes
import logging
import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4  # linux/prctl.h; prctl(2)
_log = logging.getLogger(__name__)


def close_memory() -> bool:
    """Give this process's memory to nobody, not as a core dump either; False where the system is no Linux, or will not,
    which the log says.

    It holds until the process becomes another program; after a change of its user it has to be said again.
    """
    if sys.platform != "linux":
        return False
    with suppress(AttributeError, OSError):  # a Python without a C library to load
        if not ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            return True
    _log.warning("The memory of this process stays open to others of the same user, for prctl(2) was refused.")
    return False
