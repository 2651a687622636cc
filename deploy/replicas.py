"""Several replicas of the app behind nginx, on this machine.

    python -m deploy.replicas [--replicas 3] [--port 8080]

Ctrl-C stops everything. A replica that ends is started again. `kill -HUP` restarts one after the other, each once the
one before is ready, which is how a new version is brought in: no view is lost, for all of it is in the link.
"""

import argparse
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from resnet_core.refusal import Refusal

from .proxy import HOST, install

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN = 180.0
STOPS_WITHIN = 15.0
BETWEEN = 0.2
UPLOADS = "RESNET_EXPLORER_UPLOADS"


class NotStarted(Refusal):
    """A process that is not there after all."""


_log = logging.getLogger("replicas")


class Replica:
    """A process of the app on a port of its own."""

    def __init__(self, port: int, environment: Mapping[str, str]) -> None:
        self.port, self._environment = port, environment
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streamlit", "run", "app/server.py"]
        options = [f"--server.port={self.port}", f"--server.address={HOST}", "--server.headless=true"]
        # a session of its own, so that Ctrl-C reaches it through us
        return subprocess.Popen([*command, *options], cwd=ROOT, env=self._environment, start_new_session=True)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.port}"

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health/ready", timeout=5):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def wait_until_ready(self) -> None:
        """Raises NotStarted."""
        deadline = time.monotonic() + READY_WITHIN
        while not self.is_ready():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise NotStarted(f"The replica on port {self.port} does not become ready: its reason stands above.")
            time.sleep(BETWEEN)

    def revive(self) -> bool:
        """Start it again where it has ended; whether it had."""
        if self.process.poll() is None:
            return False
        self.process = self._started()
        return True

    def stop(self) -> None:
        _stop([self.process])


class Replicas:
    """All of them, behind one nginx."""

    def __init__(self, number: int, port: int, folder: Path, environment: Mapping[str, str]) -> None:
        self.address = f"http://{HOST}:{port}"
        uploads = folder / "uploads"
        uploads.mkdir(mode=0o700)
        common = {
            "STREAMLIT_SERVER_COOKIE_SECRET": secrets.token_hex(32),
            "FORWARDED_ALLOW_IPS": HOST,
            UPLOADS: str(uploads),
            **environment,
        }
        self.replicas = [Replica(port, common) for port in free_ports(number)]
        command = install(folder, [replica.port for replica in self.replicas], port)
        self._nginx = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)

    def wait_until_ready(self) -> None:
        """Raises NotStarted."""
        for replica in self.replicas:
            replica.wait_until_ready()
        if self._nginx.poll() is not None:
            raise NotStarted("nginx does not run: its reason stands above.")

    def tend(self) -> None:
        """Start again what has ended."""
        for replica in self.replicas:
            if replica.revive():
                _log.warning("The replica on port %d had ended, and is started again.", replica.port)

    def roll(self) -> None:
        """Restart one replica after the other; meanwhile the others serve."""
        for replica in self.replicas:
            replica.stop()
            replica.revive()
            replica.wait_until_ready()
            _log.warning("The replica on port %d is new.", replica.port)

    def stop(self) -> None:
        _stop([self._nginx, *(replica.process for replica in self.replicas)])


@contextmanager
def replicas(number: int, port: int, environment: Mapping[str, str]) -> Iterator[Replicas]:
    """Replicas that are ready, in a folder of their own; gone at the end."""
    if shutil.which("nginx") is None:
        raise NotStarted("There is no nginx here: install it, on Debian with apt-get install nginx-light.")
    with TemporaryDirectory(prefix="resnet-explorer-") as folder:
        running = Replicas(number, port, Path(folder), environment)
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


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.replicas", description=__doc__.splitlines()[0])
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--port", type=int, default=8080)
    asked = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    try:
        serve(asked.replicas, asked.port)
    except NotStarted as refused:
        sys.exit(str(refused))


def serve(number: int, port: int) -> None:
    """Until Ctrl-C, or whoever started us has us stop. Raises NotStarted."""
    stopped, renewed = Event(), Event()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, lambda *_: stopped.set())
    signal.signal(signal.SIGHUP, lambda *_: renewed.set())
    with replicas(number, port, os.environ) as running:
        ports = ", ".join(str(replica.port) for replica in running.replicas)
        print(f"{running.address}, replicas on {ports}. Ctrl-C stops, kill -HUP {os.getpid()} renews.", flush=True)
        while not stopped.wait(BETWEEN):
            running.tend()
            if renewed.is_set():
                renewed.clear()
                running.roll()


if __name__ == "__main__":
    main()
