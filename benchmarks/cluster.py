"""The engine behind Ray Serve against the engine at home, on the same machine: one request at a time, and many at once.

    PYTHONPATH=. python benchmarks/cluster.py [ROUNDS] [NETWORK ...]

The cluster has one engine, with the CPUs or the GPU that the local one has. The same random weights and pictures serve
both, in turns. Every answer is compared with the local engine's own. Latency is that of one request at a time, median
and 95 of 100; throughput that of as many at once as may be on their way. The ratios say what the way there and back
costs, which another machine has to make good.
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from resnet_core import parse
from resnet_core.backend import InferenceBackend, Request
from resnet_core.benchmark_fps import random_card
from resnet_core.cards import Card
from resnet_core.engine import Engine
from resnet_core.remote_backend import MOST_CALLS, RemoteBackend
from resnet_core.remote_call import read_address

NETWORKS = ("cifar-resnet-20", "resnet-18", "resnet-50-v1.5")
AT_ONCE = MOST_CALLS
REST = 0.05
"""Seconds before each, for the threads of the one before go on spinning for a while on the cores that it needs."""
PATIENCE = 600


def main(rounds: int, names: tuple[str, ...]) -> None:
    with TemporaryDirectory() as folder:
        cards = [random_card(parse(name), Path(folder)) for name in names]
        with served(Path(folder)) as address:
            local = Engine()
            remote = RemoteBackend(read_address(address), lambda: local)
            print(f"at home on {local.device_name}, at {address} on {remote.device_name}")
            for card in cards:
                compare({"local": local, "Ray": remote}, card, rounds)


def compare(backends: dict[str, InferenceBackend], card: Card, rounds: int) -> None:
    noise = np.random.default_rng(0).standard_normal((AT_ONCE, 3, *card.spec.size), dtype=np.float32)
    requests = [Request(card, card.spec, picture, exact=True) for picture in noise]
    alone: dict[str, list[float]] = {who: [] for who in backends}
    together: dict[str, list[float]] = {who: [] for who in backends}
    own = [backends["local"].submit(request).result(PATIENCE).logits for request in requests]
    for _ in range(rounds + 1):  # the first warms up
        for who, backend in backends.items():
            for request in requests[:8]:
                time.sleep(REST)
                start = time.perf_counter()
                backend.submit(request).result(PATIENCE)
                alone[who].append((time.perf_counter() - start) * 1e3)
            start = time.perf_counter()
            with ThreadPoolExecutor(8) as pool:
                tickets = list(pool.map(backend.submit, requests))
            answers = [ticket.result(PATIENCE) for ticket in tickets]
            together[who].append(len(requests) / (time.perf_counter() - start))
            for answer, expected in zip(answers, own, strict=True):
                assert np.abs(answer.logits - expected).max() < 1e-3 * expected.std(), "somebody got another's answer"
                assert not answer.notes, answer.notes
    latency = {who: statistics.median(times[8:]) for who, times in alone.items()}
    slow = {who: statistics.quantiles(times[8:], n=20)[-1] for who, times in alone.items()}
    throughput = {who: statistics.median(rates[1:]) for who, rates in together.items()}
    print(
        f"{card.spec}: one at a time "
        + ", ".join(f"{who} {latency[who]:.1f} ms (95 of 100 within {slow[who]:.1f})" for who in backends)
        + f", ratio {latency['Ray'] / latency['local']:.2f}; {AT_ONCE} at once "
        + ", ".join(f"{who} {throughput[who]:.1f} a second" for who in backends)
        + f", ratio {throughput['Ray'] / throughput['local']:.2f}",
        flush=True,
    )


@contextmanager
def served(weights: Path) -> Iterator[str]:
    """The address of a cluster that the command starts, stopped by its process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ["RESNET_EXPLORER_WEIGHTS"] = str(weights)
    command = [sys.executable, "-m", "resnet_core", "serve", "--port", str(port), "--replicas", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            assert "Ctrl-C stops" in process.stdout.readline(), "the cluster did not start"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, tuple(sys.argv[2:]) or NETWORKS)
