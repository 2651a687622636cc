"""A web server on this machine that gives one file, in all the ways in which servers go wrong."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Manner = Callable[["Asked"], None]


class Asked(BaseHTTPRequestHandler):
    """A request. What it is answered is the mirror's manner, of which each request takes the next; the last remains."""

    protocol_version = "HTTP/1.1"
    mirror: "Mirror"

    def do_GET(self) -> None:
        mirror = self.mirror
        with mirror.lock:
            mirror.asked.append((self.path, self.headers.get("Range")))
            manner = mirror.manners[min(len(mirror.asked), len(mirror.manners)) - 1]
        manner(self)

    @property
    def start(self) -> int:
        """The first byte that is asked for."""
        told = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(told[1]) if told else 0

    def begin(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def begin_rest(self) -> bytes:
        """Send the head of a good answer; the bytes that belong under it."""
        whole = self.mirror.data
        rest = whole[self.start :]
        if self.start >= len(whole):
            self.begin(416, Content_Range=f"bytes */{len(whole)}", Content_Length=0)
        elif self.start:
            span = f"bytes {self.start}-{len(whole) - 1}/{len(whole)}"
            self.begin(206, Content_Range=span, Content_Length=len(rest))
        else:
            self.begin(200, Content_Length=len(rest))
        return rest

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Mirror:
    """The server: its address, the bytes it gives, its manners, and what it was asked."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.manners: tuple[Manner, ...] = (good,)
        self.asked: list[tuple[str, str | None]] = []
        self.lock = threading.Lock()
        self.over = threading.Event()
        handler = type("Handler", (Asked,), {"mirror": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/models"

    @property
    def ranges(self) -> list[str | None]:
        """What was asked for, request by request."""
        return [asked for _, asked in self.asked]


@contextmanager
def mirror(data: bytes) -> Iterator[Mirror]:
    """A mirror of one file, while it is needed."""
    one = Mirror(data)
    serving = threading.Thread(target=one.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    try:
        yield one
    finally:
        one.over.set()
        one.server.shutdown()
        one.server.server_close()


# --- manners


def good(asked: Asked) -> None:
    """As it should be, ranges included."""
    asked.wfile.write(asked.begin_rest())


def drops_after(number: int) -> Manner:
    """Promises everything, sends so many bytes, and closes."""

    def answer(asked: Asked) -> None:
        asked.wfile.write(asked.begin_rest()[:number])
        asked.close_connection = True

    return answer


def stalls_after(number: int) -> Manner:
    """Sends so many bytes, and then nothing, but stays."""

    def answer(asked: Asked) -> None:
        asked.wfile.write(asked.begin_rest()[:number])
        asked.wfile.flush()
        asked.mirror.over.wait(60)
        asked.close_connection = True

    return answer


def slow(pause: float, step: int = 1000) -> Manner:
    """Sends so many bytes at a time."""

    def answer(asked: Asked) -> None:
        rest = asked.begin_rest()
        with suppress(ConnectionError):
            for place in range(0, len(rest), step):
                asked.wfile.write(rest[place : place + step])
                asked.wfile.flush()
                time.sleep(pause)

    return answer


def refuses(status: int, **headers: object) -> Manner:
    """Gives no file."""
    return lambda asked: asked.begin(status, Content_Length=0, **headers)


def gives(data: bytes) -> Manner:
    """Answers everything with other bytes."""

    def answer(asked: Asked) -> None:
        asked.begin(200, Content_Length=len(data))
        with suppress(ConnectionError):  # whoever asked has gone
            asked.wfile.write(data)

    return answer


def ignores_ranges(asked: Asked) -> None:
    """Begins anew, whatever is asked for."""
    asked.begin(200, Content_Length=len(asked.mirror.data))
    asked.wfile.write(asked.mirror.data)


def wrong_part(asked: Asked) -> None:
    """Sends another part than was asked for."""
    whole = asked.mirror.data
    asked.begin(206, Content_Range=f"bytes 7-{len(whole) - 1}/{len(whole)}", Content_Length=len(whole) - 7)
    asked.wfile.write(whole[7:])


def tells_no_length(asked: Asked) -> None:
    """Sends everything, and says how much that was by closing."""
    asked.begin(200, Connection="close")
    asked.wfile.write(asked.mirror.data)
    asked.close_connection = True


def endless(asked: Asked) -> None:
    """Does not stop."""
    asked.begin(200, Connection="close")
    with suppress(ConnectionError):
        while not asked.mirror.over.is_set():
            asked.wfile.write(bytes(100_000))
    asked.close_connection = True
