"""Full per-layer analysis of a network from its name, against what a user would take instead.

    python benchmarks/analysis.py [ROUNDS]

Ours: `analyse(parse(name))`, every row with shapes, parameters, multiply-adds, memory and receptive field, nothing
cached. Theirs: the same network built on the meta device and counted by torchinfo there; fvcore, ptflops and thop
refuse meta tensors and get real ones. All in one process, in turn; medians, and the ratio to ours.
"""

import contextlib
import io
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import torch
import torchinfo

from resnet_core import analyse, build, parse

NETWORKS = {"resnet-152": 150, "cifar-resnet-1202": 150}


def ours(name: str) -> None:
    analyse(parse(name))


def by_torchinfo(name: str) -> None:
    spec = parse(name)
    with torch.device("meta"):
        torchinfo.summary(build(spec), (1, spec.channels, *spec.size), device="meta", verbose=0)


def by_fvcore(name: str) -> None:
    from fvcore.nn import FlopCountAnalysis

    spec = parse(name)
    FlopCountAnalysis(build(spec).eval(), torch.empty(1, spec.channels, *spec.size)).by_module()


def by_ptflops(name: str) -> None:
    from ptflops import get_model_complexity_info

    spec = parse(name)
    get_model_complexity_info(build(spec), (spec.channels, *spec.size), print_per_layer_stat=False, as_strings=False)


def by_thop(name: str) -> None:
    from thop import profile

    spec = parse(name)
    profile(build(spec), (torch.empty(1, spec.channels, *spec.size),), verbose=False)


THEIRS: dict[str, Callable[[str], None]] = {
    "torchinfo": by_torchinfo,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops,
    "thop": by_thop,
}


def seconds(task: Callable[[str], None], name: str) -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        task(name)
        return time.perf_counter() - start


def main(rounds: int) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    for name, least in NETWORKS.items():
        tasks = {"ours": ours, **THEIRS}
        for task in tasks.values():  # imports and first-time work are nobody's fault
            seconds(task, "cifar-resnet-20")
        times: dict[str, list[float]] = {who: [] for who in tasks}
        for _ in range(rounds):
            for who, task in tasks.items():
                times[who] += [seconds(task, name) for _ in range(5 if who == "ours" else 1)]
        median = {who: statistics.median(spent) for who, spent in times.items()}
        rows = len(analyse(parse(name)).rows)
        print(f"{name}, {rows:,} rows: ours {median['ours'] * 1e3:.2f} ms (goal against torchinfo: {least}×)")
        for who in THEIRS:
            print(f"  {who}: {median[who] * 1e3:,.0f} ms, {median[who] / median['ours']:,.0f}×")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
