"""What dropping blocks saves of the time of a training step, measured. Huang 2016, arXiv:1603.09382, section 3."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from ..devices import machine_in_words
from ..network import build
from ..spec import ArchSpec
from ..training.images import Images
from ..training.inputs import normalised
from .dropping import dropping

STEPS = 24
"""Of each network: forward, backward and update."""
BATCH = 16


@dataclass(frozen=True, slots=True)
class Saving:
    """For one probability of the last block: how many blocks take part on average, which share of the multiply-adds
    that spares, the median time of a step in milliseconds of the thread that trains, and which share of the whole
    network's that saves; None where it was not measured yet."""

    survival: float
    blocks: float
    spared: float
    milliseconds: float | None
    saved: float | None


@dataclass(frozen=True, slots=True)
class Savings:
    """So far, on `machine`: `steps` of each network, of `batch` pictures."""

    savings: tuple[Saving, ...]
    steps: int
    batch: int
    machine: str


Trained = tuple[nn.Module, torch.optim.Optimizer]


def savings(spec: ArchSpec, survivals: Sequence[float], learn: Images, steps: int = STEPS) -> Iterator[Savings]:
    """A step of this is a step of one network: all take theirs in turn, so that a busy moment hits all alike."""
    networks = {survival: _network(replace(spec, survival=survival)) for survival in sorted({*survivals, 1.0})}
    counted = {survival: dropping(spec, survival) for survival in networks}
    times: dict[float, list[float]] = {survival: [] for survival in networks}
    machine = machine_in_words(torch.device("cpu"))

    def so_far(number: int) -> Savings:
        typical = {survival: median(some) for survival, some in times.items() if some}
        return Savings(
            tuple(
                Saving(
                    survival,
                    float(counted[survival].expected_blocks),
                    counted[survival].saved,
                    typical.get(survival),
                    1 - typical[survival] / typical[1.0] if {survival, 1.0} <= {*typical} else None,
                )
                for survival in networks
            ),
            number,
            BATCH,
            machine,
        )

    for network in networks.values():  # the first step of each brings memory and code along
        _step(network, learn, 0)
        yield so_far(0)
    for number in range(1, steps + 1):
        for survival, network in networks.items():
            times[survival].append(_step(network, learn, number))
            yield so_far(number)


def _network(spec: ArchSpec) -> Trained:
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        network = build(spec).train()
    return network, torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9)


def _step(trained: Trained, learn: Images, number: int) -> float:
    """Milliseconds of one step; which blocks take part in it is drawn by its number."""
    network, optimizer = trained
    some = torch.arange(number * BATCH, (number + 1) * BATCH) % len(learn)
    x, y = normalised(learn.pixels[some]), learn.labels[some]
    with torch.random.fork_rng(devices=()), torch.enable_grad():
        torch.manual_seed(number)
        start = time.thread_time()  # what others take of the processor meanwhile is no part of it
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(cross_entropy(network(x), y))
        optimizer.step()
        return 1e3 * (time.thread_time() - start)
