"""deploy/resnet-explorer.service: systemd understands it, and what it starts is there."""

import re
import shlex
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from served import ROOT

from deploy.choices import parser
from deploy.processes import STOPS_WITHIN

UNIT = ROOT / "deploy" / "resnet-explorer.service"
CHECKOUT = "/srv/resnet-explorer"
UNHURT = "/usr/bin/env --ignore-signal=HUP "


@pytest.fixture(scope="module")
def service() -> dict[str, str]:
    read = ConfigParser(interpolation=None, strict=True)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(UNIT, encoding="utf-8")
    return dict(read["Service"])


def test_what_it_starts_is_there_and_understood(service: dict[str, str]) -> None:
    python, *words = shlex.split(service["ExecStart"].removeprefix(UNHURT))
    assert python == f"{service['WorkingDirectory']}/.venv/bin/python"
    assert words[:2] == ["-m", "deploy.replicas"]
    asked = parser("python -m deploy.replicas", "").parse_args(words[2:])
    assert (ROOT / "deploy" / asked.tls.name).is_file()
    assert asked.logs == Path("/var/log", service["LogsDirectory"])
    assert service["Environment"] == f"XDG_CACHE_HOME=/var/cache/{service['CacheDirectory']}"


def test_what_it_starts_is_not_ended_by_a_reload_that_comes_at_once(service: dict[str, str]) -> None:
    assert service["ExecStart"].startswith(UNHURT)
    ended = subprocess.run([*UNHURT.split(), "sh", "-c", "kill -HUP $$; echo on"], capture_output=True, check=True)
    assert ended.stdout == b"on\n"


def test_nothing_is_killed_that_is_still_ending(service: dict[str, str]) -> None:
    assert float(service["TimeoutStopSec"]) > 2 * STOPS_WITHIN
    assert service["KillMode"] == "mixed"


def test_nginx_may_open_as_many_files_as_it_asks_for(service: dict[str, str]) -> None:
    (asked,) = re.findall(r"worker_connections (\d+);", UNIT.with_name("nginx.conf").read_text(encoding="utf-8"))
    assert int(service["LimitNOFILE"]) >= int(asked)


def test_systemd_understands_it(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is missing")
    text = UNIT.read_text(encoding="utf-8")
    here = text.replace(f"{CHECKOUT}/.venv/bin/python", sys.executable).replace(CHECKOUT, str(ROOT))
    assert here != text
    unit = tmp_path / UNIT.name
    unit.write_text(here, encoding="utf-8")
    found = subprocess.run([analyze, "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    said = [line for line in found.stderr.splitlines() if UNIT.name in line]
    assert (found.returncode, said) == (0, [])
