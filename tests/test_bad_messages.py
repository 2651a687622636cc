"""Whatever comes to a backend's own entrance, over plain HTTP and over Ray's: one sentence of the right kind, nothing
executed, and whoever asks next is answered."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import numpy as np
import pytest
from bad_messages import MESSAGES, UNPICKLED, spoken
from cluster_server import TOKEN, ClusterServer, needs_ray
from http_server import listening

from resnet_core import parse
from resnet_core.backend import Request
from resnet_core.engine import Engine
from resnet_core.engine_service import service, token_digest
from resnet_core.remote_call import Call, Unanswered, read_address
from resnet_core.weights import require_card
from resnet_core.wire import MOST_SAID
from resnet_core.wire_messages import read_answer, request_message

NET = parse("cifar-resnet-20")
NOISE = np.random.default_rng(0).standard_normal((3, *NET.size)).astype(np.float32)
ASKED = Request(require_card(NET), NET, NOISE, exact=True)
MESSAGE = request_message(ASKED, "1", 60)
RIGHT = Engine("cpu").submit(ASKED).result(60).logits
SILENT = 40
"""Sockets that say half a thing all the while."""


@pytest.fixture(scope="module", params=["http", pytest.param("ray", marks=needs_ray)])
def call(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Call]:
    """An entrance at which others have begun to say something, and do not go on."""
    with ExitStack() as stack:
        if request.param == "http":
            address = stack.enter_context(listening(service(Engine("cpu"), token_digest(TOKEN))))
        else:
            server = ClusterServer(tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("cluster") / "log")
            stack.callback(server.clear)
            server.start()
            address = server.address
        found = Call(read_address(address, TOKEN))
        for number in range(SILENT):
            one = stack.enter_context(socket.create_connection((found.address.host, found.address.port)))
            one.sendall(spoken(MESSAGE, TOKEN)["a length that is too large"][: number * 40])
        yield found


def answers(call: Call) -> None:
    """Whoever asks gets the right answer."""
    found = call.answer(MESSAGE, {}, 2**30, time.monotonic() + 60, lambda place: None)
    np.testing.assert_allclose(read_answer(found, ASKED, "1").logits, RIGHT, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", MESSAGES)
def test_what_is_no_request_is_refused_in_a_sentence_and_the_next_is_answered(call: Call, name: str) -> None:
    bad = MESSAGES[name]
    with pytest.raises(Unanswered) as refused:
        call.answer(bad.made(MESSAGE), {}, 2**30, time.monotonic() + 60, lambda place: None)
    sentence = str(refused.value)
    assert refused.value.kind == bad.kind, sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) <= MOST_SAID
    assert not UNPICKLED.exists()
    answers(call)


@pytest.mark.parametrize("name", spoken(MESSAGE, TOKEN))
def test_what_is_no_http_is_refused_and_the_next_is_answered(call: Call, name: str) -> None:
    with socket.create_connection((call.address.host, call.address.port), timeout=60) as one:
        one.sendall(spoken(MESSAGE, TOKEN)[name])
        one.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: one.recv(65536), b""))
    assert said[:10] in (b"", b"HTTP/1.1 4")
    assert b"Traceback" not in said
    answers(call)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, np.finfo(np.float32).max])
def test_pixels_that_are_no_numbers_reach_nobody_elses_answer(call: Call, value: float) -> None:
    array = np.full((3, *NET.size), value, np.float32)
    message = request_message(Request(ASKED.card, NET, array, exact=True), "2", 60)
    with suppress(Unanswered):  # of what is no number; a network may make numbers of the greatest
        call.answer(message, {}, 2**30, time.monotonic() + 60, lambda place: None)
    answers(call)


def test_more_than_a_request_may_have_is_refused_before_it_is_read(call: Call) -> None:
    with pytest.raises(Unanswered, match=r"larger than can be read|reset|Broken pipe"):
        call.answer(bytes(65 * 2**20), {}, 2**30, time.monotonic() + 60, lambda place: None)
    answers(call)
