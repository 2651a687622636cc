"""What can be taken along of a network and is no text, over HTTP: /api/take/onnx?net=NAME, or a sentence why not.

Streamlit would keep every file that it has made in memory for as long as somebody looks at the page, and says of one
that cannot be made no more than that.
"""

import asyncio
import logging
from collections.abc import Iterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from resnet_core import ArchSpec, Refusal, parse
from resnet_core.room import BusyError, Place, Room
from resnet_core.rows import totals
from resnet_core.take_away import FORMATS, taken

BAD_REQUEST, NOT_FOUND, FAILED, BUSY = 400, 404, 500, 503
ROOM = Room(2 * 10**9)
"""Bytes that all files take together, while they are made and until they are sent: every network of the zoo has as many
when it is alone."""
PICTURE = 10**8
"""Bytes that the making of a picture takes, at most."""
COPIES = 3
"""How many times a model's weights lie in memory while its file is made: as tensors, as nodes, as the file."""
PIECE = 2**20
SLOWEST, BEHIND = 2**19, 30.0
"""Bytes a second at which a file must be taken, and the seconds that who takes it may be behind."""

_log = logging.getLogger(__name__)


class Attachment(StreamingResponse):
    """A file, piece by piece as fast as it is taken; its place is left when it is sent, nobody waits for it, or it is
    taken too slowly: then it breaks off, which a browser notices by its length."""

    def __init__(self, data: bytes, media_type: str, name: str, place: Place) -> None:
        headers = {
            "content-length": str(len(data)),
            "content-disposition": f"attachment; filename*=utf-8''{quote(name)}",
            "cache-control": "no-store",
        }
        super().__init__(_pieces(data), media_type=media_type, headers=headers)
        self.place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        latest = asyncio.get_running_loop().time() + BEHIND
        try:
            async with asyncio.timeout_at(latest) as deadline:

                async def send_in_time(message: Message) -> None:
                    nonlocal latest
                    await send(message)
                    latest += len(message.get("body", b"")) / SLOWEST
                    if not deadline.expired():
                        deadline.reschedule(latest)

                await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            _log.warning("A file of %s bytes was taken too slowly, and broken off", self.headers["content-length"])
        finally:
            self.place.leave()


def _pieces(data: bytes) -> Iterator[bytes]:
    """Copies, for a connection that is stuck keeps its piece, and must not keep the whole file by it."""
    yield from (data[begin : begin + PIECE] for begin in range(0, len(data), PIECE))


def take(request: Request) -> Response:
    """The network of `net` in the form that the path names."""
    name = request.path_params["form"]
    if name not in FORMATS or FORMATS[name].is_text:
        offered = ", ".join(name for name, form in FORMATS.items() if not form.is_text)
        return _said(f"There is no file of the form {name[:60]!r} here: choose {offered}.", NOT_FOUND)
    try:
        return _made(parse(request.query_params.get("net", "")), name)
    except BusyError as busy:
        return _said(str(busy), BUSY)
    except Refusal as refused:
        return _said(str(refused), BAD_REQUEST)
    except Exception:  # whoever waits for a file hears a sentence, whatever went wrong; the log has the rest
        _log.exception("No %s could be made", name)
        return _said(f"The {FORMATS[name].label} file could not be made: take another form.", FAILED)


def _made(spec: ArchSpec, name: str) -> Response:
    form = FORMATS[name]
    if why := form.hindrance(spec):
        raise Refusal(why)
    place = ROOM.take(COPIES * totals(spec).parameter_bytes if form.group == "Model" else PICTURE)
    with place.unless_kept():
        data = taken(spec, name)
        if isinstance(data, str):
            data = data.encode()
        place.shrink(len(data))
        return Attachment(data, form.media_type, form.file_name(spec), place)


def _said(sentence: str, status: int) -> Response:
    return PlainTextResponse(sentence + "\n", status_code=status)


ROUTES = [Route("/api/take/{form}", take)]
