"""The engine's forward pass on a GPU, against plain torch, against torch.compile, and against what the chip can do.

    PYTHONPATH=. python benchmarks/gpu.py [NETWORK ...]

Batch 1: our form as a CUDA graph, against the network as built, in float32. Batch 256: our form, against the network in
bfloat16, channels last, through torch.compile(mode="max-autotune"); and images a second beside the bound: multiply-adds
of the network, by the rate at which this chip multiplies large bfloat16 matrices, measured here. The same random
weights and pictures serve all; they take turns; medians of times read from the device's own clock.
"""

import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from resnet_core import parse, totals
from resnet_core.benchmark_fps import random_card
from resnet_core.cuda_graphs import Graphed
from resnet_core.execution import exact_form
from resnet_core.inference_form import inference_form
from resnet_core.loading import read_weights

NETWORKS = ("resnet-18", "resnet-50-v1.5", "resnet-152-v1.5")
MANY = 256
ROUNDS, WARM_UPS = 20, 5
LEAST_GAIN, LEAST_SHARE = 5.0, 0.8
MATRIX = 8192
"""Side of the matrices by which the chip's rate is measured."""


def main(names: tuple[str, ...]) -> None:
    if not torch.cuda.is_available():
        sys.exit("This benchmark needs a CUDA GPU: run it where there is one.")
    rate = matrix_rate()
    print(f"on {torch.cuda.get_device_name()}, torch {torch.__version__}: {rate / 1e12:.0f} T multiply-adds a second")
    for name in names:
        compare(name, rate)


@torch.inference_mode()
def compare(name: str, rate: float) -> None:
    spec, device = parse(name), torch.device("cuda")
    with TemporaryDirectory() as folder:
        state = read_weights(random_card(spec, Path(folder)))
    plain = exact_form(spec, state, device)
    ours = Graphed(inference_form(plain, device))
    for batch in (1, MANY):
        pictures = torch.randn(batch, spec.channels, *spec.size, device=device).contiguous(
            memory_format=torch.channels_last
        )
        ours(pictures)
        while ours.capture():
            pass
        if batch == 1:
            # as a user of torch has it: not channels last
            usual = exact_form(spec, state, device).to(memory_format=torch.contiguous_format)
            tasks = {"plain": partial(usual, pictures.contiguous()), "ours": partial(ours, pictures)}
            median = taking_turns(tasks)
            gain = median["plain"] / median["ours"]
            print(f"{name}, batch 1: {told(median)}; {gain:.2f} times plain torch's speed (at least {LEAST_GAIN})")
        else:
            compiled = torch.compile(exact_form(spec, state, device).bfloat16(), mode="max-autotune")
            tasks = {"max-autotune": partial(compiled, pictures.bfloat16()), "ours": partial(ours, pictures)}
            median = taking_turns(tasks)
            images = batch / median["ours"] * 1e3
            bound = rate / totals(spec).macs
            print(
                f"{name}, batch {batch}: {told(median)}; {median['max-autotune'] / median['ours']:.2f} of the speed of "
                f"max-autotune (at least {LEAST_SHARE}); {images:,.0f} images a second, {images / bound:.0%} of the "
                f"bound of {bound:,.0f}"
            )


def taking_turns(tasks: dict[str, Callable[[], Tensor]]) -> dict[str, float]:
    """The median milliseconds of each task."""
    for task in tasks.values():
        for _ in range(WARM_UPS):
            task()
    spent: dict[str, list[float]] = {who: [] for who in tasks}
    for _ in range(ROUNDS):
        for who, task in tasks.items():
            spent[who].append(milliseconds(task))
    return {who: statistics.median(times) for who, times in spent.items()}


def milliseconds(task: Callable[[], object]) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    task()
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end)


def matrix_rate() -> float:
    """Multiply-adds a second of a large bfloat16 matrix product."""
    one, other = (torch.randn(MATRIX, MATRIX, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    median = taking_turns({"product": lambda: one @ other})["product"]
    return MATRIX**3 / median * 1e3


def told(median: dict[str, float]) -> str:
    return ", ".join(f"{who} {spent:.2f} ms" for who, spent in median.items())


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or NETWORKS)
