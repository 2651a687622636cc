"""One request over HTTP to a backend elsewhere, as wire.py describes it, by a thread that waits for the answer."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, Literal
from urllib.parse import urlsplit

from .refusal import Refusal
from .wire import ANSWER, CONTENT_TYPE, FRAME_HEADER, KINDS, PLACE, PROTOCOL, Kind, WireError, frame_header, words_of
from .wire_messages import said

ADDRESS_VARIABLE, TOKEN_VARIABLE = "RESNET_EXPLORER_BACKEND", "RESNET_EXPLORER_BACKEND_TOKEN"
CONNECT_SECONDS = 2.0
LEAST = 0.001
SILENCE = 8.0
"""Seconds without a sign of life after which nobody is there any more: a socket half of which is gone says nothing."""
MOST_SMALL = 10_000
"""Bytes of a frame that is no answer."""
MOST_PLACES = 10**6
"""Requests that may come first."""
SCHEMES = ("http", "https", "ray")
USUAL_PORT = 8000
OK, TOO_MANY = 200, 429
CHUNK = 2**20


class AddressError(Refusal):
    """An address at which no backend can be."""


class Unanswered(Exception):
    """There was no answer, for a reason of one of the kinds that the other side gives, or "late": our own time was up
    first, which says nothing of the other side."""

    def __init__(self, kind: Kind | Literal["late"], said: str) -> None:
        super().__init__(said)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Address:
    """Where a backend listens, and the token it asks for, which is shown nowhere."""

    host: str
    port: int
    tls: bool = False
    token: str | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    __repr__ = __str__


def read_address(text: str, token: str | None = None) -> Address:
    """ "http://host:port", "https://host:port" or "ray://host:port", which is the HTTP address of Ray Serve.

    Raises AddressError.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in SCHEMES or parts.path.strip("/") or parts.query or parts.username:
        raise AddressError(f"{ADDRESS_VARIABLE} is no address: take one such as http://127.0.0.1:8000.")
    if token is not None and not (token.isascii() and token.isprintable()):
        raise AddressError(f"{TOKEN_VARIABLE} has letters that do not travel: take plain ones.")
    return Address(host, port or USUAL_PORT, parts.scheme == "https", token or None)


class Call:
    """One request over HTTP. One thread sends it and waits; another may hang up."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock, self._hung_up = threading.Lock(), False
        self._socket: socket.socket | None = None

    def hang_up(self) -> None:
        """End it, now or as soon as it begins; whoever waits hears of it, and so does the backend."""
        with self._lock:
            self._hung_up = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def ready(self, end: float) -> str:
        """The device of a backend that is there and speaks our protocol. Raises Unanswered."""
        with self._exchange("GET", "/ready", b"", {}, end) as response:
            words = words_of(self._some(response, end))
            if words.get("protocol") != PROTOCOL:
                raise Unanswered("protocol", "It speaks another protocol.")
            return said(words.get("device"))

    def answer(
        self, message: bytes, headers: Mapping[str, str], most: int, end: float, placed: Callable[[int], object]
    ) -> bytes:
        """The message that answers another one, of so many bytes at most, by the end (monotonic, seconds).

        `placed` is told how many requests come first. Raises Unanswered.
        """
        with self._exchange("POST", "/infer", message, {"Content-Type": CONTENT_TYPE, **headers}, end) as response:
            while True:
                kind, length = frame_header(self._exactly(response, FRAME_HEADER, end))
                if length > (most if kind == ANSWER else MOST_SMALL):
                    raise WireError("What came is larger than what was asked for.")
                payload = self._exactly(response, length, end)
                if kind == ANSWER:
                    return payload
                words = words_of(payload)
                if kind != PLACE:
                    raise _unanswered(words)
                placed(_place(words))

    @contextmanager
    def _exchange(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], end: float
    ) -> Iterator[HTTPResponse]:
        """The response to a request, once it has begun; whatever goes wrong from here on is Unanswered."""
        address = self.address
        kind = HTTPSConnection if address.tls else HTTPConnection
        connection = kind(address.host, address.port, timeout=max(LEAST, min(CONNECT_SECONDS, end - time.monotonic())))
        token = {"Authorization": f"Bearer {address.token}"} if address.token else {}
        # the head of a response is read by http.client, whose patience begins again with each byte that drips in
        over = threading.Timer(end - time.monotonic(), self.hang_up)
        over.daemon = True
        try:
            over.start()
            connection.connect()
            self._hold(connection.sock)
            self._patience(end)
            connection.request(method, path, body, {"X-Protocol": str(PROTOCOL), **token, **headers})
            with connection.getresponse() as response:
                if response.status != OK:
                    raise self._refused(response, end)
                yield response
        except (OSError, HTTPException, ValueError, WireError) as error:
            raise Unanswered("late" if time.monotonic() >= end else "failed", repr(error)) from error
        finally:
            over.cancel()
            self._hold(None)
            connection.close()

    def _hold(self, held: socket.socket | None) -> None:
        with self._lock:
            self._socket = held
            if self._hung_up and held is not None:
                raise ConnectionAbortedError("hung up")

    def _patience(self, end: float) -> None:
        """Wait for the next bytes at most until the end, and no longer than anybody alive is silent."""
        left = end - time.monotonic()
        if left <= 0:
            raise Unanswered("late", "The time is over.")
        if self._socket is not None:
            self._socket.settimeout(min(SILENCE, left))

    def _exactly(self, response: HTTPResponse, length: int, end: float) -> bytes:
        read = bytearray()
        while len(read) < length:
            self._patience(end)
            part = response.read1(min(length - len(read), CHUNK))
            if not part:
                raise WireError("What came was cut off.")
            read += part
        return bytes(read)

    def _some(self, response: HTTPResponse, end: float) -> bytes:
        """All that a short response says, or its beginning."""
        read = bytearray()
        while len(read) < MOST_SMALL:
            self._patience(end)
            part = response.read1(MOST_SMALL)
            if not part:
                break
            read += part
        return bytes(read)

    def _refused(self, response: HTTPResponse, end: float) -> Unanswered:
        if response.status == TOO_MANY:
            return Unanswered("busy", "The cluster's queue is full.")
        return _unanswered(words_of(self._some(response, end)))


def _unanswered(words: dict[str, Any]) -> Unanswered:
    """The reason that the other side gives."""
    kind = words.get("kind")
    if kind not in KINDS:
        raise WireError("What came gives no reason.")
    return Unanswered(kind, said(words.get("said")))


def _place(words: dict[str, Any]) -> int:
    place = words.get("place")
    if not isinstance(place, int) or not 0 <= place <= MOST_PLACES:
        raise WireError("What came is no place in a queue.")
    return place
