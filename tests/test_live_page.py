"""The Live page as Streamlit runs it: what it tells its component, what it says without weights, what it measures."""

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pages import opened, ran, words
from streamlit.testing.v1 import AppTest
from tiny_weights import TINY, write_tiny

from app import cached
from app.measuring import FAILED, MOST_KEPT, MOST_WAITING, Measuring
from resnet_core import ArchSpec, Refusal, parse, request_id
from resnet_core import weights as shelf
from resnet_core.benchmark_fps import USUAL, Rate
from resnet_core.live import MOST_IN_FLIGHT

ROOT = Path(__file__).parents[1]
NETS = [parse(f"cifar-resnet-{depth}") for depth in (20, 32, 44)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with weights: those of one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    write_tiny(tmp_path)
    return tmp_path


def a_rate(spec: ArchSpec, fps: float = 40.0) -> Rate:
    return Rate(spec, "a device", 10 / fps, (1e3 / fps,) * 10, 1.0, False)


class Clock:
    """Measures when it may, and remembers of what."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.asked: list[ArchSpec] = []

    def __call__(self, spec: ArchSpec, stopped: Callable[[], bool]) -> Rate:
        self.asked.append(spec)
        while not self.may.wait(0.005) and not stopped():
            pass
        if spec == NETS[1]:
            raise Refusal("This one cannot be measured.")
        if spec == NETS[2]:
            raise RuntimeError("a bug")
        return a_rate(spec, fps=40.0 if spec == TINY else 10.0)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """In place of the real one, for no test asserts a time."""
    clock = Clock()
    measuring = Measuring(clock)
    monkeypatch.setattr(cached, "measuring", lambda: measuring)
    yield clock
    clock.may.set()
    eventually(lambda: not measuring.state().at_work)


def eventually(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def told(app: AppTest) -> dict[str, Any]:
    """What the component is given."""
    (video,) = app.get("bidi_component")
    data = json.loads(video.proto.json)
    assert isinstance(data, dict)
    return data


def test_the_first_view_offers_the_network_that_can_answer() -> None:
    app = opened("live")
    assert "Does it keep up with video, at 20 frames a second?" in words(app)
    assert "There are no weights for resnet-50" in app.text[0].value
    data = told(app)
    assert (data["net"], data["paint"], data["size"], data["target"]) == (str(TINY), "none", [16, 16], 20)
    assert data["most"] == MOST_IN_FLIGHT
    assert data["guesses"] == 5
    assert "its 7 classes" in data["promise"]
    app.button[0].click()
    ran(app)
    assert told(app)["net"] == str(TINY)
    assert not app.text


def test_what_to_paint_is_in_the_link() -> None:
    data = told(opened("live", net=str(TINY), paint="one channel", paint_at="stage 2", paint_channel="5"))
    assert (data["paint"], data["tensor"], data["channel"]) == ("channel", "layer2.0", 5)
    assert data["painted"] == "channel 5 of stage 2 · block 1 (layer2.0)"
    data = told(opened("live", net=str(TINY), paint="Grad-CAM"))
    assert (data["paint"], data["tensor"]) == ("cam", "layer3.0")


@pytest.mark.parametrize(
    "nonsense",
    [
        {"paint": "<b>everything</b>"},
        {"paint": "energy", "paint_at": "stage 9"},
        {"paint": "one channel", "paint_channel": "999"},
        {"paint": "one channel", "paint_channel": "-1"},
        {"paint": "one channel", "paint_at": "", "paint_channel": "frog"},
    ],
)
def test_nonsense_in_the_link_is_passed_over(nonsense: dict[str, str]) -> None:
    data = told(opened("live", net=str(TINY), **nonsense))
    assert data["paint"] in ("none", "energy", "channel")
    assert data["tensor"] == "layer3.0"
    assert 0 <= data["channel"] < 16


def test_a_stage_that_the_next_network_lacks_gives_way() -> None:
    app = opened("live", net=str(TINY), paint="one channel", paint_at="stage 3", paint_channel="15")
    app.get_by_key("paint_at").set_value("stage 1")
    assert told(ran(app))["channel"] < 4


def test_without_any_weights_the_page_says_so_and_still_measures(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(folder / "empty"))
    app = opened("live", net="resnet-18")
    assert not app.get("bidi_component")
    assert "The weights of resnet-18 are published, but not here yet" in words(app)
    assert [button.label for button in app.button if button.label.startswith("Fetch ")]
    assert "not measured yet" in words(app)


def test_the_chosen_network_is_measured_at_once_and_the_rest_on_demand(clock: Clock) -> None:
    app = opened("live", net=str(TINY))
    assert clock.asked == [TINY]
    assert f"measuring {TINY}, 0 more wait" in words(app)
    clock.may.set()
    eventually(lambda: TINY in cached.measuring().state().rates)
    eventually(lambda: not cached.measuring().state().at_work)
    text = words(ran(app))
    assert "<b>40.0</b>" in text
    assert "✓ 20 fps" in text
    app.get_by_key("fps_measure").click()
    ran(app)
    eventually(lambda: not cached.measuring().state().at_work)
    text = words(ran(app))
    assert clock.asked == [TINY, *map(parse, USUAL)]
    assert "✗ 20 fps" in text
    assert "This one cannot be measured." in text
    assert re.search(FAILED.format("[0-9a-f]{16}"), text)
    assert "<b>10.0</b>" in text


def test_a_failure_is_logged_under_the_request_that_asked_and_names_it(caplog: pytest.LogCaptureFixture) -> None:
    def fails(spec: ArchSpec, stopped: Callable[[], bool]) -> Rate:
        raise RuntimeError(request_id.current())

    measuring = Measuring(fails)
    with request_id.under("lecture-7"):
        measuring.ask([NETS[0]])
    eventually(lambda: measuring.state().refused)
    assert measuring.state().refused == {NETS[0]: FAILED.format("lecture-7")}
    assert "RuntimeError('lecture-7')" in caplog.text


def test_measuring_is_stopped_with_a_button(clock: Clock) -> None:
    app = opened("live", net=str(TINY))
    cached.measuring().ask(NETS)
    app.get_by_key("fps_stop").click()
    ran(app)
    eventually(lambda: not cached.measuring().state().at_work)
    assert clock.asked[0] == TINY
    assert not {*NETS} & {*clock.asked}


def test_a_stop_that_comes_late_does_not_stop_the_next_network(clock: Clock) -> None:
    measuring = Measuring(clock)
    measuring.stop()
    measuring.ask([TINY])
    time.sleep(0.1)  # twenty times as long as a stopped one takes to notice
    assert measuring.state().current == TINY
    clock.may.set()
    eventually(lambda: TINY in measuring.state().rates)


def test_what_is_known_is_not_measured_again_unless_asked(clock: Clock) -> None:
    clock.may.set()
    measuring = Measuring(clock)
    for _ in range(3):
        measuring.ask([TINY, TINY])
        eventually(lambda: not measuring.state().at_work)
    assert clock.asked == [TINY]
    measuring.ask([TINY], again=True)
    eventually(lambda: not measuring.state().at_work)
    assert clock.asked == [TINY, TINY]


def links(first: int, number: int) -> list[ArchSpec]:
    """Networks as strangers may link to them, each another one."""
    return [parse(f"cifar-resnet-20,classes={classes}") for classes in range(first, first + number)]


def test_only_so_many_networks_wait_to_be_measured(clock: Clock) -> None:
    measuring = Measuring(clock)
    for spec in links(20, 2 * MOST_WAITING):
        measuring.ask([spec])
    assert measuring.state().waiting == tuple(links(21, MOST_WAITING))
    clock.may.set()
    eventually(lambda: not measuring.state().at_work)
    assert clock.asked == links(20, MOST_WAITING + 1)


def test_of_very_many_measured_networks_the_latest_are_kept(clock: Clock) -> None:
    clock.may.set()
    measuring = Measuring(clock)
    for spec in links(20, MOST_KEPT + 2):
        measuring.ask([spec])
        eventually(lambda: not measuring.state().at_work)
    assert list(measuring.state().rates) == links(22, MOST_KEPT)


def test_a_program_that_ends_in_the_middle_of_a_measurement_ends_cleanly() -> None:
    program = """
from threading import Thread
import torch
from app.measuring import Measuring
from app.shared_engine import engine
from resnet_core import parse
from resnet_core.benchmark_fps import rate
measure = lambda spec, stopped: rate(engine(), spec, frames=10**9, seconds=10**9, stopped=stopped)
nets = [parse("cifar-resnet-20"), parse("cifar-resnet-56")]
script = Thread(target=Measuring(measure).ask, args=(nets,), daemon=True)  # as Streamlit's are
script.start()
script.join()
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, "")
