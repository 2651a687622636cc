"""Downloads behind the pages: shared by whoever asks, stopped when nobody waits, and shown on Run until they answer."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from mirror import Mirror, drops_after, good, mirror, refuses, slow, stalls_after
from pages import opened, ran, words
from published_files import ROWS, bytes_of, made, publish, random_state, row_of
from streamlit.testing.v1 import AppTest
from tiny_weights import TINY, write_tiny

from app import cached
from app.fetches import AT_ONCE, Fetches
from resnet_core import downloading, fetching
from resnet_core import weights as shelf
from resnet_core.fetching import FetchError, Progress, Tell
from resnet_core.published_weights import WHY_ONLY_AS_V1_5, PublishedWeights
from resnet_core.samples import samples

ROOT = Path(__file__).parents[1]
ROW = ROWS[0]
STATE = bytes_of(random_state("resnet-18"))


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Slow:
    """A download that goes on, telling how far it is, until it is let end."""

    def __init__(self, error: Exception | None = None) -> None:
        self.begun: list[PublishedWeights] = []
        self.stopped = 0
        self.may_end = Event()
        self.error = error

    def __call__(self, weights: PublishedWeights, folder: Path | None, tell: Tell) -> Path:
        self.begun.append(weights)
        done = 0
        while not self.may_end.wait(0.001):
            done += 1
            try:
                tell(Progress(done, 1_000_000))
            except FetchError:
                self.stopped += 1
                raise
        if self.error:
            raise self.error
        return Path(weights.file)


@pytest.fixture
def download() -> Iterator[Slow]:
    one = Slow()
    yield one
    one.may_end.set()


def test_visitors_who_want_the_same_file_share_one_download(download: Slow) -> None:
    fetches = Fetches(download)
    assert fetches.state(ROW) is None
    fetches.want(ROW, "ann")
    fetches.want(ROW, "bob")
    fetches.want(ROW, "bob")
    eventually(lambda: fetches.state(ROW).progress.done > 3)  # type: ignore[union-attr]
    assert download.begun == [ROW]
    assert [fetches.wants(ROW, who) for who in ("ann", "bob", "cid")] == [True, True, False]
    download.may_end.set()
    eventually(lambda: not fetches.state(ROW).running)  # type: ignore[union-attr]
    assert fetches.state(ROW).refusal == ""  # type: ignore[union-attr]


def test_it_stops_when_the_last_who_wanted_it_leaves_and_can_be_wanted_again(download: Slow) -> None:
    fetches = Fetches(download)
    fetches.want(ROW, "ann")
    fetches.want(ROW, "bob")
    fetches.leave(ROW, "ann")
    fetches.leave(ROW, "cid")
    assert fetches.state(ROW)
    time.sleep(0.05)
    assert download.stopped == 0
    fetches.leave(ROW, "bob")
    assert fetches.state(ROW) is None
    eventually(lambda: download.stopped == 1)
    fetches.want(ROW, "ann")
    eventually(lambda: download.begun == [ROW, ROW])
    assert fetches.state(ROW)


def test_a_file_that_nobody_wants_any_more_when_its_turn_comes_is_not_fetched(download: Slow) -> None:
    fetches = Fetches(download)
    for row in ROWS[: AT_ONCE + 1]:
        fetches.want(row, "ann")
    eventually(lambda: len(download.begun) == AT_ONCE)
    fetches.leave(ROWS[AT_ONCE], "ann")
    download.may_end.set()
    eventually(lambda: not any(fetches.state(row).running for row in ROWS[:AT_ONCE]))  # type: ignore[union-attr]
    time.sleep(0.05)
    assert download.begun == list(ROWS[:AT_ONCE])


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FetchError("There is no room: make some."), "There is no room: make some."),
        (OSError("x"), "The download failed: try again."),
    ],
)
def test_why_there_is_no_file_is_told_until_it_is_wanted_again(error: Exception, sentence: str) -> None:
    download = Slow(error)
    download.may_end.set()
    fetches = Fetches(download)
    fetches.want(ROW, "ann")
    eventually(lambda: not fetches.state(ROW).running)  # type: ignore[union-attr]
    assert fetches.state(ROW).refusal == sentence  # type: ignore[union-attr]
    download.error = None
    fetches.want(ROW, "ann")
    eventually(lambda: not fetches.state(ROW).running)  # type: ignore[union-attr]
    assert fetches.state(ROW).refusal == ""  # type: ignore[union-attr]


# --- on the page


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with weights: those of one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    write_tiny(tmp_path)
    return tmp_path


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A mirror of resnet-18 with random tensors."""
    with mirror(STATE) as one:
        monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS_URL", one.address)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setattr(fetching, "PAUSES", (0.01,))
        monkeypatch.setattr(downloading, "STALLS_AFTER", 0.3)
        cached.fetches.clear()
        publish(monkeypatch, {row_of("resnet-18"): made("resnet-18", STATE)})
        yield one


def test_a_program_that_ends_in_the_middle_of_downloads_does_not_wait_for_them(server: Mirror, folder: Path) -> None:
    server.manners = (stalls_after(1000),)
    program = """
import time
from threading import Thread
from app.fetches import Fetches
from resnet_core.fetching import fetch, fetch_folder
from resnet_core.published_weights import published_weights
fetches, rows = Fetches(fetch), published_weights()[:4]
script = Thread(target=lambda: [fetches.want(row, "ann") for row in rows], daemon=True)  # as Streamlit's are
script.start()
script.join()
while not list(fetch_folder().glob("*.part")):
    time.sleep(0.01)
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=15)
    assert (ended.returncode, ended.stderr) == (0, "")


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button if button.label.startswith(("Fetch ", "Stop"))]


def click(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return ran(app)


def offered_button(app: AppTest) -> str:
    (label,) = labels(app)
    assert re.fullmatch(r"Fetch weights right on 69\.758 %, 46\.8\d MB", label)
    return label


def test_run_fetches_on_demand_shows_how_far_it_is_and_then_answers(server: Mirror, folder: Path) -> None:
    server.manners = (slow(0.01, 500_000),)
    app = opened("run", net="resnet-18")
    assert "There are no weights for resnet-18 here." in app.text[0].value
    click(app, offered_button(app))
    assert labels(app) == ["Stop"]
    (bar,) = app.get("progress")
    assert re.fullmatch(r"resnet18-\w{8}\.pth: [\d.]+ [kM]?B of 46\.8\d MB", bar.proto.text)
    eventually(lambda: list(folder.glob("resnet18-*.pth")))
    eventually(lambda: not cached.fetches().state(made("resnet-18", STATE)).running)  # type: ignore[union-attr]
    ran(app)
    assert not app.get("progress")
    assert labels(app) == []
    assert "The weights: resnet18-" in words(app)
    assert "Right on 69.8 % ± 0.2 % of 50,000 pictures of ImageNet-1k validation" in words(app)


def test_another_visitor_sees_it_and_can_join_and_stop_takes_only_oneself_out(server: Mirror, folder: Path) -> None:
    server.manners = (stalls_after(1000), slow(0.2, 500_000))
    ann, bob = opened("run", net="resnet-18"), opened("run", net="resnet-18")
    label = offered_button(ann)
    click(ann, label)
    ran(bob)
    assert labels(bob) == [label]
    assert bob.get("progress")
    click(bob, label)
    assert labels(bob) == ["Stop"]
    click(ann, "Stop")
    assert labels(ann) == [label]
    assert ann.get("progress")
    click(bob, "Stop")
    assert labels(bob) == [label]
    assert not bob.get("progress")
    assert not list(folder.glob("*.pth"))


@pytest.mark.parametrize(("manner", "why"), [(refuses(404), "(404 Not Found)"), (drops_after(0), "cannot be reached")])
def test_why_it_failed_stands_on_the_page_and_it_can_be_tried_again(
    server: Mirror, folder: Path, manner: object, why: str
) -> None:
    server.manners = (manner,)  # type: ignore[assignment]
    app = opened("run", net="resnet-18")
    label = offered_button(app)
    click(app, label)
    eventually(lambda: not cached.fetches().state(made("resnet-18", STATE)).running)  # type: ignore[union-attr]
    ran(app)
    assert f'role="alert">127.0.0.1:{server.server.server_address[1]} ' in words(app)
    assert why in words(app)
    server.manners = (good,)
    click(app, label)
    eventually(lambda: not cached.fetches().state(made("resnet-18", STATE)).running)  # type: ignore[union-attr]
    assert "The weights: resnet18-" in words(ran(app))


def test_in_place_of_a_damaged_file_it_is_fetched_again_and_answers(server: Mirror, folder: Path) -> None:
    cached.engine().execution.forget()  # another test's, whose file was whole
    (folder / made("resnet-18", STATE).file).write_bytes(STATE[:-1])
    app = opened("run", net="resnet-18")
    assert ".pth is damaged: get it again, with python -m resnet_core weights fetch resnet-18." in words(app)
    click(app, offered_button(app))
    eventually(lambda: not cached.fetches().state(made("resnet-18", STATE)).running)  # type: ignore[union-attr]
    assert "The weights: resnet18-" in words(ran(app))
    assert labels(app) == []


def test_a_damaged_file_that_nobody_publishes_is_not_offered(server: Mirror, folder: Path) -> None:
    write_tiny(folder, seed=3).file.write_bytes(b"")
    app = opened("run", net=str(TINY))
    assert "is damaged or not the one its card describes: get both again." in words(app)
    assert labels(app) == []


def test_both_weights_of_a_network_are_offered_the_most_accurate_first(server: Mirror) -> None:
    assert labels(opened("run", net="resnet-50-v1.5")) == [
        "Fetch IMAGENET1K_V2, right on 80.858 %, 102.5 MB",
        "Fetch IMAGENET1K_V1, right on 76.130 %, 102.5 MB",
    ]


def test_v1_is_offered_the_weights_of_v1_5_with_the_reason(server: Mirror) -> None:
    app = opened("run", net="resnet-50")
    assert "There are no weights for resnet-50 here." in app.text[0].value
    assert f"torchvision publishes weights of resnet-50-v1.5. {WHY_ONLY_AS_V1_5}" in words(app)
    assert labels(app)[0] == "Fetch IMAGENET1K_V2, right on 80.858 %, 102.5 MB"


def test_where_v1_5_is_here_it_answers_and_what_v1_would_lose_is_counted(
    server: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytes_of(random_state("resnet-50-v1.5"))
    row = made("resnet-50-v1.5", data)
    publish(monkeypatch, {row_of("resnet-50-v1.5"): row})
    (folder / row.file).write_bytes(data)
    app = opened("run", net="resnet-50")
    assert "There are no weights for resnet-50 here. Until then resnet-50-v1.5 answers below." in app.text[0].value
    assert f"torchvision publishes weights of resnet-50-v1.5. {WHY_ONLY_AS_V1_5}" in words(app)
    assert "names the same class" not in words(app)
    app.toggle[0].set_value(True)
    ran(app)
    assert re.search(
        rf"resnet-50 names the same class as resnet-50-v1\.5 does in \d+ of {len(samples())} pictures",
        words(app),
    )
    assert "Take resnet-50-v1.5" in [button.label for button in app.button]
    assert labels(app) == []


@pytest.mark.parametrize("net", [str(TINY), "plain-34", "resnet-18,classes=10"])
def test_where_nothing_is_published_nothing_is_offered(server: Mirror, net: str) -> None:
    assert labels(opened("run", net=net)) == []
