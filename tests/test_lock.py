"""The lock: what requirements.txt asks for and all that this brings, with hashes; and what is asked for runs here."""

import re
from importlib.metadata import requires, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_LOCKED = re.compile(r"^([\w.-]+)==([^\s;\\]+)([^\n]*\\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE)
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED: dict[str, set[str]] = {}
"""Versions by name: of some, one for Python 3.11 and another for later ones."""
for _match in _LOCKED.finditer(LOCK):
    LOCKED.setdefault(_match[1], set()).add(_match[2])
ASKED = dict(re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_lock_names_what_is_asked_for_with_hashes() -> None:
    assert len(ASKED) > 10
    assert [
        name for name, pin in ASKED.items() if name != "torch" and LOCKED.get(name.replace("_", "-")) != {pin}
    ] == []
    assert sum(map(len, LOCKED.values())) == len(re.findall(r"^[\w.-]+==", LOCK, re.MULTILINE))


def test_the_lock_leaves_the_choice_of_torch_to_whoever_installs() -> None:
    assert not [name for name in LOCKED if name == "torch" or name.startswith(("nvidia", "cuda", "triton"))]


def test_the_lock_has_all_that_torch_without_cuda_needs() -> None:
    """CUDA's own packages are asked for by builds with CUDA alone, and by some of them without a mark that says so."""
    needed = [re.split(r"[ ;<>=!\[(]", one)[0].lower() for one in requires("torch") or () if "extra ==" not in one]
    assert "sympy" in needed
    assert [one for one in needed if one not in LOCKED and not one.startswith(("nvidia", "cuda", "triton"))] == []


def test_what_is_installed_here_is_what_is_asked_for() -> None:
    """What that brings along is as new as on the day it was installed, so only the lock says which version it has."""
    found = {name: version(name).partition("+")[0] for name in ASKED}  # torch+cpu is torch
    assert found == ASKED
