"""What is no text comes over HTTP: as a file, or as one sentence; and all of it together has so much room."""

import asyncio
import logging
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlencode

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message
from tiny_weights import TINY, write_tiny

from app import attachments
from resnet_core import ZOO, parse
from resnet_core.room import BusyError, Room, TooLargeError
from resnet_core.rows import totals
from resnet_core.take_away import FORMATS, taken
from resnet_core.weights import FOLDER_VARIABLE

FILES = [name for name, form in FORMATS.items() if not form.is_text]


def asked(form: str, net: str) -> Request:
    query = urlencode({"net": net}).encode()
    return Request({"type": "http", "query_string": query, "headers": [], "path_params": {"form": form}})


def sent(response: Response, gone: bool = False, stuck: bool = False, slow: float = 0.0, spec: str = "2.4") -> bytes:
    """The body as it arrives, at `slow` seconds a piece. `gone` is a browser that hangs up after the first piece,
    `stuck` one that takes no more and stays; `spec` is what the server speaks, for Starlette sends in two ways."""
    body: list[bytes] = []

    async def send(message: Message) -> None:
        body.append(bytes(message.get("body", b"")))
        if gone and len(body) > 1:
            raise OSError
        if stuck and len(body) > 1:
            await asyncio.Event().wait()
        await asyncio.sleep(slow)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    scope = {"type": "http", "asgi": {"spec_version": spec}}
    asyncio.run(response(scope, receive, send))
    return b"".join(body)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    room = Room(10**9)
    monkeypatch.setattr(attachments, "ROOM", room)
    return room


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_that_of_the_command_line_and_leaves_the_room_empty(name: str, room: Room) -> None:
    response = attachments.take(asked(name, "cifar-resnet-20,shortcut=B"))
    data = taken(parse("cifar-resnet-20,shortcut=B"), name)
    assert response.headers["content-disposition"].endswith(f"cifar-resnet-20%2Cshortcut%3DB{FORMATS[name].suffix}")
    assert response.headers["content-length"] == str(room.taken) == str(len(data))
    assert sent(response) == data
    assert room.taken == 0


def test_who_hangs_up_leaves_the_room_too(room: Room) -> None:
    response = attachments.take(asked("onnx", "resnet-18,width=16"))
    with pytest.raises(Exception):  # noqa: B017, PT011  # which one is Starlette's affair
        sent(response, gone=True)
    assert room.taken == 0


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
def test_a_file_that_is_stuck_on_its_way_leaves_the_room_and_says_so(
    spec: str, room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(attachments, "BEHIND", 0.05)
    monkeypatch.setattr(attachments, "PIECE", 100)
    response = attachments.take(asked("onnx", "cifar-resnet-20"))
    assert len(sent(response, stuck=True, spec=spec)) == 100
    assert room.taken == 0
    assert "was taken too slowly, and broken off" in caplog.text


@pytest.mark.parametrize("spec", ["2.3", "2.4"])
def test_a_file_that_is_taken_fast_enough_may_take_longer_than_one_may_be_behind(
    spec: str, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "BEHIND", 1.0)
    monkeypatch.setattr(attachments, "PIECE", 2**17)
    response = attachments.take(asked("onnx", "resnet-18,width=16"))  # more than 20 pieces, each of which grants 0.25 s
    assert len(sent(response, slow=0.1, spec=spec)) == int(response.headers["content-length"]) > 20 * 2**17
    assert room.taken == 0


def test_every_network_of_the_zoo_has_room_when_it_is_alone() -> None:
    assert max(attachments.COPIES * totals(spec).parameter_bytes for spec in ZOO.values()) <= attachments.ROOM.most


@pytest.mark.parametrize(
    ("name", "net", "status", "sentence"),
    [
        ("onnx", "frog", 400, "There is no network 'frog'"),
        ("onnx", "resnet-50,width=1024", 400, "An ONNX file holds 2.000 GB"),
        ("onnx", "resnet-152,width=180", 400, "This file takes 5.578 GB while it is made, and the server has 1.000 GB"),
        ("csv", "resnet-50", 404, "There is no file of the form 'csv' here: choose png, pdf, onnx."),
        ("../x", "resnet-50", 404, "There is no file of the form '../x' here"),
    ],
)
def test_what_there_is_not_is_told_in_one_sentence(name: str, net: str, status: int, sentence: str, room: Room) -> None:
    assert_said(attachments.take(asked(name, net)), status, sentence)
    assert room.taken == 0


def assert_said(response: Response, status: int, sentence: str) -> None:
    said = bytes(response.body).decode()
    assert response.status_code == status
    assert said.startswith(sentence)
    assert said.endswith(".\n")
    assert said.count("\n") == 1


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def _foreign(file: Path) -> None:
    file.write_bytes(b"no tensors")


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [_cut, _foreign, _folder, Path.unlink])
def test_weights_that_cannot_be_read_are_told_in_one_sentence(
    harm, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    harm(write_tiny(tmp_path).file)
    assert_said(attachments.take(asked("onnx", str(TINY))), 400, "The weights file")
    assert room.taken == 0
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("error", [RuntimeError("typst"), OSError("no such font")])
def test_a_picture_that_cannot_be_typeset_is_told_in_one_sentence(
    error: Exception, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> bytes:
        raise error

    monkeypatch.setattr("typst.compile", fails)
    for name in ("png", "pdf"):
        sentence = f"The {name.upper()} could not be typeset here: take the SVG."
        assert_said(attachments.take(asked(name, "cifar-resnet-20")), 400, sentence)
    assert room.taken == 0


def test_what_nobody_thought_of_is_told_in_one_sentence_and_logged(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(attachments, "taken", fails)
    with caplog.at_level(logging.ERROR):
        assert_said(attachments.take(asked("onnx", "cifar-resnet-20")), 500, "The ONNX file could not be made")
    assert "No onnx could be made" in caplog.text
    assert "MemoryError" in caplog.text
    assert "cifar-resnet-20" not in caplog.text, "a link's query is not logged"
    assert room.taken == 0


def test_while_a_large_file_is_made_another_one_is_told_to_wait_and_a_small_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attachments, "ROOM", Room(2 * 10**9))
    begun, go_on = Event(), Event()
    answers: list[Response] = []

    def slowly(*_: object) -> bytes:
        begun.set()
        assert go_on.wait(60)
        return b"file"

    monkeypatch.setattr(attachments, "taken", slowly)
    first = Thread(target=lambda: answers.append(attachments.take(asked("onnx", "vgg-19"))))
    first.start()
    assert begun.wait(60)
    monkeypatch.setattr(attachments, "taken", lambda *_: b"file")
    assert_said(attachments.take(asked("onnx", "vgg-19")), 503, "Other large files are being made")
    assert sent(attachments.take(asked("onnx", "cifar-resnet-20"))) == b"file"
    go_on.set()
    first.join()
    assert sent(answers[0]) == sent(attachments.take(asked("onnx", "vgg-19"))) == b"file"


def test_a_room_is_never_fuller_than_it_is_large() -> None:
    room = Room(10)
    with pytest.raises(TooLargeError):
        room.take(11)
    alone = room.take(10)
    with pytest.raises(BusyError):
        room.take(1)
    alone.shrink(4)
    other = room.take(6)
    alone.shrink(9)
    with pytest.raises(BusyError):
        room.take(1)
    for place in (alone, other, alone):
        place.leave()
    assert room.taken == 0
