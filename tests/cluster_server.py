"""A Ray cluster on this machine, started by the command that people use, its processes found and ended by their ids."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest
from served import free_port

ROOT = Path(__file__).resolve().parents[1]
STARTS_WITHIN = 240.0
STOPS_WITHIN = 60.0
TOKEN = "letters that a test knows"
COMMAND = "-m resnet_core serve --replicas 2 --cpus 2 --device cpu"
REPLICA, CONTROLLER = "ray::ServeReplica", "ray::ServeController"
HEAD = ("gcs_server", "raylet")
RAY = "-m ray.scripts.scripts start --block --node-ip-address=127.0.0.1 --num-cpus=2 --object-store-memory=100000000"
RAY_SURROUNDINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_enable_metrics_collection": "0", "RAY_AUTH_MODE": "token"}
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None or sys.platform != "linux", reason="needs requirements-cluster.txt, and Linux's /proc"
)


class ClusterServer:
    """`python -m resnet_core serve` with two replicas on two CPUs; it may be killed and started again."""

    def __init__(self, weights: Path, log: Path) -> None:
        self.port, self.weights, self.log = free_port(), weights, log
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="ray"))  # a short path, for there are sockets in it
        self.process: subprocess.Popen[bytes] | None = None
        self.machines: list[subprocess.Popen[bytes]] = []
        self.surroundings = {
            **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
            "RESNET_EXPLORER_WEIGHTS": str(weights),
            "RESNET_EXPLORER_BACKEND_TOKEN": TOKEN,
            "RAY_TMPDIR": str(self.folder),
        }

    def start(self) -> None:
        """Until it says that it answers."""
        self.process = self._begun(f"{COMMAND} --port {self.port}", self.log, "Ctrl-C stops")

    def start_on_machines(self, number: int) -> None:
        """Join so many, of two CPUs each, and have as many engines as there is demand for."""
        self.surroundings |= RAY_SURROUNDINGS | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
        head = free_port()
        for place in range(number):
            joined = f"--address=127.0.0.1:{head}" if place else f"--head --port={head} --include-dashboard=false"
            log = self.log.with_name(f"machine-{place}")
            self.machines.append(self._begun(f"{RAY} {joined}", log, "Ray runtime started"))
        command = f"-m resnet_core serve --address 127.0.0.1:{head} --port {self.port} --device cpu"
        self.process = self._begun(command, self.log, "Ctrl-C stops")

    def _begun(self, command: str, log: Path, said: str) -> subprocess.Popen[bytes]:
        """A process of a session of its own, once it has said something."""
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *command.split()],
                cwd=ROOT,
                env=self.surroundings,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        end = time.monotonic() + STARTS_WITHIN
        while said not in log.read_text():
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"The cluster did not start:\n{log.read_text()}")
            time.sleep(0.1)
        return process

    def machine_of(self, pid: int) -> int:
        """On which of the machines a process is."""
        return [machine.pid for machine in self.machines].index(os.getsid(pid))

    def pids(self, *names: str) -> list[int]:
        """The processes of the cluster whose command line has one of some words, or all of them."""
        return [pid for pid, words in self._processes() if not names or any(name in words for name in names)]

    def kill(self, *names: str, most: int = 100) -> list[int]:
        """End some at once, without a word of farewell."""
        killed = self.pids(*names)[:most]
        for pid in killed:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return killed

    def interrupt(self) -> int:
        """Ctrl-C; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOPS_WITHIN)

    def end(self) -> None:
        """Whatever is left of it."""
        end = time.monotonic() + STOPS_WITHIN
        while self.kill() and time.monotonic() < end:
            for process in self._own():
                process.poll()
            time.sleep(0.05)
        for process in self._own():
            process.wait(STOPS_WITHIN)

    def clear(self) -> None:
        """End it, and take away what it wrote."""
        self.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def listening(self) -> set[str]:
        """The addresses at which its processes accept connections, as the kernel writes them."""
        inodes = set()
        for pid in self.pids():
            for link in _links(pid):
                inodes |= set(re.findall(r"socket:\[(\d+)\]", link))
        found = set()
        for table in ("tcp", "tcp6"):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    found.add(fields[1].rpartition(":")[0])
        return found

    def _processes(self) -> Iterator[tuple[int, str]]:
        """Ids and command lines of the sessions that were begun."""
        sessions = {process.pid for process in self._own()}
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) in sessions and state != "Z":
                    yield int(folder.name), (folder / "cmdline").read_text().replace("\0", " ")

    def _own(self) -> list[subprocess.Popen[bytes]]:
        return [*self.machines, *([self.process] if self.process else [])]


def _links(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(link.readlink())
