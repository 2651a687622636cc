"""The command `serve`, as far as it can be told without a cluster; with one: tests/test_backend_contract.py."""

import os
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cluster_server import COMMAND
from served import ROOT, free_port

from resnet_core import devices
from resnet_core.cli import main

DOCS = (Path(__file__).parents[1] / "docs" / "cluster.md").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sets variables, which end with the test."""
    monkeypatch.setattr(os, "environ", {**os.environ})
    os.environ.pop("RESNET_EXPLORER_BACKEND_TOKEN", None)


def test_nobody_else_may_reach_it_without_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert capsys.readouterr().err == (
        "Whoever reaches 0.0.0.0 could use this machine: set RESNET_EXPLORER_BACKEND_TOKEN, here and for the app.\n"
    )


def test_a_port_that_is_taken_or_an_address_of_others_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
        sentence = f"Nobody can listen on port {port} of 127.0.0.1 (Address already in use): take another --port.\n"
        assert capsys.readouterr().err == sentence
    os.environ["RESNET_EXPLORER_BACKEND_TOKEN"] = "a word"
    for host in ("192.0.2.77", "no such host"):
        assert main(["serve", "--host", host]) == 2
        assert re.fullmatch(rf"Nobody can listen on port 8000 of {host} \(.+\): take .+\n", capsys.readouterr().err)


@pytest.mark.parametrize("address", ["127.0.0.1:{nobody}", "[::1", ""])
def test_a_cluster_that_is_not_there_is_told_at_once(address: str) -> None:
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    address = address.format(nobody=free_port())
    command = [sys.executable, "-m", "resnet_core", "serve", "--port", str(free_port()), "--address", address]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"No cluster answers at {address!r}: take the one")
    assert done.stderr.count("\n") == 1


def test_a_device_that_is_not_there_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    lacking = next(kind for kind in devices.KINDS if kind not in devices.available())
    assert main(["serve", "--port", str(free_port()), "--device", lacking]) == 2
    said = capsys.readouterr().err
    assert f"This machine has no device {lacking!r}: choose " in said
    assert said.count("\n") == 1


def test_without_ray_it_says_how_to_get_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resnet_core.cluster", None)
    assert main(["serve", "--port", str(free_port())]) == 2
    assert capsys.readouterr().err == "Ray is not installed: pip install -r requirements-cluster.txt.\n"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--replicas", "0"], "'0' is not a number of engines: give 1 to 1000"),
        (["--replicas", "many"], "'many' is not a number of engines"),
        (["--device", "cuda:1"], "'cuda:1' is no kind of device: give cuda or mps or cpu"),
        (["--device", "frog"], "'frog' is no kind of device"),
        (["--cpus", "-1"], "'-1' is not a number of CPUs"),
        (["--port", "99999"], "'99999' is not a port: give 1 to 65535"),
    ],
)
def test_what_makes_no_sense_is_refused(given: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", *given])
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_documentation_names_every_option_and_the_command_that_is_tested(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["serve", "--help"])
    options = set(re.findall(r"--[a-z]+", capsys.readouterr().out)) - {"--help"}
    assert {option for option in options if option not in DOCS} == set()
    assert f"python {COMMAND} --port 8000\n" in DOCS
