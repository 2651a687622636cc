"""One picture through the engine, against the plain torch call.

    python benchmarks/inference.py [ROUNDS]

Plain: the network as built, in evaluation mode and inference mode, called on a tensor. Ours: the engine's forward of
the network as it keeps it, device and clock handling included. The same random weights and picture serve both; they
take turns; medians, and the ratio.
"""

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import torch

from resnet_core import build, parse
from resnet_core.engine import Engine

NETWORKS = {"cifar-resnet-20": 200, "resnet-50-v1.5": 20}
MOST = 1.05


def main(rounds: int) -> None:
    engine = Engine()
    for name, repeats in NETWORKS.items():
        spec = parse(name)
        torch.manual_seed(0)
        plain = build(spec).eval().to(engine.device)
        kept = engine.prepared(spec, plain.state_dict())
        picture = torch.rand(1, spec.channels, *spec.size)

        by_torch = partial(call, plain, engine.device, picture)
        by_engine = partial(answer, engine, kept, picture)
        torch.testing.assert_close(by_torch(), by_engine(), rtol=1e-3, atol=1e-3)
        times: dict[str, list[float]] = {"plain": [], "engine": []}
        for _ in range(rounds):
            for who, task in (("plain", by_torch), ("engine", by_engine)):
                times[who] += [seconds(task) for _ in range(repeats)]
        median = {who: statistics.median(spent) for who, spent in times.items()}
        ratio = median["engine"] / median["plain"]
        print(
            f"{name}: plain {median['plain'] * 1e3:.2f} ms, engine {median['engine'] * 1e3:.2f} ms, "
            f"ratio {ratio:.3f} (at most {MOST}), on {engine.device_name}"
        )


def call(network: torch.nn.Module, device: torch.device, picture: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(picture.to(device))


def answer(engine: Engine, network: torch.nn.Module, picture: torch.Tensor) -> torch.Tensor:
    return engine.forward(network, picture)[0]


def seconds(task: Callable[[], torch.Tensor]) -> float:
    start = time.perf_counter()
    task().cpu()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
