"""Frames a second: what is counted, for whom, and when counting ends. No test asserts a time of this machine."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_weights import TINY, write_tiny

from resnet_core import build, parse
from resnet_core import weights as shelf
from resnet_core.benchmark_fps import USUAL, FpsError, Rate, camera_frame, random_card, rate, specs
from resnet_core.cli import main
from resnet_core.engine import Engine
from resnet_core.loading import read_weights
from resnet_core.pictures import decode

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    return tmp_path


def counted(seconds: float, frames: tuple[float, ...]) -> Rate:
    return Rate(TINY, "a device", seconds, frames, 1.0, True)


def test_the_numbers_are_those_of_the_frames() -> None:
    found = counted(4.0, tuple(float(number) for number in range(100, 0, -1)))
    assert (found.fps, found.median, found.p95) == (25.0, 50.5, 95.0)
    assert found.keeps_up
    assert counted(2.0, (5.0,)).p95 == 5.0


@pytest.mark.parametrize(("seconds", "keeps_up"), [(1.0, True), (1.002, True), (1.02, False)])
def test_twenty_frames_a_second_are_judged_as_they_are_printed(seconds: float, keeps_up: bool) -> None:
    assert counted(seconds, (1.0,) * 20).keeps_up == keeps_up


def test_so_many_frames_are_looked_at_as_were_asked_for() -> None:
    found = rate(Engine("cpu"), TINY, frames=7, seconds=60)
    assert len(found.frames) == 7
    assert found.trained
    assert sum(found.frames) / 1e3 <= found.seconds


def test_measuring_ends_with_its_time_or_when_it_is_stopped() -> None:
    engine = Engine("cpu")
    assert len(rate(engine, TINY, frames=10**9, seconds=0.01).frames) < 10**6
    assert len(rate(engine, TINY, frames=10**9, seconds=10**9, stopped=lambda: True).frames) == 1


def test_a_network_without_weights_is_measured_with_random_ones_that_are_gone_afterwards(folder: Path) -> None:
    found = rate(Engine("cpu"), parse("cifar-resnet-8,width=4,size=16,classes=9"), frames=3)
    assert not found.trained
    assert {path.suffix for path in folder.iterdir()} == {".json", ".safetensors"}
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("name", ["cifar-resnet-110", "cifar-plain-56", "cifar-resnet-110-v2"])
def test_random_weights_of_deep_networks_stay_in_the_range_of_numbers(tmp_path: Path, name: str) -> None:
    spec = parse(f"{name},size=16")
    before = torch.get_rng_state()
    card = random_card(spec, tmp_path / "random")
    assert torch.equal(torch.get_rng_state(), before)
    network = build(spec)
    network.load_state_dict(read_weights(card))
    with torch.inference_mode():
        logits = network.eval()(torch.randn(4, 3, 16, 16))
    assert logits.isfinite().all()
    assert 1e-3 < logits.std() < 1e3
    assert random_card(spec, tmp_path / "again").sha256 == card.sha256


def test_the_frame_is_one_of_a_camera() -> None:
    picture = decode(camera_frame())
    assert (picture.size, picture.format) == ((640, 480), "JPEG")
    assert np.asarray(picture.image).std() > 20


def test_the_usual_networks_are_of_several_depths_at_several_sizes() -> None:
    usual = specs()
    assert [str(spec) for spec in usual] == list(USUAL)
    assert {spec.size for spec in usual} == {(32, 32), (64, 64), (128, 128), (224, 224)}
    assert [spec.size for spec in specs(["resnet-18"], "64")] == [(64, 64)]


@pytest.mark.parametrize(
    ("options", "said"), [({"frames": 0}, "at least one frame"), ({"seconds": float("nan")}, "at least one frame")]
)
def test_no_time_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(FpsError, match=said):
        rate(Engine("cpu"), TINY, **options)


def test_a_network_of_grey_pictures_is_refused() -> None:
    with pytest.raises(FpsError, match="no colour pictures"):
        rate(Engine("cpu"), parse("lenet-5"))


def test_the_command_prints_a_row_for_each_network_and_says_which_were_random(
    capsys: pytest.CaptureFixture[str],
) -> None:
    untrained = TINY.changed(classes=9)
    assert main(["bench", "fps", str(TINY), str(untrained), "--frames", "3", "--device", "cpu"]) == 0
    printed, told = capsys.readouterr()
    head, first, second, *_ = printed.splitlines()
    assert head.split()[:2] == ["Network", "Input"]
    assert [line.split()[:2] for line in (first, second)] == [[str(TINY), "16×16"], [str(untrained), "16×16"]]
    assert {line.split()[-1] for line in (first, second)} <= {"yes", "no"}
    assert "random weights" in printed
    assert told.count("frames a second") == 2
    assert main(["bench", "fps", str(TINY), "--frames", "3", "--device", "cpu", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["network"], row["frames"], row["size"], row["trained"]) == (str(TINY), 3, [16, 16], True)
    assert row["fps"] > 0
    assert row["p95_ms"] >= row["median_ms"] > 0


@pytest.mark.parametrize("arguments", [["no-such-net"], ["--frames", "0"], ["--seconds", "-1"], ["--device", "abacus"]])
def test_the_command_refuses_in_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(["bench", "fps", *arguments]) == 2
    printed, told = capsys.readouterr()
    assert printed == ""
    assert len(told.splitlines()) == 1
