"""How many replicas, GPUs and bits a second so many people need: what a person costs, times people.

    python -m benchmarks.load.capacity [--costs costs.json] [--check load.json ...]

The model. Of everybody who has a window open, a share changes a control at a time, at some interval; a share presses
Run, and a share streams video. A replica is one Python process: it runs one thread at a time, so it has one core's
seconds for what it draws, of which it should use no more than BUSY, lest people queue. Forward passes run outside
Python's lock, so they take the machine's other cores, or a GPU. `--check` holds the model against what
`python -m benchmarks.load --out` measured.
"""

import argparse
import json
import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from resnet_core import turns

from .costs import Costs
from .people import CHANGED
from .windows import CLICKED, OPENED

BUSY = 0.5
"""Of a core: at this share a run waits, on the average, for one other (M/D/1: a half of its own length)."""
MOST_MB = 4_000
"""Of memory for one replica."""
NETWORK = 10e9
"""Bits a second of one proxy's connection."""
SOCKETS = 4_000
"""WebSockets of one nginx worker, each two connections of the 8,192 that deploy/nginx.conf gives it."""
GPU_ANSWERS = 1_000.0
"""A second: an assumption for ResNet-50 in batches of sixteen, to be measured on the GPU at hand by
`python -m benchmarks.gpu`."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People with a window open, and what they do, times a second, all of them together."""

    people: int
    opens: float
    changes: float
    answers: float
    frames: float
    labs: int
    """People who run an experiment."""

    @classmethod
    def of(cls, people: int) -> "Crowd":
        """A lecture: everybody changes a control every 30 s and presses Run every 5 minutes, opens a page every 10,
        one in 200 streams video at 5 frames a second, and one in 50 runs an experiment."""
        return cls(people, people / 600, people / 30, people / 300, people / 200 * 5, math.ceil(people / 50))


@dataclass(frozen=True, slots=True)
class Need:
    """Of servers, for a crowd."""

    cores: float
    megabytes: float
    bits: float
    replicas: int
    first: str


def need(crowd: Crowd, costs: Costs) -> Need:
    """What a crowd takes, and what of it is used up first."""
    cores = (
        crowd.opens * costs.open_cpu
        + crowd.changes * costs.change_cpu
        + crowd.answers * costs.answer_cpu
        + crowd.frames * costs.frame_cpu
    )
    held = crowd.people * costs.window_mb + crowd.labs * costs.lab_mb
    size = (
        crowd.opens * costs.open_bytes
        + crowd.changes * costs.change_bytes
        + crowd.answers * costs.answer_bytes
        + crowd.frames * costs.frame_bytes
    )
    by_cpu, by_memory, by_labs = cores / BUSY, held / (MOST_MB - costs.idle_mb), crowd.labs / turns.MOST
    replicas = max(1, math.ceil(max(by_cpu, by_memory, by_labs)))
    limits = {
        "CPU of the pages": by_cpu,
        "memory": by_memory,
        "connection of the proxy": size * 8 / NETWORK,
        "WebSockets of the proxy": crowd.people / SOCKETS,
        "places for experiments": by_labs,
    }
    return Need(cores, replicas * costs.idle_mb + held, size * 8, replicas, max(limits, key=limits.__getitem__))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.capacity", description=__doc__.splitlines()[0])
    parser.add_argument("--costs", type=Path, default=Path("costs.json"))
    parser.add_argument("--check", type=Path, nargs="*", default=[])
    asked = parser.parse_args()
    costs = Costs(**json.loads(asked.costs.read_text(encoding="utf-8")))
    for path in asked.check:
        print(checked(json.loads(path.read_text(encoding="utf-8")), costs))
    print("| people | cores | replicas | memory | bandwidth | GPUs | used up first |")
    print("|---:|---:|---:|---:|---:|---:|---|")
    for people in (100, 300, 10_000, 1_000_000):
        crowd = Crowd.of(people)
        taken = need(crowd, costs)
        gpus = math.ceil((crowd.answers + crowd.frames) / GPU_ANSWERS)
        print(
            f"| {people:,} | {taken.cores:,.1f} | {taken.replicas:,} | {taken.megabytes / 1000:,.1f} GB "
            f"| {taken.bits / 1e6:,.0f} Mbit/s | {gpus:,} | {taken.first} |"
        )


def checked(measured: Mapping[str, Any], costs: Costs) -> str:
    """The model's cores and memory for what a load did, beside those that it took."""
    first, last = measured["samples"][0], measured["samples"][-1]
    span = last["at"] - first["at"]

    def rate(*names: str) -> float:
        return sum(len(measured["seconds"].get(name, ())) for name in names) / span

    asked = measured["asked"]
    people = sum(asked.get(name, 0) for name in ("people", "run", "labs", "windows"))
    crowd = Crowd(
        people,
        rate("Explore, opened", "Run, opened", "Labs, opened", OPENED),
        rate(CHANGED, "Labs, changed", CLICKED),
        rate("Run, pressed"),
        rate("Live, a frame"),
        asked["labs"],
    )
    taken = need(crowd, costs)
    cores = (last["cpu"] - first["cpu"]) / span
    memory = taken.megabytes + (asked["replicas"] - taken.replicas) * costs.idle_mb
    held = statistics.mean(sample["megabytes"] for sample in measured["samples"])
    return (
        f"{people} people on {asked['replicas']} replicas: {taken.cores:.2f} cores by the model, {cores:.2f} measured; "
        f"{memory:.0f} MB by the model, {held:.0f} measured"
    )


if __name__ == "__main__":
    main()
