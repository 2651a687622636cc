"""The route /api/live of the real server: who may connect, what floods and garbage do, what is left behind."""

import io
import json
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from PIL import Image
from served import served
from tiny_weights import CLASSES, TINY, write_tiny
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from app.live import ENOUGH, FULL, MOST_OF_ONE, MOST_OF_STRANGERS, MOST_VIEWERS, TRY_LATER
from app.visitors import COOKIE

PATIENCE = 60


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    weights = tmp_path_factory.mktemp("weights")
    write_tiny(weights)
    with served(
        tmp_path_factory.mktemp("server"),
        environment={"RESNET_EXPLORER_WEIGHTS": str(weights), "OMP_NUM_THREADS": "1"},
    ) as address:
        yield address


def opened(address: str, **headers: str) -> Any:
    named = {"Origin": address, **headers}
    return connect(
        address.replace("http", "ws", 1) + "/api/live",
        additional_headers={name: value for name, value in named.items() if value},
        max_size=None,
        open_timeout=PATIENCE,
        proxy=None,
    )


def told(viewer: ClientConnection) -> dict[str, Any]:
    message = json.loads(viewer.recv(timeout=PATIENCE))
    assert isinstance(message, dict)
    return message


def ready(viewer: ClientConnection, **settings: object) -> None:
    viewer.send(json.dumps({"net": str(TINY), **settings}))
    assert told(viewer)["kind"] == "ready"


def frame(number: int, width: int = 128, height: int = 96) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "JPEG")
    return number.to_bytes(4, "big") + buffer.getvalue()


def is_answered(viewer: ClientConnection, number: int) -> bool:
    viewer.send(frame(number))
    return told(viewer)["kind"] == "answer"


def test_a_frame_gets_five_classes_and_a_painted_map(address: str) -> None:
    with opened(address) as viewer:
        ready(viewer, paint="cam", tensor="layer3.0")
        viewer.send(frame(1))
        answer = told(viewer)
        assert (answer["kind"], answer["frame"]) == ("answer", 1)
        assert len(answer["top"]) == 5
        assert {label for label, _ in answer["top"]} < set(CLASSES)
        assert (answer["map"]["height"], answer["map"]["width"]) == (4, 4)


@pytest.mark.parametrize(
    "origin", ["", "null", "http://example.org", "https://127.0.0.1", "http://127.0.0.1:1", "frog", "http://["]
)
def test_pages_of_others_and_programs_without_an_origin_are_refused(address: str, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, opened(address, Origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_a_page_of_the_host_that_was_asked_for_is_let_in(address: str) -> None:
    with opened(address.replace("127.0.0.1", "localhost")) as viewer:
        ready(viewer)


@pytest.mark.parametrize(
    "message", [b"", b"\0\0\0\1garbage", b"\xff" * 100, bytes(3 * 2**20), "garbage", "\0", '{"net": []}'], ids=repr
)
def test_garbage_is_refused_in_a_sentence_and_the_connection_lives(address: str, message: str | bytes) -> None:
    with opened(address) as viewer:
        ready(viewer)
        viewer.send(message)
        reply = told(viewer)
        assert reply["kind"] == "refused"
        assert reply["said"].endswith(".")
        assert "Traceback" not in reply["said"]
        assert is_answered(viewer, 2)


def test_a_message_beyond_all_bounds_ends_its_connection_and_no_other(address: str) -> None:
    with opened(address) as other:
        ready(other)
        with opened(address) as viewer:
            with suppress(ConnectionClosed):  # it may end before all is sent
                viewer.send(bytes(60 * 2**20))
            with pytest.raises(ConnectionClosed):
                told(viewer)
        assert is_answered(other, 1)


def test_a_flood_is_dropped_and_not_queued(address: str) -> None:
    """A thousand frames of 4K that arrive at once: each is answered, dropped or refused, and the next one is new."""
    large, small = frame(0, 3840, 2160)[4:], frame(0)[4:]
    with opened(address) as viewer:
        ready(viewer)
        kinds: dict[str, int] = {}
        with ThreadPoolExecutor(1) as sender:
            sent = sender.submit(
                lambda: [
                    viewer.send(number.to_bytes(4, "big") + (large if number % 2 else small)) for number in range(1_000)
                ]
            )
            for _ in range(1_000):
                kind = told(viewer)["kind"]
                kinds[kind] = kinds.get(kind, 0) + 1
            sent.result()
        assert set(kinds) <= {"answer", "dropped", "refused"}
        assert kinds["dropped"] > 0
        assert is_answered(viewer, 5_000)


def test_who_does_not_read_is_not_read_and_holds_up_nobody(address: str) -> None:
    with opened(address) as deaf, opened(address) as other:
        ready(deaf)
        ready(other)
        with ThreadPoolExecutor(1) as sender:
            sending = sender.submit(lambda: [deaf.send(b"\0" * 4 + bytes(2**20)) for _ in range(5_000)])
            for number in range(20):
                assert is_answered(other, number)
            deaf.close()
            with pytest.raises(ConnectionClosed):
                sending.result()


def test_pages_closed_in_the_middle_of_a_run_leave_the_engine_to_the_others(address: str) -> None:
    for _ in range(MOST_VIEWERS):
        with ExitStack() as viewers:
            viewer = viewers.enter_context(opened(address))
            ready(viewer)
            for number in range(2):
                viewer.send(frame(number))
            viewer.socket.close()  # as when a computer is switched off
    with opened(address) as viewer:
        ready(viewer)
        assert is_answered(viewer, 1)


def cookie(address: str) -> str:
    """By which the server tells one person from another."""
    page = urllib.request.Request(address, headers={"Accept": "text/html"})
    with urllib.request.urlopen(page, timeout=PATIENCE) as answer:
        given: str = answer.headers["Set-Cookie"]
        return given.partition(";")[0]


def test_one_person_can_have_so_many_cameras_and_strangers_together_so_many(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    for person, most in ((cookie(address), MOST_OF_ONE), (f"{COOKIE}=forged.forged", MOST_OF_STRANGERS)):
        with ExitStack() as viewers:
            let_in = 0
            while let_in < most:  # those of the tests before may still be leaving
                viewer = viewers.enter_context(opened(address, Cookie=person))
                viewer.send(json.dumps({"net": str(TINY)}))
                let_in += told(viewer)["kind"] == "ready"
                assert time.monotonic() < deadline
            with opened(address, Cookie=person) as late:
                assert told(late) == {"kind": "refused", "frame": None, "said": ENOUGH}
            with opened(address, Cookie=cookie(address)) as other:
                ready(other)


def test_one_camera_too_many_is_told_so_and_let_in_when_another_has_stopped(address: str) -> None:
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as viewers:
        crowd: list[ClientConnection] = []
        people = [cookie(address) for _ in range(MOST_VIEWERS)]
        while len(crowd) < MOST_VIEWERS:  # those of the tests before may still be leaving
            viewer = viewers.enter_context(opened(address, Cookie=people[len(crowd)]))
            viewer.send(json.dumps({"net": str(TINY)}))
            if told(viewer)["kind"] == "ready":
                crowd.append(viewer)
            assert time.monotonic() < deadline
        with opened(address, Cookie=cookie(address)) as late:
            assert told(late) == {"kind": "refused", "frame": None, "said": FULL}
            with pytest.raises(ConnectionClosed) as closed:
                told(late)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == TRY_LATER
        crowd.pop().close()
        while True:
            with opened(address, Cookie=cookie(address)) as viewer:
                viewer.send(json.dumps({"net": str(TINY)}))
                if told(viewer)["kind"] == "ready":
                    break
            assert time.monotonic() < deadline
