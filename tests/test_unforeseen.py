"""A request that breaks for a reason nobody foresaw: a sentence with every header, and the reason in the log alone."""

import logging
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


APP = Starlette(
    routes=[Route("/breaks", breaks), Route("/breaks-off", breaks_off)],
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
