"""classify, weights and train: what they print, what they refuse, and that a stopped training goes on."""

import io
import json
import re
import signal
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image
from tiny_weights import TINY, write_tiny

from resnet_core import parse
from resnet_core import weights as shelf
from resnet_core.cards import read_card
from resnet_core.cli import main
from resnet_core.engine import Engine
from resnet_core.prediction import predict
from resnet_core.samples import FOLDER
from resnet_core.weights import card_for

CAT = FOLDER / "chelsea.jpg"
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is looked into, with one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine torch's threads wait for each other far longer than these networks take."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err[-2:] in (".\n", "?\n")
    return err[:-1]


def test_classify_prints_the_engines_answer(capsys: pytest.CaptureFixture[str]) -> None:
    expected = predict(Engine("cpu"), CAT.read_bytes(), TINY)
    assert main(["classify", str(CAT), "--model", str(TINY), "--device", "cpu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line, guess in zip(lines, expected.top, strict=False):
        label, percent = re.fullmatch(r"(\w+) +(\d+\.\d) %", line).groups()  # type: ignore[union-attr]
        assert (label, float(percent)) == (guess.label, pytest.approx(100 * guess.probability, abs=0.051))
    assert lines[5] == ""
    shown = re.fullmatch(rf"{TINY} on CPU, 1 thread: decode ([\d.]+) ms, preprocess .+ ms, forward .+ ms", lines[6])
    assert shown
    assert 0.2 < float(shown[1]) < 500  # a JPEG of 451×300 pixels
    assert len(lines) == 7
    assert main(["classify", str(CAT), "--model", f"{TINY.changed(size=(24, 24))}", "--device", "cpu"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("The network was trained on pictures of 16×16 pixels")


def test_classify_as_json_holds_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    expected = predict(Engine("cpu"), CAT.read_bytes(), TINY)
    assert main(["classify", str(CAT), "--model", str(TINY), "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [guess["label"] for guess in found["top"]] == [guess.label for guess in expected.top]
    assert sum(guess["probability"] for guess in found["top"]) < 1
    assert (found["model"], found["device"], found["weights"]) == (str(TINY), "CPU, 1 thread", str(TINY))
    assert min(found["milliseconds"][step] for step in ("decode", "preprocess", "forward")) > 0
    assert found["notes"] == []


def bomb() -> bytes:
    """A PNG that declares 50,000×50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"just text", "This is not a JPEG, PNG, WebP, GIF or BMP picture"),
        (CAT.read_bytes()[:9000], "The picture is damaged or cut off"),
        (bomb(), "The picture is larger than the 25 megapixels"),
        (CAT.read_bytes() + bytes(11_000_000), "The file is larger than the 10 MB"),
    ],
    ids=["empty", "text", "truncated", "bomb", "eleven megabytes"],
)
def test_what_is_no_picture_is_refused_in_one_line(
    data: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "upload.png").write_bytes(data)
    file = tmp_path / "upload.png"
    assert refused(capsys, "classify", file, "--model", str(TINY)).startswith(f"{file}: {sentence}")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["classify", "nothing.png", "--model", str(TINY)], "nothing.png cannot be read (No such file or directory)"),
        (["classify", str(FOLDER), "--model", str(TINY)], "cannot be read (Is a directory): name a picture file."),
        (["classify", "a\0b", "--model", str(TINY)], "cannot be read (embedded null byte)"),
        (["classify", str(CAT), "--model", "resnot"], "There is no network 'resnot'"),
        (["classify", str(CAT), "--model", "plain-34"], f"There are no weights for plain-34: take {TINY}"),
        (["classify", str(CAT), "--model", "resnet-50"], "There are no weights for resnet-50 itself: get those of"),
        (
            ["classify", str(CAT), "--model", "vgg-11"],
            "are published, but not here yet: get them, 531.5 MB, with python",
        ),
        (["classify", str(CAT), "--weights", "V7"], "No weights of cifar-resnet-20 are published as 'V7': take others"),
        (["classify", str(CAT), "--model", str(TINY), "--device", "abacus"], "There is no device 'abacus': choose"),
        (["train", "cifar-resnet-8", "--data", "nowhere"], "nowhere holds neither cifar-10-python.tar.gz nor"),
        (["train", "cifar-resnet-8", "--data", ""], "--data names no folder: give the one with the pictures"),
        (["train", "cifar-resnet-8", "--data", ".", "--epochs", "0"], "--epochs goes from 1"),
        (["train", "cifar-resnet-8", "--data", ".", "--seed", "-1"], "--seed from 0"),
        (["train", "cifar-resnet-9", "--data", "."], "9 layers is not 6n+2"),
        (["train", "cifar-resnet-8", "--data", ".", "--device", "abacus"], "There is no device 'abacus'"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refused(capsys, *arguments)


def test_missing_and_damaged_weights_are_refused_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / f"{TINY}.safetensors"
    for change, sentence in (
        (lambda: file.write_bytes(file.read_bytes()[:-9]), "is damaged or not the one its card describes"),
        (file.unlink, "cannot be read: get it again."),
    ):
        change()
        assert sentence in refused(capsys, "classify", CAT, "--model", str(TINY))


def test_a_refusal_is_one_line_for_a_real_shell_too() -> None:
    command = [sys.executable, "-m", "resnet_core", "classify", "README.md", "--model", "resnet-50"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("There are no weights for resnet-50")
    assert done.stderr.count("\n") == 1


# --- train

NET = str(parse("cifar-resnet-8,width=4"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of parquet files with a few pictures of noise."""
    folder = tmp_path_factory.mktemp("data")
    chance = np.random.default_rng(0)
    for name, number in (("train_jpeg", 250), ("train_lossless", 30), ("test_lossless", 20), ("test_jpeg", 10)):
        cells = []
        for _ in range(number):
            file = io.BytesIO()
            Image.fromarray(chance.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(file, "PNG")
            cells.append(file.getvalue())
        labels = [n % 10 for n in range(number)]
        pq.write_table(pa.table({"image": cells, "label": labels}), folder / f"{name}.parquet")
    return folder


def test_train_writes_weights_that_classify(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    command = ["train", NET, "--data", str(data), "--epochs", "2", "--out", str(out), "--device", "cpu"]
    assert main(command) == 0
    said, bar = capsys.readouterr()
    first, second, last = said.splitlines()
    assert re.fullmatch(r"Epoch 2 of 2: loss \d\.\d+, wrong .+ % on test_lossless, .+ % on test_jpeg; \d+ s", second)
    assert first.startswith("Epoch 1 of 2")
    assert last.startswith(f"{out / NET}.safetensors: ")
    assert re.search(r"6/6 \[\d+:\d+<\d+:\d+", bar)  # steps, and time left
    card = read_card(out / f"{NET}.json")
    assert [(row.test_set, row.images) for row in card.accuracy] == [("test_lossless", 20), ("test_jpeg", 10)]
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(out))
    assert card_for(parse(NET)) == card
    assert main(["classify", str(CAT), "--model", NET, "--device", "cpu"]) == 0
    capsys.readouterr()

    written = {path.name: path.stat().st_mtime_ns for path in out.iterdir() if path.suffix == ".pt"}
    for path in (out / f"{NET}.json", out / f"{NET}.safetensors"):
        path.unlink()
    assert main(command) == 0  # finished already: evaluates and writes
    said, bar = capsys.readouterr()
    assert said.splitlines() == [last]
    assert "6/6" in bar
    assert read_card(out / f"{NET}.json") == card
    assert written == {path.name: path.stat().st_mtime_ns for path in out.iterdir() if path.suffix == ".pt"}


def test_ctrl_c_leaves_a_sentence_and_the_same_command_goes_on(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "resnet_core", "train", NET, "--data", str(data), "--device", "cpu"]
    command += ["--out", str(tmp_path), "--epochs", "400"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("Epoch 1 of 400")
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    done = re.search(r"Stopped after (\d+) of 400 epochs: the same command goes on from there\.\n$", err)
    assert done
    assert "Traceback" not in err
    log = json.loads((tmp_path / shelf.RUN_LOG).read_text())
    assert len(log["epochs"]) == int(done[1])
