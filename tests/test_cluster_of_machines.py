"""Two machines that Ray joined, both of them this one: engines come with demand, and a machine may die."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from cluster_server import REPLICA, TOKEN, ClusterServer, needs_ray
from tiny_weights import TINY, write_tiny

from resnet_core import weights as shelf
from resnet_core.backend import Answer, Request
from resnet_core.engine import Engine
from resnet_core.remote_backend import FELL_BACK, RemoteBackend
from resnet_core.remote_call import read_address

pytestmark = needs_ray
GROWS_WITHIN = 120.0


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterServer]:
    folder = tmp_path / "weights"
    folder.mkdir()
    write_tiny(folder)
    monkeypatch.setattr(shelf, "BUNDLED", folder)
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(folder))
    server = ClusterServer(folder, tmp_path / "log")
    try:
        server.start_on_machines(2)
        yield server
    finally:
        server.clear()


def requests(number: int) -> list[Request]:
    noise = np.random.default_rng(0).standard_normal((number, 3, *TINY.size)).astype(np.float32)
    return [Request(shelf.require_card(TINY), TINY, picture, exact=True) for picture in noise]


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + GROWS_WITHIN
    while not holds():
        assert time.monotonic() < end, "It did not come to that."
        time.sleep(0.2)


def test_engines_come_with_demand_on_another_machine_and_a_machine_that_dies_costs_no_answer(
    cluster: ClusterServer,
) -> None:
    with closing(Engine("cpu")) as local:
        remote = RemoteBackend(read_address(cluster.address, TOKEN), lambda: local)
        asked = requests(32)
        expected = [local.submit(request).result(60) for request in asked]
        enough = threading.Event()

        def ask() -> list[Answer]:
            """Thirty-two at a time, until it is enough; each has the answer to its own picture."""
            answers: list[Answer] = []
            while not enough.is_set():
                for ticket, right in zip([remote.submit(request) for request in asked], expected, strict=True):
                    answers.append(ticket.result(120))
                    np.testing.assert_allclose(answers[-1].logits, right.logits, rtol=1e-3, atol=1e-4)
            return answers

        assert len(cluster.pids(REPLICA)) == 1
        with ThreadPoolExecutor(1) as pool:
            asking = pool.submit(ask)
            try:
                until(lambda: asking.done() or len(cluster.pids(REPLICA)) == 2)
                assert {cluster.machine_of(pid) for pid in cluster.pids(REPLICA)} == {0, 1}
                os.killpg(cluster.machines[1].pid, signal.SIGKILL)
                until(lambda: asking.done() or len(cluster.pids(REPLICA)) == 1)
                time.sleep(2.0)
            finally:
                enough.set()
            notes = {note for answer in asking.result(120) for note in answer.notes}
        assert notes <= {FELL_BACK}
        until(lambda: remote.submit(asked[0]).result(60).notes == ())
