"""The app as a process of its own: started by a command on a free port, stopped by its process id."""

import os
import signal
import socket
import subprocess
import sysconfig
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENTRY = "python -m streamlit run app/server.py --server.port=$PORT --server.address=127.0.0.1 --server.headless=true"
STARTS_WITHIN = 120.0
STOPS_WITHIN = 30.0


@contextmanager
def served(folder: Path, command: str = ENTRY, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """The address at which a shell's command serves, PORT being set; its output goes to a file in `folder`."""
    port = free_port()
    scripts = sysconfig.get_path("scripts")
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "RESNET_"))},
        "XDG_CACHE_HOME": str(folder / "cache"),  # no weights that whoever runs the tests has fetched
        **(environment or {}),
        "PORT": str(port),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    log = folder / f"server-{port}.log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["sh", "-c", command], cwd=ROOT, env=surroundings, stdout=output, stderr=output, start_new_session=True
        ) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_healthy(address, process, log)
            yield address
        finally:
            _stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=10) as answer:
                if answer.read() == b"ok":
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"The server did not start:\n{log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """As a platform stops it. The shell's group holds the server, whether or not the shell became it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
