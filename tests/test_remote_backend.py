"""A backend elsewhere that lies, mumbles, sleeps or is gone: whoever asks gets the right answer, or one sentence."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bad_messages import damaged, spoken, with_tensors, with_words
from http_server import listening
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tiny_weights import TINY, unwritten, write_tiny

from resnet_core import build, engine_service, remote_call, request_id, wire_messages
from resnet_core import remote_backend as module
from resnet_core import weights as shelf
from resnet_core.backend import (
    Answer,
    BusyError,
    EngineError,
    FailedError,
    InferenceBackend,
    LeftError,
    Request,
    Ticket,
    fingerprint,
)
from resnet_core.circuit import FAILURES, FIRST_REST, LONGEST_REST, Circuit
from resnet_core.engine import Engine
from resnet_core.engine_service import service, token_digest
from resnet_core.loading import write_weights
from resnet_core.operation import Operation
from resnet_core.remote_backend import ELSEWHERE, FELL_BACK, NOT_THERE, TOO_LARGE, RemoteBackend, named_backend
from resnet_core.remote_call import Address, AddressError, Call, Unanswered, read_address
from resnet_core.wire import (
    ANSWER,
    CONTENT_TYPE,
    PLACE,
    PROTOCOL,
    REFUSAL,
    WireError,
    frame,
    refusal,
    unpack,
)
from resnet_core.wire_messages import answer_message, read_answer, read_request, request_message


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is looked into, with one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    wire_messages._found.cache_clear()  # of the same weights in another test's folder
    return tmp_path


@pytest.fixture
def local() -> Engine:
    return Engine("cpu")


def asked(value: float = 0.5, **more: object) -> Request:
    return Request(shelf.require_card(TINY), TINY, np.full((3, *TINY.size), value, np.float32), exact=True, **more)  # type: ignore[arg-type]


def remote(address: str, local: InferenceBackend, **more: object) -> RemoteBackend:
    return RemoteBackend(read_address(address), lambda: local, **more)  # type: ignore[arg-type]


Reply = Callable[[bytes], Response]


def saying(reply: Reply) -> ASGIApp:
    """A backend that is always ready, and then replies as it pleases."""

    async def infer(request: HttpRequest) -> Response:
        return reply(await request.body())

    async def ready(request: HttpRequest) -> Response:
        return Response(json.dumps({"protocol": PROTOCOL, "device": "a liar"}))

    return Starlette(routes=[Route("/infer", infer, methods=["POST"]), Route("/ready", ready)])


def honest(message: bytes, **changed: object) -> bytes:
    """The right answer to a request, or one that was changed."""
    question = read_request(message)
    return answer_message(question, replace(Engine("cpu").submit(question.request).result(60), **changed))  # type: ignore[arg-type]


LIES: dict[str, Reply] = {
    "nothing": lambda message: Response(b""),
    "a page": lambda message: PlainTextResponse("<html>It works!</html>"),
    "an error page": lambda message: PlainTextResponse("Internal Server Error", 500),
    "no reason": lambda message: Response(json.dumps({"kind": "whim", "said": "No."}), 503),
    "noise": lambda message: Response(np.random.default_rng(0).bytes(5000)),
    "half a frame": lambda message: Response(frame(ANSWER, honest(message))[:-20]),
    "an unknown frame": lambda message: Response(frame(b"X", b"")),
    "a place of no number": lambda message: Response(frame(PLACE, b'{"place": "first"}')),
    "a place that is negative": lambda message: Response(frame(PLACE, b'{"place": -1}')),
    "a place behind everybody": lambda message: Response(
        frame(PLACE, b'{"place": 1%s}' % (b"0" * 4000)) + frame(ANSWER, honest(message))
    ),
    "deep JSON": lambda message: Response(frame(PLACE, b"[" * 9000)),
    "no safetensors": lambda message: Response(frame(ANSWER, b"\x80\x04cos\nsystem\n")),
    "a header without end": lambda message: Response(frame(ANSWER, b"\xff" * 8 + b"{}")),
    "a damaged number": lambda message: Response(frame(ANSWER, damaged(honest(message)))),
    "somebody else's answer": lambda message: Response(frame(ANSWER, with_words(honest(message), id="7"))),
    "another picture's answer": lambda message: Response(
        frame(ANSWER, with_words(honest(message), picture=fingerprint(asked(0.25).array)))
    ),
    "other weights' answer": lambda message: Response(frame(ANSWER, with_words(honest(message), weights="0" * 64))),
    "another network's answer": lambda message: Response(frame(ANSWER, with_words(honest(message), net="resnet-50"))),
    "too many classes": lambda message: Response(
        frame(ANSWER, with_tensors(honest(message), logits=np.zeros(8, np.float32)))
    ),
    "a tensor too many": lambda message: Response(
        frame(ANSWER, with_tensors(honest(message), gift=np.zeros(8, np.float32)))
    ),
    "no numbers": lambda message: Response(
        frame(ANSWER, with_tensors(honest(message), logits=np.full(7, np.nan, np.float32)))
    ),
    "an infinite number": lambda message: Response(
        frame(ANSWER, with_tensors(honest(message), logits=np.array([np.inf, -np.inf, *[0] * 5], np.float32)))
    ),
    "times that are none": lambda message: Response(frame(ANSWER, with_words(honest(message), milliseconds="NaN"))),
    "a time without measure": lambda message: Response(
        frame(ANSWER, with_words(honest(message), milliseconds=10**400))
    ),
    "an endless time": lambda message: Response(frame(ANSWER, with_words(honest(message), milliseconds=float("inf")))),
    "a batch of none": lambda message: Response(frame(ANSWER, with_words(honest(message), together=0))),
    "a device of controls": lambda message: Response(frame(ANSWER, with_words(honest(message), device="a\x1b[2J"))),
    "notes without end": lambda message: Response(frame(ANSWER, with_words(honest(message), notes=["n"] * 99))),
    "a novel": lambda message: Response(frame(REFUSAL, refusal("engine", "word " * 1000))),
    "a failure of its own": lambda message: Response(frame(REFUSAL, refusal("failed", "My memory is full."))),
}


@pytest.mark.parametrize("lie", LIES)
def test_whatever_a_backend_says_that_is_no_answer_this_machine_gives_the_right_one(lie: str, local: Engine) -> None:
    with listening(saying(LIES[lie])) as address:
        answer = remote(address, local).submit(asked()).result(60)
    assert answer.notes == (FELL_BACK,)
    np.testing.assert_array_equal(answer.logits, local.submit(asked()).result(60).logits)


def test_the_same_backend_is_believed_when_it_tells_the_truth(local: Engine) -> None:
    """The positive control of the test above."""
    with listening(saying(lambda message: Response(frame(ANSWER, honest(message))))) as address:
        assert remote(address, local).submit(asked()).result(60).notes == ()


def test_an_answer_larger_than_what_was_asked_for_is_not_even_read(local: Engine) -> None:
    sent = [0]

    async def endless() -> "AsyncIterator[bytes]":  # type: ignore[misc]
        yield ANSWER + (2**32 - 1).to_bytes(4, "big")
        while sent[0] < 2**30:
            sent[0] += 2**20
            yield bytes(2**20)
            await asyncio.sleep(0.01)  # in which it hears that nobody reads

    with listening(saying(lambda message: StreamingResponse(endless()))) as address:  # type: ignore[arg-type]
        assert remote(address, local).submit(asked()).result(60).notes == (FELL_BACK,)
    assert sent[0] < 100 * 2**20


@pytest.mark.parametrize(
    ("kind", "status", "note"),
    [("protocol", 409, FELL_BACK), ("token", 401, FELL_BACK), ("weights", 404, NOT_THERE)],
)
def test_what_another_version_or_other_weights_would_say_this_machine_says(
    kind: str, status: int, note: str, local: Engine
) -> None:
    tried = []

    def reply(message: bytes) -> Response:
        tried.append(message)
        return Response(refusal(kind, "It is otherwise here."), status)  # type: ignore[arg-type]

    with listening(saying(reply)) as address:
        backend = remote(address, local)
        assert backend.submit(asked()).result(60).notes == (note,)
        assert backend.submit(asked()).result(60).notes == (note,)
    assert len(tried) == (2 if kind == "weights" else 1)  # who will not do better is left alone for long


def test_what_cannot_be_run_anywhere_is_refused_in_the_backends_words(local: Engine) -> None:
    unable = saying(lambda message: Response(refusal("engine", "Take a smaller size."), 422))
    with listening(unable) as address, pytest.raises(EngineError, match=r"^Take a smaller size\.$"):
        remote(address, local).submit(asked()).result(60)


def test_weights_that_answer_no_number_are_no_failure_of_the_backend(local: Engine, folder: Path) -> None:
    state = {name: value * float("nan") for name, value in build(TINY).state_dict().items()}
    request = replace(asked(), card=write_weights(state, unwritten(folder)))
    with listening(service(Engine("cpu"))) as address:
        backend = remote(address, local, circuit=Circuit())
        for _ in range(FAILURES):
            with pytest.raises(EngineError, match=f"^What {TINY} answers is no number: take other weights"):
                backend.submit(request).result(60)
        assert not backend.circuit.is_open
        write_tiny(folder)
        assert backend.submit(asked()).result(60).notes == ()


def test_weights_that_the_backend_lacks_are_used_here(local: Engine, folder: Path, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    with listening(service(Engine("cpu"))) as address:
        backend = remote(address, local)
        assert backend.submit(asked()).result(60).notes == ()
        request = asked()
        elsewhere = replace(request.card, sha256="0" * 64)
        ticket = backend.submit(replace(request, card=elsewhere))
        with pytest.raises(shelf.WeightsError, match="is damaged or not the one"):  # and so the local engine says
            ticket.result(60)


def test_an_answer_too_large_to_travel_is_given_here(local: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ANSWER", 1)
    assert remote("http://127.0.0.1:9", local).submit(asked()).result(60).notes == (TOO_LARGE,)


# --- who is slow, half there or gone


def test_nobody_there_is_found_out_and_then_left_alone(local: Engine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and never listens
        backend = remote(f"http://127.0.0.1:{taken.getsockname()[1]}", local)
        assert [backend.submit(asked()).result(60).notes for _ in range(3)] == [(FELL_BACK,)] * 3
        assert backend.circuit.is_open


@contextmanager
def deaf(say: bytes = b"") -> Iterator[str]:
    """Accepts connections, says something and then nothing more."""
    held = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                held.append(connection)
                connection.sendall(say)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("say", [b"", b"HTTP/1.1 200 O", BEGUN, BEGUN + frame(PLACE, b'{"place": 2}')])
def test_half_a_connection_is_given_up_after_a_silence(
    say: bytes, local: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_call, "SILENCE", 0.1)
    with deaf(say) as address:
        assert remote(address, local).submit(asked()).result(60).notes == (FELL_BACK,)


def test_who_is_busy_for_too_long_is_not_waited_for_and_nobody_else_is_asked(local: Engine) -> None:
    async def waiting() -> "AsyncIterator[bytes]":  # type: ignore[misc]
        for _ in range(500):
            yield frame(PLACE, b'{"place": 3}')
            await asyncio.sleep(0.02)

    with listening(saying(lambda message: StreamingResponse(waiting()))) as address:  # type: ignore[arg-type]
        ticket = remote(address, local, patience=0.5).submit(asked())
        with pytest.raises(BusyError, match=r"^Other pictures took too long: try again in a moment\.$"):
            ticket.result(60)


def test_a_head_that_drips_without_end_ends_when_the_time_is_over() -> None:
    left = []

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            for _ in range(2000):
                connection.sendall(b"a")
                time.sleep(0.01)
            left.append(True)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        call = remote_call.Call(read_address(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        with pytest.raises(remote_call.Unanswered) as ended:
            call.ready(time.monotonic() + 0.3)
        assert not left, "The call lasted as long as the drip."
        thread.join(60)
    assert ended.value.kind == "late"


@pytest.mark.parametrize("say", [b"", BEGUN])
def test_a_time_that_is_up_is_neither_an_answer_nor_a_failure(say: bytes, local: Engine) -> None:
    with deaf(say) as address:
        backend = remote(address, local)
        for _ in range(FAILURES - 1):
            backend.circuit.failed()
        backend.patience = 0.2
        with pytest.raises(BusyError, match="took too long"):
            backend.submit(asked()).result(60)
    assert not backend.circuit.is_open
    backend.circuit.failed()  # the last in a row, for nobody answered meanwhile
    assert backend.circuit.is_open


def test_the_place_elsewhere_reaches_whoever_waits(local: Engine) -> None:
    gone, may_go = [], threading.Event()

    async def waiting(message: bytes) -> "AsyncIterator[bytes]":  # type: ignore[misc]
        while not may_go.is_set():
            yield frame(PLACE, b'{"place": 3}')
            await asyncio.sleep(0.02)
        gone.append(True)
        yield frame(ANSWER, honest(message))

    with listening(saying(lambda message: StreamingResponse(waiting(message)))) as address:  # type: ignore[arg-type]
        ticket = remote(address, local).submit(asked())
        until(lambda: ticket.place() == 3)
        may_go.set()
        assert ticket.result(60).notes == ()
        assert ticket.place() == 0


@pytest.mark.parametrize("reply", [Response(status_code=429), Response(refusal("busy", "64 wait already."), 503)])
def test_a_full_backend_is_asked_again_until_there_is_room(reply: Response, local: Engine) -> None:
    room, seen = threading.Event(), threading.Event()

    def answer(message: bytes) -> Response:
        seen.set()
        return Response(frame(ANSWER, honest(message))) if room.is_set() else reply

    with listening(saying(answer)) as address:
        backend = remote(address, local)
        ticket = backend.submit(asked())
        assert seen.wait(60)
        until(lambda: ticket.place() == 1)
        room.set()
        assert ticket.result(60).notes == ()
        assert not backend.circuit.is_open
    full = saying(lambda message: reply)
    with listening(full) as address, pytest.raises(BusyError, match="try again in a moment"):
        remote(address, local, patience=0.3).submit(asked()).result(60)


def test_a_failure_is_followed_by_another_replica_which_answers(local: Engine) -> None:
    asked_of: list[str] = []

    async def infer(request: HttpRequest) -> Response:
        asked_of.append(request.headers[module.MODEL_HEADER])
        body = await request.body()
        return Response(frame(ANSWER, honest(body))) if len(asked_of) == 3 else PlainTextResponse("died", 500)

    with listening(Starlette(routes=[Route("/infer", infer, methods=["POST"])])) as address:
        assert remote(address, local).submit(asked()).result(60).notes == ()
    weights = shelf.require_card(TINY).sha256
    assert asked_of == [f"{weights}:{failures}" for failures in range(3)]


def test_a_request_has_one_id_on_both_sides_and_each_attempt_a_number_of_its_own(local: Engine) -> None:
    served: list[Request] = []
    far = Engine("cpu")

    class Noting:
        device_name = "CPU"

        def submit(self, request: Request) -> Ticket:
            served.append(request)
            return far.submit(request)

    with listening(service(Noting())) as address:
        assert remote(address, local).submit(asked(id="lecture-7.3")).result(60).notes == ()
        assert [request.id for request in served] == ["lecture-7.3"]
        message = request_message(asked(), "1", 10)
        call = Call(read_address(address))
        call.answer(message, {"X-Request-ID": "a b"}, 2**30, time.monotonic() + 30, lambda place: None)
    assert request_id.accepted(served[1].id) == served[1].id  # a fresh one for what is none
    numbers: list[object] = []

    def reply(message: bytes) -> Response:
        numbers.append(unpack(message)[0]["id"])
        return PlainTextResponse("died", 500)

    with listening(saying(reply)) as address:
        remote(address, local).submit(asked(id="lecture-7.4")).result(60)
    assert len({*numbers, "lecture-7.4"}) == len(numbers) + 1 == module.ATTEMPTS + 1


def test_a_failure_that_nobody_foresaw_is_named_by_its_id() -> None:
    said: list[str] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(request_id.current())

    def broken() -> InferenceBackend:
        raise ZeroDivisionError

    logger, handler = logging.getLogger(module.__name__), Noting(logging.ERROR)
    logger.addHandler(handler)
    try:
        backend = RemoteBackend(read_address("http://127.0.0.1:9"), broken)
        with pytest.raises(FailedError, match=r"the server's log says why, under lecture-7\.5\.$"):
            backend.submit(asked(id="lecture-7.5")).result(60)
    finally:
        logger.removeHandler(handler)
    assert said == ["lecture-7.5"]


def test_who_leaves_is_left_by_the_backend_too(local: Engine) -> None:
    hung_up = threading.Event()

    class Waiting:
        device_name = "CPU"

        def submit(self, request: Request) -> Ticket:
            return Never(hung_up)

    with listening(service(Waiting())) as address:
        ticket = remote(address, local).submit(asked())
        until(lambda: ticket.place() == 5)
        assert ticket.leave()
        assert not ticket.leave()
        with pytest.raises(LeftError, match="was taken out of the queue"):
            ticket.result(60)
        assert hung_up.wait(60)


@pytest.mark.parametrize("gone", ["before its first frame", "while it is queued"])
def test_who_goes_before_anything_is_said_leaves_no_place_taken(gone: str) -> None:
    left, queued, may_queue = threading.Event(), threading.Event(), threading.Event()

    class Waiting:
        device_name = "CPU"

        def submit(self, request: Request) -> Ticket:
            queued.set()
            assert may_queue.wait(60)
            return Never(left)

    headers = {"content-type": CONTENT_TYPE, "x-protocol": str(PROTOCOL)}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/infer",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    message = request_message(asked(), "1", 10)

    coming: list[Message] = [{"type": "http.request", "body": message, "more_body": False}]

    async def receive() -> Message:
        return coming.pop() if coming else await asyncio.Future()

    async def send(said: Message) -> None:
        raise OSError("nobody reads")

    async def ask() -> None:
        asking = asyncio.create_task(service(Waiting())(scope, receive, send))
        assert await asyncio.to_thread(queued.wait, 60)
        if gone == "while it is queued":
            asking.cancel()
        with suppress(asyncio.CancelledError, OSError, ClientDisconnect):
            if gone == "before its first frame":
                may_queue.set()
            await asking
        may_queue.set()
        assert await asyncio.to_thread(left.wait, 60)

    asyncio.run(ask())


class Never:
    """A place in a queue that does not move."""

    def __init__(self, left: threading.Event) -> None:
        self._left = left

    def place(self) -> int:
        return 5

    def leave(self) -> bool:
        self._left.set()
        return True

    def done(self) -> bool:
        return False

    def wait(self, timeout: float) -> bool:
        return False

    def result(self, timeout: float | None = None) -> Answer:
        raise BusyError("Other pictures took too long: try again in a moment.")

    def when_done(self, tell: Callable[[Ticket], object]) -> None:
        pass


def test_a_full_queue_here_says_so_at_once_and_threads_are_few(local: Engine) -> None:
    with deaf() as address:
        backend = remote(address, local, most_waiting=3, most_calls=2)
        tickets = [backend.submit(asked()) for _ in range(2)]
        until(lambda: not backend._waiting)
        tickets += [backend.submit(asked()) for _ in range(3)]
        with pytest.raises(BusyError, match=r"^3 pictures wait already: try again in a moment\.$"):
            backend.submit(asked())
        assert [ticket.place() for ticket in tickets[2:]] == [0, 1, 2]
        assert sum(thread.name == "remote" for thread in threading.enumerate()) >= 2
        assert len(backend._threads) == 2
        backend.close()
        assert not backend._threads
        for ticket in tickets:
            with pytest.raises(LeftError):
                ticket.result(60)
        with pytest.raises(EngineError, match="is stopping"):
            backend.submit(asked())


def test_it_is_asked_again_once_it_has_rested_and_says_that_it_is_ready(local: Engine) -> None:
    clock = [0.0]
    backend = remote("http://127.0.0.1:9", local, circuit=Circuit(lambda: clock[0]))
    assert backend.submit(asked()).result(60).notes == (FELL_BACK,)
    with listening(service(Engine("cpu"))) as address:
        backend.address = read_address(address)
        assert backend.submit(asked()).result(60).notes == (FELL_BACK,)
        clock[0] += 2 * LONGEST_REST
        assert backend.submit(asked()).result(60).notes == ()
        assert not backend.circuit.is_open


def test_clocks_that_jump_change_nothing(local: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(service(Engine("cpu"))) as address:
        backend = remote(address, local)
        now = time.time
        for jump in (-1e9, 1e9):
            monkeypatch.setattr(time, "time", lambda jump=jump: now() + jump)
            assert backend.submit(asked()).result(60).notes == ()


# --- the circuit


def test_a_circuit_opens_after_failures_in_a_row_and_each_failed_trial_doubles_its_rest() -> None:
    clock = [0.0]
    circuit = Circuit(lambda: clock[0])
    for _ in range(FAILURES - 1):
        circuit.failed()
    circuit.succeeded()
    for _ in range(FAILURES - 1):
        circuit.failed()
        assert circuit.lets(pytest.fail)
    circuit.failed()
    trials = []
    for rest in (FIRST_REST, 2 * FIRST_REST, 4 * FIRST_REST):
        clock[0] += 0.7 * rest
        assert not circuit.lets(pytest.fail)
        clock[0] += 0.6 * rest
        assert not circuit.lets(lambda: bool(trials.append(1)))
    assert len(trials) == 3
    circuit.succeeded()  # an answer from before
    assert circuit.is_open
    clock[0] += 100
    assert circuit.lets(lambda: True)
    assert not circuit.is_open


def test_one_of_those_who_come_runs_the_trial_and_the_others_go_elsewhere() -> None:
    clock = [0.0]
    circuit = Circuit(lambda: clock[0])
    circuit.failed(for_certain=True)
    clock[0] += 2 * LONGEST_REST
    others: list[bool] = []

    def trial() -> bool:
        others.append(circuit.lets(pytest.fail))
        return True

    assert circuit.lets(trial)
    assert others == [False]


def test_a_trial_that_breaks_is_one_that_failed() -> None:
    clock = [0.0]
    circuit = Circuit(lambda: clock[0])
    circuit.failed(for_certain=True)
    clock[0] += 2 * LONGEST_REST
    with pytest.raises(ZeroDivisionError):
        circuit.lets(lambda: bool(1 / 0))
    clock[0] += 2 * LONGEST_REST
    assert circuit.lets(lambda: True)


# --- addresses


@pytest.mark.parametrize(
    ("text", "host", "port", "tls"),
    [
        ("http://127.0.0.1:8123", "127.0.0.1", 8123, False),
        ("ray://head:10001/", "head", 10001, False),
        ("https://[::1]", "::1", 8000, True),
    ],
)
def test_an_address_is_read(text: str, host: str, port: int, tls: bool) -> None:
    assert read_address(text, "secret") == Address(host, port, tls, "secret")
    assert "secret" not in f"{read_address(text, 'secret')!r}"


@pytest.mark.parametrize(
    "text", ["", "localhost:8000", "ftp://a", "http://", "http://a:b", "http://a/infer", "http://[::1", "http://u@a"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match="is no address: take one such as"):
        read_address(text)


def test_a_token_that_cannot_travel_is_refused_without_being_shown() -> None:
    with pytest.raises(AddressError, match="letters that do not travel") as refused:
        read_address("http://a", "a\r\nb")
    assert "a\r\nb" not in str(refused.value)


def test_the_variable_names_the_backend_and_without_it_this_machine_answers(
    local: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RESNET_EXPLORER_BACKEND", raising=False)
    assert named_backend(lambda: local) is local
    monkeypatch.setenv("RESNET_EXPLORER_BACKEND", "http://127.0.0.1:9")
    named = named_backend(pytest.fail)
    assert isinstance(named, RemoteBackend)


def test_the_device_is_learned_from_answers_and_nobody_is_asked_for_it(local: Engine) -> None:
    connections: list[object] = []

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        connections.append(scope["path"])
        await far(scope, receive, send)

    far = service(Engine("cpu"))
    with listening(counting) as address:
        backend = remote(address, local)
        assert backend.device_name == ELSEWHERE
        answer = backend.submit(asked()).result(60)
        assert backend.device_name == answer.device
    assert connections == ["/infer"]


# --- the other side


@contextmanager
def serving(token: str | None = None) -> Iterator[Call]:
    with listening(service(Engine("cpu"), token_digest(token) if token else None)) as address:
        yield Call(read_address(address, token))


def sent(call: Call, message: bytes, **headers: str) -> str:
    """Why a service does not answer."""
    with pytest.raises(Unanswered) as why:
        call.answer(message, headers, 2**30, time.monotonic() + 30, lambda place: None)
    return f"{why.value.kind}: {why.value}"


def test_a_service_refuses_other_protocols_pages_of_browsers_and_strangers() -> None:
    message = request_message(asked(), "1", 10)
    with serving("secret") as call:
        assert (
            sent(call, message, **{"X-Protocol": "0"})
            == f"protocol: This is protocol {PROTOCOL}: run the same version on both sides."
        )
        assert (
            sent(call, message, **{"Content-Type": "text/plain"}) == f"protocol: What is sent should be {CONTENT_TYPE}."
        )
        for token in (None, "Secret", "secret2"):
            stranger = Call(replace(call.address, token=token))
            assert sent(stranger, message) == "token: Who asks does not know the token."
            with pytest.raises(Unanswered, match="does not know the token"):
                stranger.ready(time.monotonic() + 30)
        assert call.ready(time.monotonic() + 30).startswith("CPU")


def test_a_service_reads_no_more_than_may_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_service, "MOST_REQUEST", 1000)
    with serving() as call:
        assert sent(call, bytes(100_000)).startswith("engine: The request is larger than can be read")


def test_who_stops_in_the_middle_of_a_request_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_service, "REQUEST_STALLS", 0.1)
    message = request_message(asked(), "1", 10)
    with serving() as call, socket.create_connection((call.address.host, call.address.port), timeout=10) as one:
        one.sendall(spoken(message, "")["a length that is too large"])
        assert b"The request took too long to arrive." in b"".join(iter(lambda: one.recv(65536), b""))


def test_a_service_names_weights_that_are_not_there_and_finds_them_once_they_are(folder: Path) -> None:
    message = request_message(asked(), "1", 10)
    moved = folder / "elsewhere"
    moved.mkdir()
    files = [path for path in folder.iterdir() if path.is_file()]
    with serving() as call:
        for path in files:
            path.rename(moved / path.name)
        assert sent(call, message).startswith("weights: These weights of")
        for path in files:
            (moved / path.name).rename(path)
        assert call.answer(message, {}, 2**30, time.monotonic() + 30, lambda place: None)


def test_a_message_holds_what_was_put_in_and_no_other_version_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked(taps=("layer1.0", "fc"), cams=("layer3.0",), target=2)
    message = request_message(request, "9", 3.5)
    question = read_request(message)
    assert (question.id, question.patience) == ("9", 3.5)
    np.testing.assert_array_equal(question.request.array, request.array)
    fields = ("card", "spec", "taps", "cams", "target", "exact", "operation")
    assert [getattr(question.request, field) for field in fields] == [getattr(request, field) for field in fields]
    done = Operation(("layer1.0",), ("layer2.1", "layer2.0"), 0.5)
    with pytest.raises(EngineError, match="has to name blocks"):
        read_request(request_message(asked(operation=done), "9", 3.5))
    done = Operation(("layer1.0",), (), 0.5)
    assert read_request(request_message(asked(operation=done), "9", 3.5)).request.operation == done
    answer = Engine("cpu").submit(request).result(60)
    found = read_answer(answer_message(question, answer), request, "9")
    assert found.picture == answer.picture == fingerprint(request.array)
    np.testing.assert_array_equal(found.cams["layer3.0"], answer.cams["layer3.0"])
    np.testing.assert_array_equal(found.taps["fc"], answer.taps["fc"])
    monkeypatch.setattr("resnet_core.wire.PROTOCOL", PROTOCOL + 1)
    with pytest.raises(WireError, match="no message of this version"):
        read_request(message)


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "It did not come to that."
        time.sleep(0.01)
