"""The engines of a cluster: how many there are, what each gets, and which one answers whom."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeVar

CPUS_EACH = 2.0
"""Of a replica without a GPU, where their number is left to the cluster."""
MOST_FAILURES_LETTERS = 2

Replica = TypeVar("Replica")


@dataclass(frozen=True, slots=True)
class Share:
    """What one replica gets, and how many replicas there may be."""

    cpus: float
    gpus: int
    least: int
    most: int


def share(cpus: float, gpus: float, replicas: int | Literal["auto"]) -> Share:
    """A GPU a replica where there are some; else the CPUs evenly, or two a replica where their number is left open."""
    least, most = (1, None) if replicas == "auto" else (replicas, replicas)
    if gpus >= 1:
        return Share(max(1.0, cpus // gpus), 1, least, most or int(gpus))
    if most is None:
        each = min(CPUS_EACH, max(1.0, cpus))
        return Share(each, 0, least, max(1, int(cpus // each)))
    each = cpus / most
    return Share(float(math.floor(each)) if each >= 1 else each, 0, least, most)


def order(replicas: Sequence[Replica], names: Sequence[str], asked: str) -> list[Replica]:
    """Replicas in the order in which those who ask for a network prefer them; `asked` is "WEIGHTS:FAILURES".

    By rendezvous hashing each network has its own order of the replicas, the same wherever it is computed; where one
    comes or goes the others keep theirs (Thaler and Ravishankar 1998, doi:10.1109/90.663936). A request that failed
    begins its order one replica later.
    """
    weights, _, failures = asked.partition(":")
    ranks = [sha256(f"{weights} {name}".encode()).digest() for name in names]
    ordered = [replicas[place] for place in sorted(range(len(replicas)), key=ranks.__getitem__)]
    counted = failures.isascii() and failures.isdecimal() and len(failures) <= MOST_FAILURES_LETTERS
    first = int(failures) % len(ordered) if counted and ordered else 0
    return ordered[first:] + ordered[:first]
