"""Blocks deleted at random from a trained network: Veit 2016, arXiv:1605.06431, sections 4.1 and 4.2, Fig. 3 to 5.

Many deletions share how they begin. They are taken in the order of a tree: what the blocks up to the first difference
put out is kept and gone on from.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..inference_form import Block, Convolution, InferenceNetwork
from ..modules import ResidualBlock
from ..network import Network
from ..operation import removable
from .differences import Differences

SLICE = 125
"""Pictures that go through together: few enough that the maps of the first stage stay near the processor."""
Deletion = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean over draws, and half the width of its 95 % interval (normal; 0 where every deletion was tried)."""

    mean: float
    within: float

    @classmethod
    def of(cls, values: Sequence[float], exhaustive: bool = False) -> "Estimate":
        mean = math.fsum(values) / len(values)
        if exhaustive or len(values) < 2:
            return cls(mean, 0.0)
        variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
        return cls(mean, 1.96 * math.sqrt(variance / len(values)))


@dataclass(frozen=True, slots=True)
class Lesion:
    """What the deletion of `deleted` blocks does, over `draws` of them and `pictures`: what `Differences` counts."""

    deleted: int
    draws: int
    pictures: int
    flips: Estimate
    wrong: Estimate | None
    divergence: Estimate
    kept: Estimate


@dataclass(frozen=True, slots=True)
class Lesions:
    """So far: `done` of `whole` pictures went through; `rows` are over those, one for each number of blocks, and empty
    between two slices."""

    done: int
    whole: int
    rows: tuple[Lesion, ...]

    @property
    def finished(self) -> bool:
        return self.done == self.whole


def draws(names: Sequence[str], deleted: int, number: int, seed: int) -> tuple[Deletion, ...]:
    """So many different deletions of `deleted` blocks, at random; all there are where they are fewer."""
    possible = math.comb(len(names), deleted)
    chance = random.Random(f"{seed} {deleted}")
    found: set[tuple[int, ...]] = set()
    while len(found) < min(number, possible):
        found.add(tuple(sorted(chance.sample(range(len(names)), deleted))))
    return tuple(tuple(names[place] for place in places) for places in sorted(found))


def lesions(
    network: Network,
    form: InferenceNetwork,
    pictures: Tensor,
    labels: Tensor | None,
    numbers: Sequence[int],
    number_of_draws: int = 50,
    seed: int = 0,
) -> Iterator[Lesions]:
    """Delete 1, 2, … blocks at random, so many draws each, and see what the answers on prepared pictures become.

    `pictures` N,3,H,W as the network takes them, `labels` N. One step is one deletion of one slice of pictures; rows
    come with the last of a slice. Raises OperationError for a network without blocks to delete.
    """
    names = removable(network.spec)
    wanted = {k: draws(names, k, number_of_draws, seed) for k in numbers if 0 <= k <= len(names)}
    every = sorted({deletion for some in wanted.values() for deletion in some} | {()}, key=lambda d: _mask(names, d))
    tree = Tree(network, form)
    sums: dict[Deletion, Differences] = {deletion: Differences() for deletion in every}
    done = 0
    for batch, truth in _slices(pictures, labels):
        before: Tensor | None = None
        for some, after in tree.leaves(batch, every):
            before = after if before is None else before  # the first leaf is that of nothing deleted
            for deletion in some:
                sums[deletion].add(before, after, truth)
            yield Lesions(done, len(pictures), ())
        done += len(batch)
        rows = (
            _row(k, [sums[deletion] for deletion in some], len(some) == math.comb(len(names), k))
            for k, some in wanted.items()
        )
        yield Lesions(done, len(pictures), tuple(rows))


def slices(pictures: int) -> int:
    """In how many goes so many pictures are taken."""
    return math.ceil(pictures / SLICE)


def _slices(pictures: Tensor, labels: Tensor | None) -> Iterator[tuple[Tensor, Tensor | None]]:
    for begin in range(0, len(pictures), SLICE):
        span = slice(begin, begin + SLICE)
        yield pictures[span], None if labels is None else labels[span]


def _mask(names: Sequence[str], deletion: Deletion) -> tuple[bool, ...]:
    return tuple(name in deletion for name in names)


class Tree:
    """Runs deletions that begin alike only once as far as they are."""

    def __init__(self, network: Network, form: InferenceNetwork) -> None:
        parts = [name for name in network.steps if isinstance(network.get_submodule(name), ResidualBlock | nn.Conv2d)]
        formed = [module for module in form.chain if isinstance(module, Block | Convolution)]
        names: dict[nn.Module, str] = {
            module: name for name, module in zip(parts, formed, strict=True) if name in removable(network.spec)
        }
        self.dtype = form.dtype
        # a name for what can be taken out
        self.steps: list[tuple[str, nn.Module]] = [(names.get(module, ""), module) for module in form.chain]

    def leaves(self, batch: Tensor, deletions: Sequence[Deletion]) -> Iterator[tuple[list[Deletion], Tensor]]:
        """float32 logits N,classes of a batch N,3,H,W, with the deletions that lead to them: nothing deleted first,
        where that is among them, then those whose first block is the last."""
        start = batch.to(self.dtype, copy=True).contiguous(memory_format=torch.channels_last)
        yield from self._grown(start, 0, list(deletions))

    def _grown(self, x: Tensor, at: int, deletions: list[Deletion]) -> Iterator[tuple[list[Deletion], Tensor]]:
        """From what the step before `at` put out, to the logits of all these deletions, which are alike so far."""
        if at == len(self.steps):
            yield deletions, x.float()
            return
        name, module = self.steps[at]
        within = [deletion for deletion in deletions if name not in deletion]
        out = [deletion for deletion in deletions if name in deletion]
        if within:  # a block may write over what it is given, which the other branch wants too, and nobody else
            given = x.clone() if out and isinstance(module, Block) else x
            yield from self._grown(_within(module, given), at + 1, within)
        if out:
            yield from self._grown(_around(module, x), at + 1, out)


# each for itself, for what is switched on while a generator rests is on for whoever runs meanwhile
@torch.inference_mode()
def _within(module: nn.Module, x: Tensor) -> Tensor:
    out: Tensor = module(x)
    return out


@torch.inference_mode()
def _around(module: nn.Module, x: Tensor) -> Tensor:
    return module.around(x) if isinstance(module, Block) else x


def _row(deleted: int, some: Sequence[Differences], exhaustive: bool) -> Lesion:
    wrong = [one.wrong for one in some if one.wrong is not None]
    return Lesion(
        deleted=deleted,
        draws=len(some),
        pictures=some[0].pictures,
        flips=Estimate.of([one.flips for one in some], exhaustive),
        wrong=Estimate.of(wrong, exhaustive) if wrong else None,
        divergence=Estimate.of([one.divergence for one in some], exhaustive),
        kept=Estimate.of([one.kept for one in some], exhaustive),
    )
