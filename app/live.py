"""Live video over a WebSocket of this server, /api/live: its messages are those of resnet_core/live_protocol.py.

Nothing but HTTP and its upgrade travels, so it works behind an ordinary router.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from resnet_core import request_id

from . import shared_decoders, shared_engine
from .buckets import Places
from .origins import is_own
from .visitors import visitor

if TYPE_CHECKING:
    from resnet_core.live import Viewer
    from resnet_core.live_protocol import Reply

MOST_VIEWERS = 32
MOST_REPLIES = 4
"""Being made or sent to one viewer. Who does not read them is not read any further either."""
IDLE_SECONDS = 60.0
THREADS = 2
"""For decoding and preparing, beside the engine's own; as many as there are decoders."""
THREADS_OF_ONE = THREADS - 1
"""Of one person, however many windows: one is left to everybody else, in their order."""
POLICY, TRY_LATER = 1008, 1013  # RFC 6455, section 7.4.1, and IANA's registry of close codes
MOST_OF_ONE, MOST_OF_STRANGERS = 4, 16
"""Viewers of one person; of all behind one address who have no cookie."""
ENOUGH = "As many of your cameras run here already as may: try again when one of them has stopped."
FULL = f"{MOST_VIEWERS} cameras run here already: try again when one of them has stopped."


class LiveVideo:
    """The viewers of this process."""

    def __init__(self, most_viewers: int = MOST_VIEWERS, idle_seconds: float = IDLE_SECONDS) -> None:
        self.most_viewers, self.idle_seconds = most_viewers, idle_seconds
        self.viewers = 0
        self._places = Places()
        self._shares: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="live")

    async def attend(self, websocket: WebSocket) -> None:
        """One connection, from the request to its end."""
        from resnet_core.live import Viewer
        from resnet_core.live_protocol import Refused

        # browsers always say whose page asks; who does not say is no page of ours
        if not is_own(websocket.headers.get("origin", ""), websocket.headers.get("host", "")):
            await websocket.close(POLICY)  # before it is accepted: HTTP 403
            return
        await websocket.accept()
        who = visitor(websocket.scope, websocket.headers)
        owner, most = (who.person, MOST_OF_ONE) if who.person else (who.address, MOST_OF_STRANGERS)
        with self._places.held([(owner, most)]) as free:
            if not free or self.viewers >= self.most_viewers:
                await _send(websocket, Refused(None, FULL if free else ENOUGH))
                await websocket.close(TRY_LATER)
                return
            self.viewers += 1
            try:
                backend = partial(shared_engine.backend, "live", who.person or "")
                viewer = Viewer(backend, self._pool, shared_decoders.frames.frame, self.share(owner))
                await self._converse(websocket, viewer)
            finally:
                self.viewers -= 1

    def share(self, owner: str) -> asyncio.Semaphore:
        """What an owner's viewers have of the threads, and so of the decoders; forgotten with the last of them."""
        return self._shares.setdefault(owner, asyncio.Semaphore(THREADS_OF_ONE))

    async def _converse(self, websocket: WebSocket, viewer: "Viewer") -> None:
        """Answer messages until the viewer goes, or says nothing for long; then give up what is still being made."""
        room = asyncio.Semaphore(MOST_REPLIES)
        name, numbers = request_id.current_or_fresh(), count(1)
        replies: set[asyncio.Task[None]] = set()

        def finished(task: asyncio.Task[None]) -> None:
            replies.discard(task)
            room.release()

        try:
            while True:
                await room.acquire()
                async with asyncio.timeout(self.idle_seconds):
                    message = await _received(websocket)
                request_id.begin(request_id.part(name, next(numbers)))
                task = asyncio.create_task(_answer(websocket, viewer, message))
                replies.add(task)
                task.add_done_callback(finished)
        except TimeoutError:
            await websocket.close()
        except WebSocketDisconnect:
            pass
        finally:
            for task in replies:
                task.cancel()


async def _received(websocket: WebSocket) -> str | bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text: str | None = message.get("text")
    return bytes(message["bytes"]) if text is None else text


async def _answer(websocket: WebSocket, viewer: "Viewer", message: str | bytes) -> None:
    await _send(websocket, await viewer.reply(message))


async def _send(websocket: WebSocket, reply: "Reply") -> None:
    from resnet_core.live_protocol import document

    if websocket.application_state is not WebSocketState.CONNECTED:
        return
    try:
        await websocket.send_text(json.dumps(document(reply), ensure_ascii=False))
    except (WebSocketDisconnect, RuntimeError):  # gone in the meantime: the loop above hears of it too
        return


VIDEO = LiveVideo()
ROUTES = [WebSocketRoute("/api/live", VIDEO.attend)]
