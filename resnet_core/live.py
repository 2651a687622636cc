"""One viewer of live video: frames come in, each is answered or dropped, and none is kept for later."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from .backend import Answer, BusyError, InferenceBackend, Request, Ticket
from .cards import Card
from .frames import FrameError, decode_frame, jpeg_of, number_of, seen_part
from .live_protocol import (
    Answered,
    Dropped,
    Milliseconds,
    Ready,
    Refused,
    Reply,
    Settings,
    read_settings,
)
from .painting import Painted, asked, check, painted
from .pictures import Picture
from .prediction import PATIENCE, Guess, top
from .preprocessing import Prepared, Preprocessing, prepare
from .refusal import Refusal
from .rows import analyse
from .weights import require_card

MOST_IN_FLIGHT = 2
"""One on its way or in the network, one behind it, so that neither waits for the other's travel."""
TOO_MANY = f"{MOST_IN_FLIGHT} frames are on their way already."
FAILED = "The network could not answer this frame: try again, or take another network."

Decode = Callable[[bytes, Preprocessing], Picture]
Done = TypeVar("Done")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Settings with what they stand for on this side."""

    settings: Settings
    card: Card
    backend: InferenceBackend
    preprocessing: Preprocessing


class Viewer:
    """Answers the messages of one viewer, on one event loop, without holding it up: `pool` decodes and prepares.

    `decode` does as decode_frame. `backend` is called there, for the first call may load torch. `share`: so much of the
    pool its owner's viewers have, all together; what is more waits outside, where it holds up nobody else.

    Cancelling a reply gives up its place in the queue.
    """

    def __init__(
        self,
        backend: Callable[[], InferenceBackend],
        pool: Executor,
        decode: Decode = decode_frame,
        share: asyncio.Semaphore | None = None,
    ) -> None:
        self._backend, self._pool, self._decode = backend, pool, decode
        self._share = share or asyncio.Semaphore(MOST_IN_FLIGHT)
        self._chosen: _Chosen | None = None
        self._choosing = asyncio.Lock()  # so that of two settings the later one stays
        self._in_flight = 0

    async def reply(self, message: str | bytes) -> Reply:
        """What to send back for a message. Raises nothing but asyncio's CancelledError."""
        number = None
        try:
            if isinstance(message, str):
                return await self._take_settings(message)
            number = number_of(message)
            return await self._take_frame(number, jpeg_of(message))
        except Refusal as refused:
            return Refused(number, str(refused))
        except Exception as error:  # a connection outlives whatever a message leads to
            _log.warning("A message could not be answered: %r", error)
            return Refused(number, FAILED)

    async def _take_settings(self, text: str) -> Ready:
        settings = read_settings(text)
        async with self._choosing:
            self._chosen = chosen = await self._aside(self._choose, settings)
        return Ready(settings.number, str(settings.spec), chosen.backend.device_name, len(chosen.card.classes))

    def _choose(self, settings: Settings) -> _Chosen:
        card = require_card(settings.spec)
        check(analyse(settings.spec), settings.paint, settings.tensor, settings.channel)
        return _Chosen(settings, card, self._backend(), card.preprocessing.at(settings.spec.size))

    async def _take_frame(self, number: int, jpeg: bytes) -> Answered | Dropped:
        if self._chosen is None:
            raise FrameError("Nothing was said of what to show: send the settings first.")
        if self._in_flight >= MOST_IN_FLIGHT:
            return Dropped(number, TOO_MANY)
        self._in_flight += 1
        try:
            return await self._answer(number, jpeg, self._chosen)
        except BusyError as busy:
            return Dropped(number, str(busy))
        finally:
            self._in_flight -= 1

    async def _answer(self, number: int, jpeg: bytes, chosen: _Chosen) -> Answered:
        begin, settings = time.perf_counter(), chosen.settings
        frame = await self._aside(_prepared, self._decode, jpeg, chosen.preprocessing)
        submitted = time.perf_counter()
        taps, cams = asked(settings.paint, settings.tensor)
        ticket = chosen.backend.submit(Request(chosen.card, settings.spec, frame.prepared.array, taps, cams))
        answer = await _answer_of(ticket)
        wait = max(0.0, (time.perf_counter() - submitted) * 1e3 - answer.milliseconds)
        guesses, map_ = await self._aside(_read, answer, chosen)
        total = (time.perf_counter() - begin) * 1e3
        spent = Milliseconds(frame.decode, frame.preprocess, wait, answer.milliseconds, total)
        return Answered(settings.number, number, guesses, spent, seen_part(frame.size, chosen.preprocessing), map_)

    async def _aside(self, work: Callable[..., Done], *given: object) -> Done:
        await self._share.acquire()
        loop = asyncio.get_running_loop()

        def ended(_: object) -> None:  # which may be long after its viewer has gone
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._share.release)

        working = self._pool.submit(work, *given)
        working.add_done_callback(ended)
        return await asyncio.wrap_future(working)


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    prepared: Prepared
    size: tuple[int, int]
    decode: float
    preprocess: float


def _prepared(decode: Decode, jpeg: bytes, preprocessing: Preprocessing) -> _Frame:
    picture = decode(jpeg, preprocessing)
    start = time.perf_counter()
    prepared = prepare(picture, preprocessing)
    return _Frame(prepared, picture.size, picture.milliseconds, (time.perf_counter() - start) * 1e3)


def _read(answer: Answer, chosen: _Chosen) -> tuple[tuple[Guess, ...], Painted | None]:
    settings = chosen.settings
    return top(answer.logits, chosen.card), painted(answer, settings.paint, settings.tensor, settings.channel)


async def _answer_of(ticket: Ticket) -> Answer:
    """Wait for an answer without a thread; leave the queue where nobody waits any more."""
    loop = asyncio.get_running_loop()
    done = asyncio.Event()

    def tell(_: Ticket) -> None:
        with suppress(RuntimeError):  # the loop has ended, and with it everyone who would want to know
            loop.call_soon_threadsafe(done.set)

    ticket.when_done(tell)
    try:
        async with asyncio.timeout(PATIENCE):
            await done.wait()
    except TimeoutError as error:
        ticket.leave()
        raise BusyError("Other pictures took too long.") from error
    except asyncio.CancelledError:
        ticket.leave()
        raise
    return ticket.result(0)
