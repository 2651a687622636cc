"""weights list and weights fetch: what they print, what they refuse, and that a stopped download goes on."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mirror import Mirror, drops_after, gives, good, mirror, refuses, slow
from published_files import ROWS, bytes_of, made, publish, random_state, row_of
from tiny_weights import TINY, write_tiny

from resnet_core import fetching
from resnet_core import weights as shelf
from resnet_core.cli import main
from resnet_core.commands_weights import LINES
from resnet_core.samples import FOLDER

ROOT = Path(__file__).parents[1]
PROGRESS = re.compile(r"resnet18-\w+\.pth: [\d.]+ [kM]?B of [\d.]+ [kM]?B")
CAT = FOLDER / "chelsea.jpg"
STATE = bytes_of(random_state("resnet-18"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is looked into before the cache."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror of resnet-18, whose row is changed to the random tensors that it gives."""
    with mirror(STATE) as one:
        monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS_URL", one.address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(fetching, "PAUSES", (0.01,))
        publish(monkeypatch, {row_of("resnet-18"): made("resnet-18", STATE)})
        yield one


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["weights", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    (sentence,) = [line for line in err.splitlines() if not PROGRESS.fullmatch(line)]
    return sentence


def listed(capsys: pytest.CaptureFixture[str]) -> tuple[list[list[str]], list[list[str]], str]:
    """The rows of what is here and of what can be fetched, and the line between them."""
    assert main(["weights", "list"]) == 0
    here, _, rest = capsys.readouterr().out.partition("\n\n")
    between, *lines = rest.splitlines()
    return [re.split(" {2,}", line) for line in here.splitlines()], [re.split(" {2,}", line) for line in lines], between


def test_list_tells_what_each_network_is_worth_and_what_can_be_fetched(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny(folder)
    (folder / row_of("resnet-50-v1.5").file).write_bytes(b"")
    here, there, between = listed(capsys)
    assert here == [
        ["Network", "Weights", "Accuracy", "Trained on"],
        [str(TINY), "own", "75.0 % ± 2.2 % on test (400 pictures)", "noise"],
        [
            *("resnet-50-v1.5", "IMAGENET1K_V1", "76.1 % ± 0.2 % on ImageNet-1k validation (50,000 pictures)"),
            "ImageNet-1k, 1.28 million pictures of 1,000 classes",
        ],
    ]
    assert between == f"To be had with python -m resnet_core weights fetch NAME, into {folder}:"
    assert there[:2] == [
        ["Name", "Weights", "Accuracy", "Size"],
        ["resnet-18", "IMAGENET1K_V1", "69.758 %", "46.83 MB"],
    ]
    assert len(there) == len(ROWS)  # a heading more, and one that is here less
    assert ["resnet-50-v1.5", "IMAGENET1K_V1", "76.130 %", "102.5 MB"] not in there
    (folder / "broken.json").write_text("{")
    assert main(["weights", "list"]) == 0
    err = capsys.readouterr().err
    assert err.startswith("The weights' card broken.json cannot be used")
    assert err.count("\n") == 1


def test_list_says_where_there_are_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (line,), there, _ = listed(capsys)
    assert line[0].startswith(f"No weights in {folder} nor in ")
    assert len(there) == len(ROWS) + 1


def test_list_loads_no_torch() -> None:
    program = "import sys; from resnet_core.cli import main; main(['weights', 'list']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_what_is_fetched_classifies(server: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / made("resnet-18", STATE).file
    assert main(["weights", "fetch", "resnet-18"]) == 0
    out, err = capsys.readouterr()
    assert out == f"{file}\n"
    lines = err.splitlines()
    assert all(map(PROGRESS.fullmatch, lines))
    assert lines[-1].endswith("46.83 MB of 46.83 MB")
    assert 2 <= len(lines) <= LINES + 1
    assert file.read_bytes() == STATE
    assert main(["weights", "fetch", "resnet-18,size=64", "--weights", "v1"]) == 0
    assert len(server.asked) == 1
    assert main(["classify", str(CAT), "--model", "resnet-18,size=64", "--weights", "V1", "--device", "cpu"]) == 0
    assert "resnet-18,size=64 on CPU" in capsys.readouterr().out
    assert main(["weights", "fetch", "resnet-18", "--to", str(folder / "elsewhere")]) == 0
    assert (folder / "elsewhere" / file.name).read_bytes() == STATE


def test_a_terminal_sees_a_bar(
    server: Mirror, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["weights", "fetch", "resnet-18"]) == 0
    err = capsys.readouterr().err
    assert "46.8M" in err
    assert "B/s]" in err


def test_a_file_where_the_variable_should_name_a_folder_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "resnet-50.txt"
    file.write_text("")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(file))
    sentence = f"RESNET_EXPLORER_WEIGHTS is {file}, which is a file: name the folder that holds the weights.\n"
    assert main(["weights", "list"]) == 0
    assert capsys.readouterr().err == sentence
    assert main(["classify", str(CAT), "--model", "resnet-50"]) == 2
    assert capsys.readouterr().err == sentence


def test_a_damaged_file_is_told_with_the_command_that_replaces_it(
    server: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / made("resnet-18", STATE).file
    file.write_bytes(STATE[:-1])
    classify = ["classify", str(CAT), "--model", "resnet-18", "--device", "cpu"]
    assert main(classify) == 2
    told = re.fullmatch(r".* is damaged: get it again, with python -m resnet_core (.*)\.\n", capsys.readouterr().err)
    assert told
    assert main(told[1].split()) == 0
    assert file.read_bytes() == STATE
    assert main(classify) == 0


def test_all_is_every_network_once_or_every_file_of_a_label(
    server: Mirror, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Small files, under their own checksums."""
    files = {row: made(str(row.spec), row.file.encode(), row.label) for row in ROWS}
    publish(monkeypatch, files)
    by_path = {f"/models/{row.file}": before.file.encode() for before, row in files.items()}
    server.manners = (lambda asked: gives(by_path[asked.path])(asked),)
    for options, number in ([], 20), (["--weights", "IMAGENET1K_V2"], 7), (["--weights", "imagenet1k_v1"], 20):
        assert main(["weights", "fetch", "all", *options]) == 0
        assert len(capsys.readouterr().out.splitlines()) == number
    assert len(server.asked) == len(ROWS)
    names = {Path(path).name for path, _ in server.asked[:20]}
    assert files[row_of("resnet-50-v1.5", "IMAGENET1K_V2")].file in names
    assert files[row_of("resnet-50-v1.5", "IMAGENET1K_V1")].file not in names


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fetch", "resnet-50"], "There are no weights for resnet-50 itself: get those of resnet-50-v1.5"),
        (
            ["fetch", "plain-34"],
            "No weights are published for plain-34: python -m resnet_core weights list names those",
        ),
        (["fetch", "resnot"], "There is no network 'resnot'"),
        (
            ["fetch", "resnet-18", "--weights", "V2"],
            "No weights of resnet-18 are published as 'V2': take IMAGENET1K_V1.",
        ),
        (["fetch", "all", "--weights", "V9"], "No weights are published as 'V9': take IMAGENET1K_V1 or IMAGENET1K_V2."),
        (["fetch", "resnet-18", "--to", "/proc"], "): name another folder with --to."),
    ],
)
def test_what_cannot_be_fetched_is_refused_in_one_line(
    arguments: list[str], sentence: str, server: Mirror, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refused(capsys, *arguments)
    assert server.asked == []


@pytest.mark.parametrize(
    ("manner", "sentence"),
    [
        (refuses(404), "does not give resnet18-"),
        (gives(b"something else"), "sent something else than resnet18-"),
        (drops_after(0), "cannot be reached (the connection ended too early)"),
    ],
    ids=["not found", "another file", "no byte"],
)
def test_a_server_that_goes_wrong_is_told_in_one_line(
    manner: object, sentence: str, server: Mirror, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.manners = (manner,)  # type: ignore[assignment]
    assert sentence in refused(capsys, "fetch", "resnet-18")
    assert not list(folder.glob("*.pth"))


PROGRAM = """
import sys
sys.path.insert(0, "tests")
from published_files import made, row_of, bytes_of, random_state
from resnet_core import published_weights as rows
row = made("resnet-18", bytes_of(random_state("resnet-18")))
rows.published_weights = lambda: (row,)
from resnet_core.cli import main
sys.exit(main(["weights", "fetch", "resnet-18"]))
"""


def test_ctrl_c_leaves_a_sentence_and_the_same_command_goes_on(server: Mirror, folder: Path) -> None:
    server.manners = (slow(0.05, 500_000), good)
    file = folder / made("resnet-18", STATE).file
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ
    ) as running:
        part = file.with_name(f"{file.name}.part")
        while not (part.exists() and part.stat().st_size > 2_000_000):
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    last = re.split(r"[\r\n]+", err.decode().rstrip())[-1].strip()
    assert re.fullmatch(rf"Stopped after [\d.]+ MB of {file.name}: the same command goes on from there\.", last)
    assert b"Traceback" not in err
    kept = part.stat().st_size
    assert [path.name for path in folder.iterdir()] == [part.name]
    assert main(["weights", "fetch", "resnet-18"]) == 0
    assert server.ranges == [None, f"bytes={kept}-"]
    assert file.read_bytes() == STATE
