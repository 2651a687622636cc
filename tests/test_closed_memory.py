"""A process that has closed its memory, asked by another of the same user, which is not root."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from resnet_core import closed_memory
from resnet_core.closed_memory import close_memory

ROOT = Path(__file__).parents[1]
SECRET = "a secret of the environment"
LEAVE_ROOT = """
import os, resource, sys  # all that is needed, for who is root no more may not find it
from resnet_core.closed_memory import close_memory
from resnet_core.decoding_worker import _leave_root
_leave_root()
"""
# a change of the user closes it on most systems: opened again, as a server is that never was root
BEGIN = f"{LEAVE_ROOT}import ctypes; ctypes.CDLL(None).prctl({closed_memory._PR_SET_DUMPABLE}, 1, 0, 0, 0)\n"
OPEN, CLOSED = (f"{BEGIN}print({does}, flush=True); input()" for does in ("False", "close_memory()"))
LOOK = f"""{LEAVE_ROOT}
try:
    found = open(f"/proc/{{sys.argv[1]}}/environ", "rb").read()
    print("the secret" if b"{SECRET}" in found else f"something else: {{found!r}}")
except (PermissionError, FileNotFoundError):  # where /proc is mounted with hidepid it does not show it
    print("refused")
"""
PR_GET_DUMPABLE = 3
linux = pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")


def seen_by_another(program: str) -> list[str]:
    """What a process says of itself, and what another of the same user sees of its environment."""
    environment = {**os.environ, "SECRET": SECRET}
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        said = process.stdout.readline()
        looked = subprocess.run([sys.executable, "-c", LOOK, str(process.pid)], cwd=ROOT, capture_output=True)
        process.communicate(b"\n")
    return (said + looked.stdout + looked.stderr).decode().splitlines()


@linux
def test_another_process_of_the_same_user_is_kept_out() -> None:
    if (seen := seen_by_another(OPEN)) != ["False", "the secret"]:
        pytest.skip(f"it is kept out in any case here: {seen}")
    assert seen_by_another(CLOSED) == ["True", "refused"]


@linux
@pytest.mark.parametrize(
    "begins",
    [
        "import app.server",
        f"{BEGIN}from resnet_core.decoding_worker import confine; confine()",
        "import sys; sys.argv[1:] = ['--port', '0', '--replicas', '99999']; from deploy.replicas import main; main()",
    ],
)
def test_it_is_closed_by_who_keeps_something(begins: str) -> None:
    """Asked as it ends, for a decoder can import nothing any more."""
    asks = "import atexit, ctypes, os; prctl = ctypes.CDLL(None).prctl\n"
    asks += f"atexit.register(lambda: os.write(1, b'%d' % prctl({PR_GET_DUMPABLE}, 0, 0, 0, 0)))\n"
    opened = f"prctl({closed_memory._PR_SET_DUMPABLE}, 1, 0, 0, 0)\n"
    told = [
        subprocess.run([sys.executable, "-c", asks + opened + does], cwd=ROOT, capture_output=True).stdout
        for does in ("", begins)
    ]
    assert told == [b"1", b"0"]


@linux
def test_a_system_that_refuses_is_named_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for library in (SimpleNamespace(prctl=lambda *_: -1), SimpleNamespace()):
        monkeypatch.setattr(closed_memory.ctypes, "CDLL", lambda _, found=library: found)
        caplog.clear()
        assert not close_memory()
        assert "stays open" in caplog.text


def test_elsewhere_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_memory.sys, "platform", "darwin")
    assert not close_memory()
