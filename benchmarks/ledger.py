"""The whole ledger from nothing, against one pass of torchinfo over resnet-50.

    python benchmarks/ledger.py [ROUNDS]

Ours: `verify()`, which reads the published figures, analyses every network they are of, and judges each; whatever
the library keeps is dropped before each round. Theirs: resnet-50 built on the meta device and counted by torchinfo
there. In one process, in turn; medians, and the ratio.
"""

import functools
import statistics
import sys
import time
from collections.abc import Callable

import torch
import torchinfo

from resnet_core import build, parse, verify

GOAL = 40
NETWORK = "resnet-50"


def ours() -> None:
    verify()


def theirs() -> None:
    spec = parse(NETWORK)
    with torch.device("meta"):
        torchinfo.summary(build(spec), (1, spec.channels, *spec.size), device="meta", verbose=0)


def forget() -> None:
    """Empty every cache of the library."""
    for name, module in list(sys.modules.items()):
        if name.startswith("resnet_core"):
            for value in vars(module).values():
                if isinstance(value, functools._lru_cache_wrapper):
                    value.cache_clear()


def seconds(task: Callable[[], None]) -> float:
    forget()
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def main(rounds: int) -> None:
    for task in (ours, theirs):  # imports and first-time work are nobody's fault
        seconds(task)
    times: dict[Callable[[], None], list[float]] = {ours: [], theirs: []}
    for _ in range(rounds):
        for task, spent in times.items():
            spent.append(seconds(task))
    ledger, one = (statistics.median(times[task]) for task in (ours, theirs))
    print(
        f"{len(verify())} figures: {ledger * 1e3:.0f} ms; torchinfo over {NETWORK}: {one * 1e3:.0f} ms; "
        f"ratio {ledger / one:.1f} (goal: under {GOAL})"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
