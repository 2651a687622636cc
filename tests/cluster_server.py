"""A Ray cluster on this machine, started by the command that people use, its processes found and ended by their ids."""

import os
import re
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

    def start(self) -> None:
        """Until it says that it answers."""
        command = f"{COMMAND} --port {self.port}"
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        surroundings |= {
            "RESNET_EXPLORER_WEIGHTS": str(self.weights),
            "RESNET_EXPLORER_BACKEND_TOKEN": TOKEN,
            "RAY_TMPDIR": str(self.folder),
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *command.split()],
                cwd=ROOT,
                env=surroundings,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        end = time.monotonic() + STARTS_WITHIN
        while "Ctrl-C stops" not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"The cluster did not start:\n{self.log.read_text()}")
            time.sleep(0.1)

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
            if self.process:
                self.process.poll()
            time.sleep(0.05)
        if self.process:
            self.process.wait(STOPS_WITHIN)

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
        """Ids and command lines of the session that the command began."""
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if self.process and int(session) == self.process.pid and state != "Z":
                    yield int(folder.name), (folder / "cmdline").read_text().replace("\0", " ")


def _links(pid: int) -> Iterator[str]:
    with suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                yield str(link.readlink())
