"""The longest step of each experiment: so long may a picture wait that somebody else wants an answer for.

    PYTHONPATH=. python benchmarks/lab_steps.py [SECONDS [NAME …]]

Every experiment that needs torch is run with its usual network and as many pictures as it offers, for SECONDS (20) or
to its end, and its steps are timed. The first step, in which the network is loaded, is told apart.
"""

import sys
import time
from dataclasses import replace
from statistics import median

import torch

from resnet_core.experiments.lab import Lab, Settings
from resnet_core.experiments.limits import most_pictures
from resnet_core.experiments.running import RUNS
from resnet_core.experiments.table import lab

MOST_SECONDS = 0.5
RACES = ("degradation", "gradients")
"""Experiments whose length is chosen in seconds."""


def main(seconds: float, names: list[str]) -> None:
    print(f"{torch.get_num_threads()} threads, torch {torch.__version__}; steps over {MOST_SECONDS} s are marked")
    print(f"{'experiment':14}{'steps':>8}{'first, s':>10}{'median, s':>11}{'longest, s':>12}")
    for name in names or RUNS:
        one = lab(name)
        first, *others = _timed(one, _settings(one, seconds), seconds)
        longest = max(others, default=first)
        told = "  LONG" if longest > MOST_SECONDS else ""
        print(f"{name:14}{len(others) + 1:8}{first:10.2f}{median(others or [first]):11.2f}{longest:12.2f}{told}")


def _settings(one: Lab, seconds: float) -> Settings:
    """The most of everything that is offered."""
    if one.name in RACES:
        return replace(one.usual, seconds=max(5, seconds))
    return replace(one.usual, pictures=most_pictures(one)) if "pictures" in one.takes else one.usual


def _timed(one: Lab, settings: Settings, seconds: float) -> list[float]:
    times: list[float] = []
    running, end = RUNS[one.name](settings), time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter()
        if next(running, None) is None:
            break
        times.append(time.perf_counter() - begun)
    return times


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0, sys.argv[2:])
