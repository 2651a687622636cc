"""A backend behind HTTP, as wire.py describes it: an ASGI application, in whatever server."""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from .backend import BusyError, EngineError, InferenceBackend, StoppingError, Ticket, check_numbers
from .cards import WeightsError
from .refusal import Refusal
from .request_id import accepted, under
from .wire import ANSWER, CONTENT_TYPE, MOST_ANSWER, MOST_REQUEST, PLACE, PROTOCOL, REFUSAL, Kind, frame, refusal
from .wire_messages import Asked, answer_bytes, answer_message, read_request

REQUEST_SECONDS = 20.0
"""That a request may take to arrive."""
REQUEST_STALLS = 5.0
"""That it may pause: it has one of a replica's places, and who waits for one gives up after `SILENCE`."""
MOST_PATIENCE = 300.0
"""Seconds that an answer is waited for, however long whoever asks would."""
SOON = 0.05
"""Seconds within which an answer needs no word about its place."""
BEAT = 0.25
"""Seconds from one sign of life to the next."""
CHUNK = 4 * 2**20
STATUS: dict[Kind, int] = {
    "busy": 503,
    "engine": 422,
    "weights": 404,
    "failed": 500,
    "protocol": 409,
    "token": 401,
    "message": 400,
}

_log = logging.getLogger(__name__)


def token_digest(token: str) -> bytes:
    """What a service knows of its token: enough to compare, and nothing to give away."""
    return sha256(token.encode()).digest()


def service(backend: InferenceBackend, digest: bytes | None = None) -> Starlette:
    """The application; with the digest of a token for those alone who send it."""
    doors = Doors(backend, digest)
    return Starlette(routes=[Route("/infer", doors.infer, methods=["POST"]), Route("/ready", doors.ready)])


class Doors:
    """The routes of the application."""

    def __init__(self, backend: InferenceBackend, digest: bytes | None) -> None:
        self.backend, self.digest = backend, digest

    async def ready(self, request: Request) -> Response:
        """Whether there is somebody to answer, and on what device."""
        if not self._may(request):
            return _refused("token", "Who asks does not know the token.")
        return JSONResponse({"protocol": PROTOCOL, "device": self.backend.device_name})

    async def infer(self, request: Request) -> Response:
        """Queue what is asked, under the id that its header gives, and answer in frames."""
        if not self._may(request):
            return _refused("token", "Who asks does not know the token.")
        if request.headers.get("content-type") != CONTENT_TYPE:
            return _refused("protocol", f"What is sent should be {CONTENT_TYPE}.")
        if request.headers.get("x-protocol") != str(PROTOCOL):
            return _refused("protocol", f"This is protocol {PROTOCOL}: run the same version on both sides.")
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                message = await _body(request)
            with under(accepted(request.headers.get("x-request-id"))):  # the thread's too
                asked, ticket = await self._queue(message)
        except (TimeoutError, ClientDisconnect):
            return _refused("message", "The request took too long to arrive.")
        except Refusal as refused:
            return _refused(kind_of(refused), str(refused))
        return Frames(asked, ticket)

    def _may(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.digest is None or hmac.compare_digest(token_digest(given), self.digest)

    async def _queue(self, message: bytes) -> tuple[Asked, Ticket]:
        """As `_queued`, in a thread; where whoever asks goes meanwhile, what it queues is taken out again."""
        queued = asyncio.create_task(asyncio.to_thread(self._queued, message))
        try:
            return await asyncio.shield(queued)
        except asyncio.CancelledError:
            queued.add_done_callback(_leave)
            raise

    def _queued(self, message: bytes) -> tuple[Asked, Ticket]:
        asked = read_request(message)
        if answer_bytes(asked.request) > MOST_ANSWER:
            raise EngineError("The answer would be too large to travel: ask for fewer tensors.")
        return asked, self.backend.submit(asked.request)


class Frames(StreamingResponse):
    """The frames of one answer. However it ends, begun or not, the place in the queue is given up."""

    def __init__(self, asked: Asked, ticket: Ticket) -> None:
        super().__init__(_frames(asked, ticket), media_type=CONTENT_TYPE)
        self._ticket = ticket

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ticket.leave()


def kind_of(refused: Refusal) -> Kind:
    """What a refusal means to whoever asked. A failure that has a cause may be this machine's alone."""
    if isinstance(refused, BusyError):
        return "busy"
    if isinstance(refused, WeightsError):
        return "weights"
    if isinstance(refused, EngineError):
        return "failed" if refused.__cause__ or isinstance(refused, StoppingError) else "engine"
    return "message"


def _leave(queued: "asyncio.Task[tuple[Asked, Ticket]]") -> None:
    if not queued.cancelled() and queued.exception() is None:
        queued.result()[1].leave()


def _refused(kind: Kind, said: str) -> Response:
    return Response(refusal(kind, said), STATUS[kind], media_type="application/json")


async def _body(request: Request) -> bytes:
    """What is sent, no more than may be."""
    body, stream = bytearray(), request.stream()
    while True:
        async with asyncio.timeout(REQUEST_STALLS):
            chunk = await anext(stream, None)
        if chunk is None:
            return bytes(body)
        body += chunk
        if len(body) > MOST_REQUEST:
            raise EngineError("The request is larger than can be read: choose a smaller input size.")


async def _frames(asked: Asked, ticket: Ticket) -> AsyncIterator[bytes]:
    """Signs of life until there is an answer, or nobody waits for it any more."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def tell(_: Ticket) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it everyone who would want to know
            loop.call_soon_threadsafe(done.set)

    end = time.monotonic() + min(asked.patience, MOST_PATIENCE)
    pause = SOON
    ticket.when_done(tell)
    while not done.is_set() and time.monotonic() < end:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await done.wait()
        if not done.is_set():
            yield frame(PLACE, json.dumps({"place": ticket.place()}).encode())
        pause = BEAT
    last = await asyncio.to_thread(_last, asked, ticket)
    for start in range(0, len(last), CHUNK):
        yield last[start : start + CHUNK]


def _last(asked: Asked, ticket: Ticket) -> bytes:
    try:
        answer = ticket.result(0)
        check_numbers(answer.logits, asked.request.card, asked.request.operation)
        return frame(ANSWER, answer_message(asked, answer))
    except Refusal as refused:
        return frame(REFUSAL, refusal(kind_of(refused), str(refused)))
    except Exception as error:  # a stream that has begun can be ended by a frame alone
        id = asked.request.id
        with under(id):
            _log.error("An answer could not be written.", exc_info=error)
        return frame(REFUSAL, refusal("failed", f"The answer could not be written: the log says why, under {id}."))
