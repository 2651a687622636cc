"""A request that breaks for a reason nobody foresaw is answered in a sentence, with the headers of every answer."""

import logging

from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from resnet_core import request_id

BROKEN = "Something broke here: try again. Whoever runs this server finds why in its log, under {}.\n"
_log = logging.getLogger(__name__)


class Unforeseen:
    """Stands inside the middleware that adds headers: the framework's own answer to an exception bears none of them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except ClientDisconnect:  # there is nobody to answer, and nothing broke
            return
        except Exception:
            if begun:  # the answer can only be cut off
                raise
            _log.exception("A request broke.")
            said = BROKEN.format(request_id.current())
            await PlainTextResponse(said, 500, {"cache-control": "no-store"})(scope, receive, send)
