"""Liveness and readiness: who is told what, and what asking costs."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from test_serving import in_a_fresh_process

from app import health, shared_engine
from resnet_core import weights

ASKED = Request({"type": "http"})


@pytest.fixture
def warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._warmed, "is_set", lambda: True)


def said(answer: Response) -> tuple[int, dict[str, Any]]:
    return answer.status_code, json.loads(bytes(answer.body))


def reason() -> str:
    status, told = said(health.ready(ASKED))
    assert (status, told["ready"]) == (503, False)
    return str(told["reason"])


def test_a_process_lives_before_it_is_ready() -> None:
    assert said(health.live(ASKED)) == (200, {"live": True})
    assert "still being loaded" in reason()


@pytest.mark.usefixtures("warmed")
def test_a_warm_process_with_room_and_weights_is_ready() -> None:
    assert said(health.ready(ASKED)) == (200, {"ready": True, "waiting": shared_engine.waiting()})


@pytest.mark.usefixtures("warmed")
def test_a_full_queue_asks_for_no_more_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    from resnet_core.engine import Engine

    full = Engine("cpu", most_waiting=0)
    assert not full.has_room
    monkeypatch.setattr(shared_engine, "made", lambda: full)
    assert "As many pictures wait" in reason()


@pytest.mark.usefixtures("warmed")
def test_a_full_queue_for_a_cluster_asks_for_no_more_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    from resnet_core.remote_backend import RemoteBackend

    monkeypatch.setenv("RESNET_EXPLORER_BACKEND", "http://127.0.0.1:9")
    monkeypatch.setattr(shared_engine, "made", lambda: None)
    shared_engine._named.cache_clear()
    try:
        assert (shared_engine.waiting(), shared_engine.most_waiting()) == (0, 0)
        cluster = shared_engine._named()
        assert isinstance(cluster, RemoteBackend)
        assert said(health.ready(ASKED)) == (200, {"ready": True, "waiting": 0})
        assert shared_engine.most_waiting() == cluster.most_waiting
        cluster.most_waiting = 0
        assert "As many pictures wait" in reason()
    finally:
        shared_engine._named.cache_clear()


@pytest.mark.usefixtures("warmed")
def test_bundled_weights_that_cannot_be_read_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tiny.json").touch()  # without its tensors
    monkeypatch.setattr(weights, "BUNDLED", tmp_path)
    assert reason().startswith("tiny.safetensors cannot be read")
    monkeypatch.setattr(weights, "BUNDLED", tmp_path / "nowhere")
    assert reason().startswith("nowhere cannot be read")


def test_asking_loads_no_torch_and_makes_no_engine() -> None:
    program = """
import sys
from starlette.requests import Request
from app import health, shared_engine

health._warmed.set()
status = health.ready(Request({"type": "http"})).status_code
print(status, "torch" in sys.modules, shared_engine._made.cache_info().currsize)
"""
    assert in_a_fresh_process(program) == "200 False 0"
