"""What has come of WebSocket messages that are not whole: it has bounds, beyond which its connection ends.

uvicorn keeps the parts of a message until the last has come, as long as that may take and as large as an answer of ours
may be; nothing above it, such as app/limits.py, sees them.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

MOST_BYTES = 10 * 2**20
"""Of a message: a frame of live video may be as large as an upload."""
MOST_PARTS = 1000
"""Of a message: each takes more memory than its bytes, an empty one too."""
MOST_SECONDS = 60.0
"""From the first byte of a message to its last."""
MOST_OF_ALL = 256 * 2**20
"""Bytes that the unfinished messages of all connections take; beyond that the largest one ends."""


class Bounded(WebSocketsSansIOProtocol):
    """A connection of uvicorn's that ends where a message is too large, in too many parts, or too long on its way."""

    _unfinished: ClassVar[dict["Bounded", int]] = {}
    _all: ClassVar[int] = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn.max_message_size = min(self.conn.max_message_size or MOST_BYTES, MOST_BYTES)
        self._deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        held = len(self.conn.reader.buffer) + sum(map(len, self.frames))
        if self.transport.is_closing() or not (held or self.frames):
            self._forget()
            return
        Bounded._all += held - self._unfinished.get(self, 0)
        self._unfinished[self] = held
        if self._deadline is None:
            self._deadline = self.loop.call_later(MOST_SECONDS, self._end, "It took too long.")
        while Bounded._all > MOST_OF_ALL:
            max(self._unfinished, key=self._unfinished.__getitem__)._end("Too much is on its way.")

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MOST_PARTS:
            self._end("It has too many parts.")
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        super().send_receive_event_to_app()
        self._forget()  # of what has come behind it a new time begins

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _end(self, why: str) -> None:
        self._forget()
        self.frames = []
        if self.transport.is_closing():
            return
        self.conn.fail(CloseCode.MESSAGE_TOO_BIG, why)
        if self.conn.close_sent is None:  # it is not open yet
            self.transport.abort()
        else:
            self.handle_parser_exception()

    def _forget(self) -> None:
        Bounded._all -= self._unfinished.pop(self, 0)
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None


def bound() -> None:
    """Have uvicorn make such connections, though it has chosen its own kind before it reads the app."""
    WebSocketsSansIOProtocol.__new__ = _made  # type: ignore[assignment,method-assign]


def _made(_: type[WebSocketsSansIOProtocol], *args: Any, **options: Any) -> Bounded:
    return object.__new__(Bounded)
