"""How long each op of a network takes on this machine: one picture at the network's own size, float32, as built.

The forward pass is the network's own; a clock goes along and is read after every op. On a CUDA device it reads the
device's clock, so that no op waits for the one before to be reported. A pass without it stands beside the sum.
"""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .backend import EngineError
from .clock import Clock, Timed
from .demand import MOST_BYTES
from .devices import in_words
from .execution import WORTH_THREADS, exact_form, one_thread
from .network import build
from .rows import Analysis, analyse
from .spec import ArchSpec
from .units import count, memory

PASSES, SECONDS = 15, 4.0
"""What is measured, whichever comes first; of the slowest networks `LEAST` passes."""
LEAST = 3
MOST_MACS = 10**11
"""Of a network that is measured: a pass of more keeps everybody else's pictures waiting for seconds."""


@dataclass(frozen=True, slots=True)
class OpTimes:
    """Milliseconds of every op, in the order of `layer_rows`, and of the whole network: medians of so many passes."""

    spec: ArchSpec
    device: str
    passes: int
    ops: tuple[float, ...]
    whole: float

    @property
    def sum(self) -> float:
        return sum(self.ops)


@dataclass(frozen=True, slots=True)
class Measured:
    """How far the measurement is, from 0 to 1, and at its end what it found."""

    done: float
    found: OpTimes | None = None


def op_times(spec: ArchSpec, device: torch.device) -> Iterator[Measured]:
    """Measure in steps of one pass each. Raises EngineError for a network that is too large to be measured here.

    The weights are drawn at random: no op's time depends on them.
    """
    analysis = analyse(spec)
    _check(analysis)
    yield Measured(0.0)
    network, picture = _prepared(spec, device)
    names = [row.name for row in analysis.rows]
    alone = device.type == "cpu" and analysis.totals.macs < WORTH_THREADS
    passes: list[list[float]] = []
    wholes: list[float] = []
    begin = time.monotonic()
    done = 0.0
    while done < 1:
        yield Measured(done)
        with one_thread() if alone else nullcontext(), torch.inference_mode():
            passes.append(_pass(network, picture, names))
            wholes.append(_whole(network, picture))
            words = in_words(device)
        if len(passes) >= LEAST:
            done = max(len(passes) / PASSES, (time.monotonic() - begin) / SECONDS)
    ops = tuple(map(statistics.median, zip(*passes, strict=True)))
    yield Measured(1.0, OpTimes(spec, words, len(passes), ops, statistics.median(wholes)))


def _check(analysis: Analysis) -> None:
    """Before anything of its size is made."""
    height, width = analysis.spec.size
    if (needed := analysis.totals.peak_bytes) > MOST_BYTES:
        raise EngineError(
            f"At {height:,}×{width:,} pixels one picture needs {memory(needed)} of activations, and "
            f"{memory(MOST_BYTES)} may be taken: choose a smaller input size to measure its time."
        )
    if analysis.totals.macs > MOST_MACS:
        raise EngineError(
            f"At {height:,}×{width:,} pixels one pass takes {count(analysis.totals.macs)} multiply-adds, and networks "
            f"of up to {count(MOST_MACS)} are measured: choose a smaller input size."
        )


def _prepared(spec: ArchSpec, device: torch.device) -> tuple[nn.Module, Tensor]:
    """The network with random weights and a picture of noise, after a pass in which the kernels are planned."""
    with torch.random.fork_rng(devices=()):  # other experiments' chances stay theirs
        network = exact_form(spec, build(spec).state_dict(), device)
        picture = torch.rand(1, spec.channels, *spec.size).to(device, memory_format=torch.channels_last)
    with torch.inference_mode():
        network(picture)
    return network, picture


def _pass(network: nn.Module, picture: Tensor, names: Sequence[str]) -> list[float]:
    """Milliseconds of each op. What lies between two ops, such as weighing a path, is part of the second."""
    clock = Clock(picture.device)
    network(picture, Timed(clock))
    spent = dict.fromkeys(names, 0.0)
    before = 0.0
    for name, now in clock.readings():
        if name in spent:  # it is also read where a path or a block ends
            spent[name] += now - before
            before = now
    return list(spent.values())


def _whole(network: nn.Module, picture: Tensor) -> float:
    """Milliseconds of a pass with no clock inside."""
    clock = Clock(picture.device)
    network(picture)
    clock.read("")
    return clock.readings()[-1][1]
