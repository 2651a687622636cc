"""A request that breaks for a reason nobody foresaw: a sentence with every header, and the reason in the log alone."""

import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from urllib.parse import urlsplit

import pytest
from http_server import listening
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.headers import HEADERS, SecurityHeaders
from app.request_ids import RequestIds
from app.unforeseen import Unforeseen


def breaks(request: Request) -> Response:
    raise ZeroDivisionError("a secret of the server")


def breaks_off(request: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        yield b"begun"
        raise ZeroDivisionError

    return StreamingResponse(parts())


async def listens(request: Request) -> Response:
    await request.body()
    return Response()


APP = Starlette(
    routes=[
        Route("/breaks", breaks),
        Route("/breaks-off", breaks_off),
        Route("/listens", listens, methods=["POST"]),
    ],
    middleware=[Middleware(RequestIds), Middleware(SecurityHeaders), Middleware(Unforeseen)],
)


@contextmanager
def asked(path: str) -> Iterator[HTTPResponse]:
    with listening(APP) as address:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
        connection.request("GET", path, headers={"X-Request-ID": "lecture-1"})
        with connection.getresponse() as answer:
            yield answer
        connection.close()


def test_what_breaks_is_answered_in_a_sentence_with_every_header(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), asked("/breaks") as answer:
        said = answer.read().decode()
    assert answer.status == 500
    assert said.startswith("Something broke here: try again.")
    assert "lecture-1" in said
    assert "secret" not in said
    assert "a secret of the server" in caplog.text
    assert answer.headers["X-Request-ID"] == "lecture-1"
    assert {*HEADERS, "content-security-policy"} <= {name.lower() for name in answer.headers}


def test_an_answer_that_has_begun_is_cut_off_and_not_taken_for_a_whole_one() -> None:
    with asked("/breaks-off") as answer, pytest.raises(IncompleteRead):
        answer.read()


def test_who_leaves_in_the_middle_of_a_request_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[bool] = []

    async def whole(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await APP(scope, receive, send)
        finally:
            ended.append(True)

    with caplog.at_level(logging.ERROR), listening(whole) as address:
        connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
        connection.putrequest("POST", "/listens")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"begun")
        connection.close()
        for _ in range(600):
            if ended:
                break
            time.sleep(0.05)
    assert ended
    assert caplog.messages == []
