"""Messages of a WebSocket that are begun and not ended: on uvicorn itself, with an app that counts what is whole."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app import unfinished

FIRST, MIDDLE = 0x02, 0x00
"""What a part begins with that others follow: the first of bytes, and one behind it."""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """How long each message was, as text."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        size = len(message.get("bytes") or message.get("text") or b"")
        await send({"type": "websocket.send", "text": str(size)})


@pytest.fixture
def address() -> Iterator[str]:
    unfinished.bound()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(echo, ws="websockets-sansio", lifespan="off", log_config=None, ws_max_size=50_000_000)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])), daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


def part(opcode: int, payload: bytes) -> bytes:
    """As a browser sends it, under a mask of zeros."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([opcode]) + length + bytes(4) + payload


def ended(window: ClientConnection) -> str:
    with pytest.raises(ConnectionClosed) as closed:
        window.recv(timeout=30)
    assert closed.value.rcvd is not None
    return f"{closed.value.rcvd.code} {closed.value.rcvd.reason}"


def held() -> int:
    return unfinished.Bounded._all


def settles(size: int) -> bool:
    until = time.monotonic() + 30
    while held() != size and time.monotonic() < until:
        time.sleep(0.01)
    return held() == size


def test_messages_in_parts_are_taken_and_nothing_of_them_is_held_any_more(address: str) -> None:
    with connect(address) as window:
        for parts in (1, 3, unfinished.MOST_PARTS - 1):  # and an empty one that ends it
            window.send([b"x" * 10] * parts)
            assert window.recv(timeout=30) == str(10 * parts)
        window.send(b"x" * 2**20)
        assert window.recv(timeout=30) == str(2**20)
    assert settles(0)


def test_a_message_in_too_many_parts_ends_its_connection_even_where_they_are_empty(address: str) -> None:
    with connect(address) as window, connect(address) as other:
        window.socket.sendall(part(FIRST, b"") + part(MIDDLE, b"") * unfinished.MOST_PARTS)
        assert ended(window) == "1009 It has too many parts."
        other.send(b"x")
        assert other.recv(timeout=30) == "1"
    assert settles(0)


def test_a_message_that_is_too_large_ends_its_connection_before_it_is_whole(address: str) -> None:
    with connect(address) as window:
        window.socket.sendall(part(FIRST, bytes(unfinished.MOST_BYTES + 1))[:100])
        assert ended(window).startswith("1009 ")


@pytest.mark.parametrize("begun", [part(FIRST, b"x" * 50), part(FIRST, b"x" * 50)[:20]])
def test_a_message_that_takes_too_long_ends_its_connection(
    begun: bytes, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished, "MOST_SECONDS", 0.3)
    with connect(address) as window:
        for _ in range(3):
            window.send([b"x", b"y"])
            assert window.recv(timeout=30) == "2"
        window.socket.sendall(begun)
        assert ended(window) == "1009 It took too long."
    assert settles(0)


def test_where_all_together_are_too_much_the_largest_ends(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "MOST_OF_ALL", 250_000)
    with connect(address) as small, connect(address) as large, connect(address) as last:
        for window, size in ((small, 80_000), (large, 150_000)):
            before: Any = held()
            window.socket.sendall(part(FIRST, bytes(size)))
            assert settles(before + size)
        last.socket.sendall(part(FIRST, bytes(90_000)))
        assert ended(large) == "1009 Too much is on its way."
        assert settles(170_000)
        small.socket.sendall(part(0x80, b"x"))
        assert small.recv(timeout=30) == "80001"
    assert settles(0)
