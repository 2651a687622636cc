"""How each request ends is told once: answered, busy, left, failed or refused."""

import io
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_weights import TINY, write_tiny

from app import logs
from resnet_core import weights as shelf
from resnet_core.backend import Answer, FailedError, Request
from resnet_core.engine import Engine
from resnet_core.execution import Execution
from resnet_core.observing import Observation, Observed
from resnet_core.refusal import Refusal
from resnet_core.weights import require_card


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)


def request(**asked: Any) -> Request:
    return Request(require_card(TINY), TINY, np.zeros((3, *TINY.size), np.float32), **asked)


def outcomes(engine: Engine, *requests: Request) -> list[Observation]:
    """What an observer is told of some requests, waited for one by one."""
    told: list[Observation] = []
    observed = Observed(engine, told.append)
    for one in requests:
        with suppress(Refusal):
            observed.submit(one).result(60)
    return told


def test_an_answer_is_told_with_its_request_and_its_time() -> None:
    asked = request(id="mine")
    (told,) = outcomes(Engine("cpu"), asked)
    assert told.request is asked
    assert told.outcome == "answered"
    assert isinstance(told.ended, Answer)
    assert told.seconds * 1e3 >= told.ended.milliseconds


def test_it_answers_what_the_engine_answers() -> None:
    engine = Engine("cpu")
    observed = Observed(engine, lambda _: None)
    assert observed.device_name == engine.device_name
    expected = engine.submit(request()).result(60).logits
    np.testing.assert_array_equal(observed.submit(request()).result(60).logits, expected)


def test_what_the_queue_has_no_room_for_is_busy_and_what_cannot_be_run_is_refused() -> None:
    assert [told.outcome for told in outcomes(Engine("cpu", most_waiting=0), request())] == ["busy"]
    assert [told.outcome for told in outcomes(Engine("cpu"), request(target=9_999))] == ["refused"]


def test_who_leaves_the_queue_has_left() -> None:
    engine = Engine("cpu")
    begun, go = threading.Event(), threading.Event()

    def blocking() -> Any:
        begun.set()
        go.wait(60)
        yield 1

    told: list[Observation] = []
    engine.experiment(blocking())
    assert begun.wait(60)
    ticket = Observed(engine, told.append).submit(request())
    assert engine.state().waiting == 1
    assert ticket.leave()
    go.set()
    assert [one.outcome for one in told] == ["left"]


def test_a_failure_is_told_and_stands_in_the_log_under_the_id_that_the_page_shows(
    log_as_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Execution, requests: Any) -> Any:
        raise ZeroDivisionError("nobody foresaw it")

    monkeypatch.setattr(Execution, "answers", fail)
    stream = io.StringIO()
    logs.set_up({"RESNET_EXPLORER_LOG": "json"}, stream)
    (told,) = outcomes(Engine("cpu"), request(id="7f3a"))
    assert told.outcome == "failed"
    assert isinstance(told.ended, FailedError)
    assert "under 7f3a" in str(told.ended)
    assert "/" not in str(told.ended)
    assert '"request": "7f3a"' in stream.getvalue()
    assert "nobody foresaw it" in stream.getvalue()


def test_an_engine_says_what_it_holds() -> None:
    engine = Engine("cpu", most_waiting=5, most_together=3, most_kept_bytes=10**6)
    before = engine.state()
    assert (before.waiting, before.networks, before.kept_bytes, before.experiments) == (0, 0, 0, 0)
    assert (before.most_waiting, before.most_together, before.most_kept_bytes) == (5, 3, 10**6)
    engine.submit(request(exact=True)).result(60)
    after = engine.state()
    assert after.networks == 1
    assert after.kept_bytes == engine.execution.kept.bytes > 0
    assert after.device == engine.device_name
