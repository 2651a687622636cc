"""The command line: what it prints can be used, and what it refuses it refuses in one line."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resnet_core import ZOO, analyse, cli, parse, verify
from resnet_core.cli import COMMANDS, main
from resnet_core.export import FORMATS, table
from resnet_core.refusal import Refusal

FULL = Path("/dev/full")
PROGRAM = [sys.executable, "-m", "resnet_core"]


def test_list_names_the_whole_zoo(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert lines.keys() >= ZOO.keys()
    assert len({len(lines[name]) for name in ZOO}) == 1  # numbers end together
    assert re.split(" {2,}", lines["resnet-50"]) == ["resnet-50", "ResNet-50", "50", "25.56 M", "3.858 G", "224×224"]


def test_list_as_json_holds_exact_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    nets = json.loads(capsys.readouterr().out)
    assert [net["name"] for net in nets] == list(ZOO)
    for net in nets:
        counted = analyse(ZOO[net["name"]]).totals
        assert (net["layers"], net["params"], net["macs"]) == (counted.layers, counted.params, counted.macs)


@pytest.mark.parametrize("format", FORMATS)
def test_table_prints_what_the_library_exports(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", "resnet-34,shortcut=A,size=32", "--format", format]) == 0
    assert capsys.readouterr().out == table(parse("resnet-34,shortcut=A,size=32"), format)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["resnet-18"], "resnet-18"),
        (["resnet-18", "--size", "97"], "resnet-18,size=97"),
        (["resnet-18", "--size", "64x96"], "resnet-18,size=64x96"),
        (["resnet-18,size=32", "--size", "64"], "resnet-18,size=64"),  # said last, and on purpose
    ],
)
def test_table_takes_a_size(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", *arguments]) == 0
    assert capsys.readouterr().out == table(parse(text))


def test_verify_shows_every_figure_and_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    out = capsys.readouterr().out
    assert re.search(
        rf"^{len(verify())} published figures: \d+ agree \(\d+ exactly, .+ as a bound\); \d+ differ, ", out, re.M
    )
    assert len(verify()) >= 150
    for verdict in verify():
        assert verdict.figure.source in out
        assert verdict.reason is None or verdict.reason in out
    rows = [line for line in out.splitlines() if re.search(" (agrees|differs|quoted:) ", line)]
    assert len(rows) == len(verify())
    assert "\ncifar-resnet-1001-v2: The paper does not say what it counts." in out
    assert re.search(r"^resnet-50 +multiply-adds +3\.8 G +3\.858 G +agrees by truncation$", out, re.MULTILINE)
    assert re.search(r"^resnet-50-v1\.5 +parameters +25,557,032 +the same +agrees exactly$", out, re.MULTILINE)
    assert re.search(r"^cifar-resnet-1001-v2 +parameters .* differs by \+0\.128 M \(\+1\.3 %\)$", out, re.MULTILINE)
    assert "a fit, not a proof" in out


def test_verify_of_named_networks_shows_only_theirs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet-18", "plain-34"]) == 0
    out = capsys.readouterr().out
    assert {line.split()[0] for line in out.splitlines() if " agrees " in line} == {"resnet-18", "plain-34"}


def test_verify_says_so_where_nothing_was_published(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet-101-v2"]) == 0
    assert capsys.readouterr().out == "No figure is published here of resnet-101-v2.\n"


def test_verify_as_json_keeps_printed_digits_as_text_and_counts_as_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet-50", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    macs = next(figure for figure in found if figure["quantity"] == "macs")
    assert (macs["printed"], macs["unit"], macs["computed"]) == ("3.8", 10**9, 3_857_973_248)
    assert (macs["status"], macs["agrees"], macs["reason"]) == ("by truncation", True, None)
    assert {figure["arch"] for figure in found} == {"resnet-50"}
    cell = next(figure for figure in found if (figure["quantity"], figure["stage"]) == ("blocks", "conv4_x"))
    assert cell["computed"] == "[1×1, 256; 3×3, 256; 1×1, 1024] × 6"


def test_verify_fails_where_a_figure_has_no_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = replace(verify(["resnet-50"])[0], status="differs")
    monkeypatch.setattr(cli, "verify", lambda names: (wrong,))
    assert main(["verify"]) == 1
    assert main(["verify", "--json"]) == 1
    assert "1 published figure: 1 differs, not all with a reason." in capsys.readouterr().out


def test_crosscheck_says_how_many_rows_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crosscheck", "cifar-resnet-20", "--size", "33x65"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("torchinfo agrees on all 62 rows.\n")
    assert "additions" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "The following arguments are required: COMMAND"),
        (["nonsense"], "invalid choice: 'nonsense'"),
        (["table"], "The following arguments are required: NAME"),
        (["table", "resnet-18", "--format", "html"], "invalid choice: 'html'"),
        (["table", "resnet-18", "--colour"], "Unrecognized arguments: --colour"),
        (["table", "resnet-18", "--form", "csv"], "Unrecognized arguments: --form csv"),
        (["table", "resnet-18", "--size"], "expected one argument"),
        (["table", "resnet-18", "--size", "3"], "choose a size of 32 or more"),
        (["table", "resnet-18", "--size", "big"], "size needs pixels"),
        (["table", "resnet-51"], "51 layers"),
        (["table", "rsenet-18"], "did you mean resnet-18"),
        (["table", ""], "There is no network"),
        (["verify", "alexnett"], "There is no network 'alexnett'"),
        (["bench"], "Say what is to be measured: python -m resnet_core bench fps"),
        (["bench", "speed"], "Say what is to be measured: python -m resnet_core bench fps"),
        (["bench", "fps", "--frames", "x"], "Argument --frames: 'x' is not a whole number; see"),
        (["bench", "fps", "--seconds", "soon"], "Argument --seconds: 'soon' is not a number; see"),
        (["train", "cifar-resnet-20", "--epochs", "1.5"], "Argument --epochs: '1.5' is not a whole number; see"),
        (["train", "cifar-resnet-20", "--seed", ""], "Argument --seed: '' is not a whole number; see"),
        (["lab", "saving", "--survival", "a" * 300], f"Argument --survival: '{'a' * 20}…' is not a number; see"),
        (["crosscheck", "cifar-resnet-21"], "21 layers is not 6n+2"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(arguments)
    except SystemExit as left:  # as argparse leaves
        code = left.code
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert says in said.err


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            main([command.name, "--help"])
        assert command.help.rstrip(".") in capsys.readouterr().out


def test_an_interrupted_command_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(names: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "verify", interrupted)
    assert main(["verify"]) == 128 + signal.SIGINT
    assert capsys.readouterr().err == "Stopped.\n"


def _run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """The program as a shell starts it, with its output buffered, and told that the terminal knows ASCII only."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"} | {"PYTHONIOENCODING": "ascii"}
    return subprocess.run([*PROGRAM, *arguments], env=env, stderr=subprocess.PIPE, check=False, **options)


@pytest.mark.parametrize("format", ["csv", "text"])
def test_the_module_runs_and_writes_utf8_whatever_the_locale(format: str) -> None:
    found = _run("table", "resnet-18", "--format", format, stdout=subprocess.PIPE)
    assert found.returncode == 0
    assert found.stdout.decode("utf-8") == table(ZOO["resnet-18"], format)


@pytest.mark.parametrize("arguments", [["list"], ["table", "cifar-resnet-110"]])
def test_a_reader_who_leaves_causes_no_traceback(arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    found = _run(*arguments, stdout=writing)
    os.close(writing)
    assert (found.returncode, found.stderr) == (128 + signal.SIGPIPE, b"")


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is full")
@pytest.mark.parametrize("arguments", [["list"], ["table", "cifar-resnet-110"]])
def test_a_full_disk_is_said_in_one_line(arguments: list[str]) -> None:
    with FULL.open("w") as full:
        found = _run(*arguments, stdout=full)
    assert (found.returncode, found.stderr) == (2, b"No space left on device.\n")


def test_any_refusal_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refusing(names: object) -> None:
        raise Refusal("There is no picture there: choose another file.")

    monkeypatch.setattr(cli, "verify", refusing)
    assert main(["verify"]) == 2
    assert capsys.readouterr().err == "There is no picture there: choose another file.\n"


def test_verify_of_a_name_without_a_size_shows_what_was_published_at_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet-200-v2"]) == 0
    out = capsys.readouterr().out
    assert "\nresnet-200-v2,size=320 " in out
    assert main(["verify", "resnet-200-v2,size=320"]) == 0
    assert "\nresnet-200-v2 " not in capsys.readouterr().out
