"""Several replicas of the app behind nginx, on this machine.

    python -m deploy.replicas --help

Ctrl-C stops everything. A replica that ends or hangs is started again, and so is nginx where it ends. `kill -HUP`
restarts one replica after the other, each once the one before is ready, which is how a new version is brought in: no
view is lost, for all of it is in the link. Where one does not become ready, the others stay as they are.
"""

import signal

if __name__ == "__main__":  # until `serve` heeds it, for it ends who says nothing of it, while all else is imported too
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

import logging
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from resnet_core.closed_memory import close_memory

from .choices import HOST, USUAL, Choices, parser, require_possible
from .processes import NotStarted, Tended, stop
from .proxy import install

ROOT = Path(__file__).resolve().parents[1]
APP = [sys.executable, "-m", "streamlit", "run", "app/server.py"]
QUIET = "--logger.hideWelcomeMessage=true"
"""For Streamlit would print an inner address, which is no visitor's."""
READY_WITHIN = 180.0
BETWEEN = 0.2
LOOK_EVERY, PATIENCE = 5.0, 2.0
"""Seconds from one look at whether a replica lives to the next, and for its answer."""
SILENCE = 20.0
"""Seconds without an answer after which a replica hangs: busy ones answer late, and not never."""
UPLOADS, PROCESSES = "RESNET_EXPLORER_UPLOADS", "RESNET_EXPLORER_PROCESSES"
_DIRECTLY = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # through no proxy of the environment

_log = logging.getLogger("replicas")


class Replica(Tended):
    """A process of the app on a port of its own."""

    def __init__(self, port: int, environment: Mapping[str, str]) -> None:
        self.port = port
        self._looks, self._heard = 0.0, 0.0
        options = [f"--server.port={port}", f"--server.address={HOST}", "--server.headless=true", QUIET]
        super().__init__(f"The replica on port {port}", [*APP, *options], cwd=ROOT, env=environment)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def is_ready(self) -> bool:
        if self._answers("/health/ready", 5):
            self.was_ready = True
            return True
        return False

    def tend(self) -> None:
        """End it by force where it hangs, for whom its cookie leads to it waits; revive it where it has ended."""
        if self._hangs():
            _log.warning("%s hangs, and is ended.", self.name)
            self.kill()
        super().tend()

    def _hangs(self) -> bool:
        """Whether it answered once since its start, and for too long not any more."""
        if self.process.poll() is not None or self._looks > time.monotonic():
            return False
        answered, now = self._answers("/health/live", PATIENCE), time.monotonic()
        self._looks = now + LOOK_EVERY
        if answered:
            self._heard = now
        return self._since < self._heard < now - SILENCE

    def _answers(self, path: str, seconds: float) -> bool:
        try:
            with _DIRECTLY.open(f"{self.address}{path}", timeout=seconds):
                return True
        except (OSError, HTTPException):
            return False

    def wait_until_ready(self, stopped: Event | None = None, meanwhile: Callable[[], None] = lambda: None) -> None:
        """No longer than until `stopped`; `meanwhile` is done again and again. Raises NotStarted."""
        deadline = time.monotonic() + READY_WITHIN
        while not (stopped and stopped.is_set()) and not self.is_ready():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise NotStarted(f"{self.name} does not become ready: its reason stands above.")
            meanwhile()
            time.sleep(BETWEEN)


class Replicas:
    """All of them, behind one nginx. Nothing is waited for any longer once `stopped` is set. Raises NotStarted."""

    def __init__(
        self,
        number: int,
        port: int,
        folder: Path,
        environment: Mapping[str, str],
        stopped: Event,
        choices: Choices,
    ) -> None:
        require_possible(number, port, choices)
        self.stopped = stopped
        self.address = f"http://{choices.host()}:{port}"
        uploads = folder / "uploads"
        uploads.mkdir(mode=0o700)
        common = {
            "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
            "FORWARDED_ALLOW_IPS": HOST,
            UPLOADS: str(uploads),
            PROCESSES: str(number),
            **environment,
        }
        first = choices.inner_port
        ports = free_ports(number) if first is None else range(first, first + number)
        command = install(folder, ports, port, choices)
        self.replicas: list[Replica] = []
        try:
            for one in ports:
                self.replicas.append(Replica(one, common))
            self.nginx = Tended("nginx", command, stdout=subprocess.DEVNULL)
        except NotStarted:
            stop(self.replicas)
            raise

    def wait_until_ready(self) -> None:
        """Raises NotStarted."""
        for replica in self.replicas:
            replica.wait_until_ready(self.stopped)
        if self.nginx.process.poll() is not None:
            raise NotStarted("nginx does not run: its reason stands above.")

    def tend(self, but: Replica | None = None) -> None:
        """Start again what has ended."""
        for one in (*self.replicas, self.nginx):
            if one is not but:
                one.tend()

    def roll(self) -> None:
        """Restart one replica after the other; meanwhile the others serve, and are tended. The first that fails is the
        last. nginx reads its certificate again."""
        self.nginx.process.send_signal(signal.SIGHUP)
        for replica in self.replicas:
            replica.stop()
            try:
                replica.revive()
                replica.wait_until_ready(self.stopped, partial(self.tend, but=replica))
            except NotStarted as refused:
                _log.error("%s The others stay as they are.", refused)
                return
            if self.stopped.is_set():
                return
            _log.warning("%s is new.", replica.name)

    def stop(self) -> None:
        stop([self.nginx, *self.replicas])


@contextmanager
def replicas(
    number: int,
    port: int,
    environment: Mapping[str, str],
    stopped: Event | None = None,
    choices: Choices = USUAL,
) -> Iterator[Replicas]:
    """Replicas that are ready, unless `stopped` is set before, in a folder of their own; gone at the end. Raises
    NotStarted."""
    with TemporaryDirectory(prefix="resnet-explorer-") as folder:
        running = Replicas(number, port, Path(folder), environment, stopped or Event(), choices)
        try:
            running.wait_until_ready()
            yield running
        finally:
            running.stop()


def free_ports(number: int) -> list[int]:
    """Ports of this machine on which nobody listens now."""
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def main() -> None:
    close_memory()  # the replicas' secret is in it
    asked = parser("python -m deploy.replicas", __doc__.splitlines()[0]).parse_args()
    logging.basicConfig(format="%(message)s")
    try:
        serve(asked.replicas, asked.port, Choices(asked.address, asked.inner_port, asked.logs, asked.tls))
    except NotStarted as refused:
        sys.exit(str(refused))


def serve(number: int, port: int, choices: Choices = USUAL) -> None:
    """Until Ctrl-C, or whoever started us has us stop. Raises NotStarted."""
    stopped, renewed = Event(), Event()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, lambda *_: stopped.set())
    signal.signal(signal.SIGHUP, lambda *_: renewed.set())
    with replicas(number, port, os.environ, stopped, choices) as running:
        where = f"As {choices.tls} says" if choices.tls else running.address
        ports = ", ".join(str(replica.port) for replica in running.replicas)
        if not stopped.is_set():
            print(f"{where}, replicas on {ports}. Ctrl-C stops, kill -HUP {os.getpid()} renews.", flush=True)
        while not stopped.is_set():
            time.sleep(BETWEEN)
            running.tend()
            if renewed.is_set():
                renewed.clear()
                running.roll()


if __name__ == "__main__":
    main()
