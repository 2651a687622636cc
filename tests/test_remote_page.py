"""The pages where a cluster is named: it answers; without it this server does, and says so; and it is found again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import listening
from pages import opened, words
from tiny_weights import TINY, write_tiny

from app import shared_engine
from resnet_core import weights as shelf
from resnet_core.circuit import Circuit
from resnet_core.engine import Engine
from resnet_core.engine_service import service
from resnet_core.remote_backend import FELL_BACK, RemoteBackend
from resnet_core.remote_call import read_address


@pytest.fixture(autouse=True)
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One tiny network, and a cluster that is not there."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("RESNET_EXPLORER_BACKEND", "http://127.0.0.1:9")
    write_tiny(tmp_path)
    shared_engine._named.cache_clear()
    yield
    shared_engine._named.cache_clear()


def test_a_page_is_answered_by_this_server_while_the_cluster_is_gone_and_then_by_the_cluster() -> None:
    backend = shared_engine._named()
    assert isinstance(backend, RemoteBackend)
    assert FELL_BACK in words(opened("run", net=str(TINY)))
    with listening(service(Engine("cpu"))) as address:
        backend.address = read_address(address)
        backend.circuit = Circuit()  # its rest is over
        text = words(opened("run", net=str(TINY)))
    assert "ms for the network on CPU" in text
    assert FELL_BACK not in text


def test_an_address_that_is_none_is_refused_in_a_sentence_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_EXPLORER_BACKEND", "nowhere")
    assert "RESNET_EXPLORER_BACKEND is no address: take one such as http://127.0.0.1:8000." in words(
        opened("run", net=str(TINY))
    )


def test_the_labs_stay_on_the_local_engine() -> None:
    assert isinstance(shared_engine.engine(), Engine)
    assert shared_engine.engine() is shared_engine.engine()
