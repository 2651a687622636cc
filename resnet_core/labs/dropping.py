"""Stochastic depth: which blocks take part in a step of training, and what that saves. Huang 2016, arXiv:1603.09382."""

import random
from dataclasses import dataclass, replace
from fractions import Fraction

from ..rows import analyse
from ..spec import ArchSpec
from ..wiring.residual import expected_depth, survivals


@dataclass(frozen=True, slots=True)
class Dropping:
    """For one probability of the last block: each block's (eq. 4), how many take part on average, exactly, and the
    multiply-adds of a forward pass on average, beside those of the whole network."""

    blocks: tuple[str, ...]
    survivals: tuple[float, ...]
    expected_blocks: Fraction
    expected_macs: Fraction
    macs: int

    @property
    def saved(self) -> float:
        """The share of the multiply-adds that a step of training is spared on average."""
        return float(1 - self.expected_macs / self.macs)


def dropping(spec: ArchSpec, survival: float) -> Dropping:
    """What linear decay to `survival` comes to in a residual network. Raises SpecError for a value out of range."""
    spec = replace(spec, survival=survival)
    analysis = analyse(spec)
    names = tuple(dict.fromkeys(row.block for row in analysis.rows if row.block))
    residual = dict.fromkeys(names, 0)
    for row in analysis.rows:
        if row.block and row.role == "residual":
            residual[row.block] += row.macs
    chances = [Fraction(chance).limit_denominator(10**9) for chance in survivals(spec)]
    spared = sum(((1 - p) * residual[name] for name, p in zip(names, chances, strict=True)), Fraction())
    macs = analysis.totals.macs
    return Dropping(names, survivals(spec), expected_depth(spec), macs - spared, macs)


def sampled(found: Dropping, number: int, seed: int = 0) -> tuple[tuple[bool, ...], ...]:
    """Networks of some steps of training: for each, which blocks take part."""
    chance = random.Random(seed)
    return tuple(tuple(chance.random() < p for p in found.survivals) for _ in range(number))
