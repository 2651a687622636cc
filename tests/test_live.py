"""One viewer of live video: what is answered, what is dropped, what is refused, and what is given up."""

import asyncio
import io
import json
import threading
from base64 import b64decode
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_weights import CLASSES, TINY, write_tiny

from app.live import MOST_OF_ONE, LiveVideo
from resnet_core import analyse
from resnet_core import weights as shelf
from resnet_core.backend import Answer, BusyError, LeftError, Request, Ticket
from resnet_core.engine import Engine
from resnet_core.frames import MOST_BYTES, decode_frame
from resnet_core.live import FAILED, MOST_IN_FLIGHT, TOO_MANY, Viewer
from resnet_core.live_protocol import Answered, Dropped, Ready, Refused, document
from resnet_core.painting import Layer, layers
from resnet_core.pictures import Picture
from resnet_core.preprocessing import Preprocessing

LAST = "layer3.0"
MAPS = np.arange(16 * 4 * 4, dtype=np.float32).reshape(16, 4, 4)


class FakeTicket:
    """Done when the test says so."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.left = False
        self.answer: Answer | Exception | None = None
        self.listeners: list[Callable[[Ticket], object]] = []

    def place(self) -> int:
        return 0

    def leave(self) -> bool:
        self.left = True
        self.finish(LeftError("left"))
        return True

    def done(self) -> bool:
        return self.answer is not None

    def result(self, timeout: float | None = None) -> Answer:
        assert self.answer is not None
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def when_done(self, tell: Callable[[Ticket], object]) -> None:
        self.listeners.append(tell)

    def finish(self, answer: Answer | Exception | None = None) -> None:
        if self.answer is None:
            logits = np.arange(len(CLASSES), dtype=np.float32)
            names = (*self.request.taps, *self.request.cams)
            self.answer = answer or Answer(
                logits, 2.0, "fake", taps=dict.fromkeys(names, MAPS), cams=dict.fromkeys(names, MAPS[1])
            )
            for tell in self.listeners:
                tell(self)


class FakeBackend:
    """Holds every request until the test finishes it."""

    device_name = "fake"

    def __init__(self) -> None:
        self.tickets: list[FakeTicket] = []
        self.full = False

    def submit(self, request: Request) -> FakeTicket:
        if self.full:
            raise BusyError("The queue is full.")
        self.tickets.append(FakeTicket(request))
        return self.tickets[-1]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    return tmp_path


@pytest.fixture
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


Play = Callable[[Callable[[Viewer], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def play(backend: FakeBackend, pool: ThreadPoolExecutor) -> Play:
    """Runs a scene with a viewer that has chosen the tiny network."""

    def run(scene: Callable[[Viewer], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            viewer = Viewer(lambda: backend, pool)
            assert await viewer.reply(settings()) == Ready(0, str(TINY), "fake", len(CLASSES))
            await asyncio.wait_for(scene(viewer), 30)

        asyncio.run(whole())

    return run


def settings(**changes: object) -> str:
    return json.dumps({"net": str(TINY), **changes})


def jpeg(width: int = 64, height: int = 48, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


def frame(number: int, data: bytes | None = None) -> bytes:
    return number.to_bytes(4, "big") + (jpeg() if data is None else data)


async def submitted(backend: FakeBackend, count: int) -> None:
    while len(backend.tickets) < count:
        await asyncio.sleep(0.001)


async def answered(backend: FakeBackend, viewer: Viewer, message: bytes) -> Any:
    """The reply to a frame whose request is finished as soon as it comes."""
    before = len(backend.tickets)
    task = asyncio.create_task(viewer.reply(message))
    await submitted(backend, before + 1)
    backend.tickets[-1].finish()
    return await task


def test_a_frame_is_answered_with_the_five_likeliest_classes_and_where_the_time_went(
    play: Play, backend: FakeBackend
) -> None:
    async def scene(viewer: Viewer) -> None:
        reply = await answered(backend, viewer, frame(7))
        assert isinstance(reply, Answered)
        assert (reply.frame, reply.map) == (7, None)
        assert [guess.label for guess in reply.top] == list(CLASSES[:1:-1])
        assert backend.tickets[0].request.array.shape == (3, *TINY.size)
        spent = reply.milliseconds
        assert spent.forward == 2.0
        assert spent.total >= spent.decode + spent.preprocess + spent.wait
        assert reply.seen == pytest.approx((1 / 8, 0, 3 / 4, 1))

    play(scene)


def test_the_third_frame_is_dropped_and_room_is_made_by_an_answer(play: Play, backend: FakeBackend) -> None:
    async def scene(viewer: Viewer) -> None:
        flying = [asyncio.create_task(viewer.reply(frame(number))) for number in range(MOST_IN_FLIGHT)]
        await submitted(backend, MOST_IN_FLIGHT)
        for number in range(2, 100):
            assert await viewer.reply(frame(number)) == Dropped(number, TOO_MANY)
        assert len(backend.tickets) == MOST_IN_FLIGHT
        backend.tickets[1].finish()  # whichever of the two it belongs to
        (first,), (second,) = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
        assert (await answered(backend, viewer, frame(100))).frame == 100
        backend.tickets[0].finish()
        assert {(await first).frame, (await second).frame} == {0, 1}

    play(scene)


def test_a_full_queue_drops_the_frame_and_says_so(play: Play, backend: FakeBackend) -> None:
    async def scene(viewer: Viewer) -> None:
        backend.full = True
        assert await viewer.reply(frame(1)) == Dropped(1, "The queue is full.")
        backend.full = False
        assert isinstance(await answered(backend, viewer, frame(2)), Answered)

    play(scene)


def test_who_goes_gives_up_the_places_of_both_frames(play: Play, backend: FakeBackend) -> None:
    async def scene(viewer: Viewer) -> None:
        flying = [asyncio.create_task(viewer.reply(frame(number))) for number in range(2)]
        await submitted(backend, 2)
        for task in flying:
            task.cancel()
        await asyncio.wait(flying)
        assert all(task.cancelled() for task in flying)
        assert [ticket.left for ticket in backend.tickets] == [True, True]
        assert isinstance(await answered(backend, viewer, frame(3)), Answered)

    play(scene)


def test_one_person_with_many_windows_does_not_hold_up_another(backend: FakeBackend, pool: ThreadPoolExecutor) -> None:
    """Each of the frames would take a decoder for long; one that is being decoded takes its place until it is, even if
    its window has been closed."""
    slow: list[bytes] = []
    may = threading.Event()

    def decode(data: bytes, preprocessing: Preprocessing) -> Picture:
        slow.append(data)
        may.wait(30)
        return decode_frame(data, preprocessing)

    async def whole() -> None:
        video = LiveVideo()
        windows = [Viewer(lambda: backend, pool, decode, video.share("mallory")) for _ in range(MOST_OF_ONE)]
        alice = Viewer(lambda: backend, pool, decode_frame, video.share("alice"))
        for viewer in (*windows, alice):
            assert isinstance(await viewer.reply(settings()), Ready)
        flying = [asyncio.create_task(window.reply(frame(number))) for window in windows for number in range(2)]
        for round_ in range(2):
            while not slow:
                await asyncio.sleep(0.001)
            assert (await answered(backend, alice, frame(round_))).frame == round_
            assert len(slow) == 1
            flying[0].cancel()
            await asyncio.sleep(0)
        may.set()
        for task in flying[1:]:
            task.cancel()
        await asyncio.wait(flying)

    asyncio.run(asyncio.wait_for(whole(), 60))


def test_a_failing_network_costs_one_frame_and_not_the_viewer(play: Play, backend: FakeBackend) -> None:
    async def scene(viewer: Viewer) -> None:
        task = asyncio.create_task(viewer.reply(frame(1)))
        await submitted(backend, 1)
        backend.tickets[0].finish(RuntimeError("a kernel failed"))
        assert await task == Refused(1, FAILED)
        task = asyncio.create_task(viewer.reply(frame(2)))
        await submitted(backend, 2)
        backend.tickets[1].finish(Answer(np.full(len(CLASSES), np.nan, np.float32), 1.0, "fake"))
        assert "is no number" in (await task).said
        assert isinstance(await answered(backend, viewer, frame(3)), Answered)

    play(scene)


CUT_OFF = jpeg()[:-100]


@pytest.mark.parametrize(
    ("message", "number", "said"),
    [
        (b"", None, "too short"),
        (b"\0\0\0\1", None, "too short"),
        (frame(5, b"not a picture"), 5, "not a JPEG"),
        (frame(5, CUT_OFF), 5, "damaged"),
        (frame(5, jpeg(kind="PNG")), 5, "must be a JPEG"),
        (frame(5, jpeg(3840, 2160)), 5, "3,840 × 2,160"),
        (frame(5, jpeg() + bytes(MOST_BYTES)), 5, "larger than the 2 MB"),
    ],
    ids=["nothing", "no picture", "text", "cut off", "PNG", "4K", "2 MB"],
)
def test_what_is_no_frame_is_refused_in_a_sentence_and_the_next_one_answered(
    play: Play, backend: FakeBackend, message: bytes, number: int | None, said: str
) -> None:
    async def scene(viewer: Viewer) -> None:
        reply = await viewer.reply(message)
        assert isinstance(reply, Refused)
        assert reply.frame == number
        assert said in reply.said
        assert isinstance(await answered(backend, viewer, frame(6)), Answered)

    play(scene)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 1_500, "no JSON"),
        (" " * 3_000, "longer than"),
        ("[]", "name no net"),
        ('{"net": 5}', "name no net"),
        (settings(net="no-such-net"), "no-such-net"),
        (settings(net="resnet-50"), "There are no weights for resnet-50"),
        (settings(paint="everything"), "can be painted"),
        (settings(paint=["cam"]), "can be painted"),
        (settings(paint="cam"), "no tensor"),
        (settings(paint="cam", tensor="layer9.9"), "'layer9.9'"),
        (settings(paint="cam", tensor="fc"), "features, not maps"),
        (settings(paint="channel", tensor=LAST, channel=16), "channels 0 to 15"),
        (settings(paint="channel", tensor=LAST, channel=-1), "whole number"),
        (settings(paint="channel", tensor=LAST, channel=1.5), "whole number"),
        (settings(settings=True), "whole number"),
    ],
)
def test_settings_that_cannot_be_are_refused_and_the_old_ones_stay(
    play: Play, backend: FakeBackend, text: str, said: str
) -> None:
    async def scene(viewer: Viewer) -> None:
        reply = await viewer.reply(text)
        assert isinstance(reply, Refused)
        assert reply.frame is None
        assert said in reply.said
        assert isinstance(await answered(backend, viewer, frame(1)), Answered)

    play(scene)


def test_a_frame_before_any_settings_is_refused(backend: FakeBackend, pool: ThreadPoolExecutor) -> None:
    async def scene() -> None:
        reply = await Viewer(lambda: backend, pool).reply(frame(1))
        assert isinstance(reply, Refused)
        assert "settings" in reply.said

    asyncio.run(scene())


def test_of_two_settings_the_later_ones_stay(play: Play, backend: FakeBackend) -> None:
    async def scene(viewer: Viewer) -> None:
        await asyncio.gather(*(viewer.reply(settings(settings=number)) for number in range(1, 9)))
        assert (await answered(backend, viewer, frame(1))).settings == 8

    play(scene)


@pytest.mark.parametrize(
    ("paint", "low", "high", "values"),
    [
        ("energy", *(float(np.sqrt((MAPS**2).mean(0)).min()), float(np.sqrt((MAPS**2).mean(0)).max())), None),
        ("channel", 32.0, 47.0, np.rint(np.arange(16) * 17)),
        ("cam", 0.0, 31.0, np.rint(np.arange(16, 32) / 31 * 255)),
    ],
)
def test_the_painted_map_is_the_one_that_was_asked_for(
    play: Play, backend: FakeBackend, paint: str, low: float, high: float, values: "np.ndarray[Any, Any] | None"
) -> None:
    async def scene(viewer: Viewer) -> None:
        await viewer.reply(settings(paint=paint, tensor=LAST, channel=2, settings=4))
        reply = await answered(backend, viewer, frame(1))
        request = backend.tickets[-1].request
        assert (request.taps, request.cams) == (((), (LAST,)) if paint == "cam" else ((LAST,), ()))
        told = json.loads(json.dumps(document(reply), allow_nan=False))
        assert (told["kind"], told["settings"], told["frame"]) == ("answer", 4, 1)
        painted = told["map"]
        assert (painted["height"], painted["width"]) == (4, 4)
        assert (painted["low"], painted["high"]) == pytest.approx((low, high))
        shown = np.frombuffer(b64decode(painted["values"]), np.uint8)
        assert (shown.min(), shown.max()) == (0 if paint != "cam" else round(16 / 31 * 255), 255)
        if values is not None:
            assert shown == pytest.approx(values)

    play(scene)


def test_the_engine_itself_answers_and_paints(pool: ThreadPoolExecutor) -> None:
    engine = Engine("cpu")

    async def scene() -> None:
        viewer = Viewer(lambda: engine, pool)
        for paint in ("none", "cam", "energy", "channel"):
            assert isinstance(await viewer.reply(settings(paint=paint, tensor=LAST)), Ready)
            reply = await viewer.reply(frame(1))
            assert isinstance(reply, Answered)
            assert (reply.map is None) == (paint == "none")
            assert sum(guess.probability for guess in reply.top) <= 1 + 1e-9

    asyncio.run(scene())


def test_every_stage_of_maps_can_be_painted_at_its_end() -> None:
    assert layers(analyse(TINY)) == {
        "conv1": Layer("relu", (4, 16, 16)),
        "stage 1": Layer("layer1.0", (4, 16, 16)),
        "stage 2": Layer("layer2.0", (8, 8, 8)),
        "stage 3": Layer(LAST, (16, 4, 4)),
    }
    assert [*layers(analyse(replace(TINY, size=(8, 8))))][-1] == "stage 3"
