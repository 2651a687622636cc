"""How often and how much a person may ask, and an address: far more, for a whole class may be behind it.

Only what costs something is counted: pages, the JSON API, bodies and WebSockets. Who asks too often is told so with
429 and Retry-After. A body must come at a human pace, and a WebSocket's messages are taken no faster than they are
answered. Without a cookie, or with a forged one, everybody behind an address shares one part of what it may have.
"""

import asyncio
import math
import os
import re
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import metrics
from .buckets import Buckets, Places, Rate
from .headers import FRAMES
from .origins import SAFE
from .stored_uploads import Uploads, largest_body, place_of
from .visitors import Visitor, set_cookie, visitor


class Share(NamedTuple):
    """How often a person may ask, all together who have no cookie, and an address in all."""

    person: Rate
    anonymous: Rate
    address: Rate


PAGES = Share(Rate(60, 1), Rate(900, 15), Rate(1800, 30))
API = Share(Rate(60, 1), Rate(120, 2), Rate(600, 10))
BODIES = Share(Rate(30, 0.5), Rate(600, 5), Rate(1200, 10))
SOCKETS = Share(Rate(40, 1), Rate(900, 10), Rate(1800, 20))
MOST_OPEN = {"person": 20, "anonymous": 400, "address": 1000, "everybody": 2000}
"""WebSockets at a time: a tab has one, and Live a second."""
MOST_COMING = {"person": 4, "anonymous": 150, "address": 300, "everybody": 400}
"""Bodies at a time: a class of 300 sends at once, and others still find a place."""
MESSAGES = Rate(200, 60)
"""Of a page, over its WebSocket; live video sees to its own."""
UPLOAD_STALLS = 20.0
"""Seconds that what a visitor sends may pause."""
SLOWEST, AFTER = 8 * 2**10, 30.0
"""Bytes a second that a body must bring on the average, looked at after so many seconds."""
_PAGE = "|".join(view.stem for view in Path(__file__).with_name("views").glob("*.py"))
FREE = re.compile(rf"(?:/(?:{_PAGE}))?/(?:static|media|component|_stcore|health)/.*|/app/static/.*|/favicon\.\w+")
STREAM = "/_stcore/stream"
TOO_OFTEN = "So much cannot be asked for at once: try again in {} s.\n"
TOO_MANY = "As many windows are open here as can be: close one, and load this page again.\n"
TOO_SLOW = "The file came too slowly: try again over another connection."
TOO_LARGE = "The file is larger than can be taken: save it smaller."


class Limits:
    """Lets each visitor have a share of the server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._buckets, self._open, self._coming = Buckets(), Places(), Places()
        self._uploads = Uploads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or _is_free(scope):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        who = visitor(scope, headers)
        kind, share = _kind(scope)
        if wait := self._buckets.wait(_counted(kind, share, who)):
            await _refuse(scope, receive, send, TOO_OFTEN.format(math.ceil(wait)), math.ceil(wait))
        elif scope["type"] == "websocket":
            await self._converse(who, scope, receive, send)
        elif scope["method"] not in SAFE:
            await self._take(who, scope, receive, send)
        elif who.person is None and "text/html" in headers.get("accept", ""):
            await self.app(scope, receive, _with_cookie(scope, send))
        else:
            await self.app(scope, receive, send)

    async def _converse(self, who: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        with self._open.held(_places(MOST_OPEN, who)) as free:
            if not free:
                await _refuse(scope, receive, send, TOO_MANY, 60)
                return
            paced = _Paced(receive).receive if scope["path"].endswith(STREAM) else receive
            await self.app(scope, paced, send)

    async def _take(self, who: Visitor, scope: Scope, receive: Receive, send: Send) -> None:
        with self._coming.held(_places(MOST_COMING, who)) as free:
            if not free:
                await _refuse(scope, receive, send, TOO_OFTEN.format(10), 10)
                return
            size = _announced(scope)
            place = place_of(scope["path"]) if scope["method"] == "PUT" else None
            if full := self._uploads.full(place, who, size):
                await _refuse(scope, receive, send, f"{full}\n", 60)
                return
            with self._uploads.coming(place, who, size):
                await self.app(scope, _Body(receive).receive, send)


class _Body:
    """What of a request's body has come. Raises HTTPException where it comes too slowly, or is too much."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._start, self._bytes = time.monotonic(), 0
        self._most = largest_body()
        self._is_whole = False

    async def receive(self) -> Message:
        if self._is_whole:  # what comes now is the news that the browser has gone
            return await self._receive()
        try:
            async with asyncio.timeout(UPLOAD_STALLS):
                message = await self._receive()
        except TimeoutError as error:
            raise _refused(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW) from error
        self._bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes > self._most:
            raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LARGE)
        seconds = time.monotonic() - self._start
        if not self._is_whole and seconds > AFTER and self._bytes < SLOWEST * seconds:
            raise _refused(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)
        return message


def _announced(scope: Scope) -> int:
    """Bytes of a body that is coming, as its header says; where none does, as many as one may have.

    What takes a file away brings none, and is to be done however full it is.
    """
    if scope["method"] == "DELETE":
        return 0
    said = Headers(scope=scope).get("content-length", "")
    return min(int(said), largest_body()) if said.isdecimal() else largest_body()


class _Paced:
    """The messages of a page, no more of them than MESSAGES; the others wait where they come from."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._buckets = receive, Buckets()

    async def receive(self) -> Message:
        message = await self._receive()
        while message["type"] == "websocket.receive" and (wait := self._buckets.wait([("messages", MESSAGES)])):
            await asyncio.sleep(wait)
        if message.get("text") is not None:  # a page speaks in bytes, and Streamlit trips over anything else
            return {"type": "websocket.disconnect", "code": 1003}
        return message


def _is_free(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in SAFE and FREE.fullmatch(scope["path"]) is not None


def _kind(scope: Scope) -> tuple[str, Share]:
    if scope["type"] == "websocket":
        return "socket", SOCKETS
    if scope["method"] not in SAFE:
        return "body", BODIES
    return ("api", API) if scope["path"].startswith("/api/") else ("page", PAGES)


def _counted(kind: str, share: Share, who: Visitor) -> list[tuple[tuple[str, ...], Rate]]:
    """The buckets from which a request takes."""
    one = (
        ((kind, "anonymous", who.address), share.anonymous)
        if who.person is None
        else ((kind, "person", who.person), share.person)
    )
    return [one, ((kind, "address", who.address), share.address)]


def _places(most: dict[str, int], who: Visitor) -> Iterator[tuple[tuple[str, ...], int]]:
    if who.person is None:
        yield ("anonymous", who.address), most["anonymous"]
    else:
        yield ("person", who.person), most["person"]
    yield ("address", who.address), most["address"]
    yield ("everybody",), most["everybody"]


def _with_cookie(scope: Scope, send: Send) -> Send:
    """Give a browser the cookie by which it is counted from now on."""

    async def with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start":
            framed = bool(os.environ.get(FRAMES))
            MutableHeaders(scope=message).append("set-cookie", set_cookie(scope["scheme"] == "https", framed))
        await send(message)

    return with_cookie


def _refused(status: HTTPStatus, sentence: str) -> HTTPException:
    return HTTPException(status, sentence, {"connection": "close"})


async def _refuse(scope: Scope, receive: Receive, send: Send, sentence: str, seconds: int) -> None:
    metrics.LIMITED.labels(_kind(scope)[0]).inc()
    answer = PlainTextResponse(sentence, HTTPStatus.TOO_MANY_REQUESTS, {"retry-after": str(seconds)})
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})  # before it is accepted: HTTP 403
        return
    await answer(scope, receive, send)
