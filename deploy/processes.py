"""Processes that are there for as long as we are: started again where they end, stopped with all that they started."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from resnet_core.refusal import Refusal

STOPS_WITHIN = 15.0
PAUSE = 10.0
"""Seconds from one start to the next of what ends before it is ready."""

_log = logging.getLogger("replicas")


class NotStarted(Refusal):
    """A process that is not there after all."""


class Tended:
    """A process, in a session of its own, so that Ctrl-C reaches it through us. `name` begins what is said of it."""

    def __init__(self, name: str, command: Sequence[str], **options: Any) -> None:
        self.name, self.was_ready, self._buried = name, False, False
        self._command, self._options = command, options
        self._since, self.process = time.monotonic(), self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        """Raises NotStarted."""
        try:
            return subprocess.Popen(self._command, start_new_session=True, **self._options)
        except OSError as error:
            raise NotStarted(
                f"{self.name} cannot be started ({error.strerror or error}): see that "
                f"{error.filename or self._command[0]} is there, and that this machine has room for one more process."
            ) from error

    @property
    def pid(self) -> int:
        return self.process.pid

    def revive(self) -> bool:
        """Start it again where it has ended; whether it had. Raises NotStarted."""
        if self.process.poll() is None:
            return False
        if not self._buried:  # once, for its number may be another's by and by
            _signal(self.process, signal.SIGTERM)  # nginx's workers outlive it where it is killed, and hold its port
        self._buried, self.was_ready, self._since = True, False, time.monotonic()
        self.process = self._started()
        self._buried = False
        return True

    def tend(self) -> None:
        """Revive it and say so, or why not; what ends before it is ready, or cannot be started, has a pause first."""
        try:
            if (self.was_ready or time.monotonic() - self._since >= PAUSE) and self.revive():
                _log.warning("%s had ended, and is started again.", self.name)
        except NotStarted as refused:
            _log.error("%s", refused)

    def kill(self) -> None:
        """By force, with all that it has started."""
        _signal(self.process, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        stop([self])


def stop(ending: Sequence[Tended]) -> None:
    """All of them at once, by force where they take too long."""
    for one in ending:
        one.process.terminate()
    for one in ending:
        try:
            one.process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            one.kill()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To it, and to all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
