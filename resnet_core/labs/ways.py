"""Where the gradient at the input comes from, by the length of the path: Veit 2016, arXiv:1605.06431, section 5.

The picture goes through the whole network. On the way back the gradient of each block takes one path only: in as many
blocks as a path is long the residual one, in all others the shortcut.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import geometric_mean

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..network import Network
from ..operated import blocks, parted
from ..operation import OperationError
from ..paths import path_lengths
from .lesion import draws as drawn
from .parts import parts


@dataclass(frozen=True, slots=True)
class Way:
    """Of paths through `length` residual modules: `norm` is the gradient's at the input along one of them, the
    geometric mean over `draws` different ones; `share` how many of all paths have this length; `weight` what they
    bring of the sum over all lengths of norm × number of paths."""

    length: int
    draws: int
    norm: float
    share: float
    weight: float


@dataclass(frozen=True, slots=True)
class Ways:
    """By length, from 0 to the number of `modules`; `done` of them are measured."""

    modules: int
    ways: tuple[Way, ...]

    @property
    def finished(self) -> bool:
        return len(self.ways) == self.modules + 1


def ways(network: Network, pictures: Tensor, labels: Tensor, draws: int = 10, seed: int = 0) -> Iterator[Ways]:
    """The gradient at the input by path length; pictures N,3,H,W as the network takes them.

    One step is one path of one part of the pictures: what comes is of the lengths of which all paths were taken.
    Raises OperationError for a network without paths.
    """
    names = [name for name, _ in blocks(network)]
    if not names:
        raise OperationError(f"{network.spec} has no paths that part: take a ResNet, such as cifar-resnet-56.")
    norms: list[float] = []
    for length in range(len(names) + 1):
        found: list[float] = []
        for path in drawn(names, length, draws, seed):
            total = 0.0
            for batch, truth in parts(network.spec, pictures, labels):
                yield Ways(len(names), _weighed(norms, len(names), draws))
                total += _norms(network, batch, truth, frozenset(path))
            found.append(max(total / len(pictures), 1e-300))
        norms.append(geometric_mean(found))
    yield Ways(len(names), _weighed(norms, len(names), draws))


def _weighed(norms: Sequence[float], modules: int, draws: int) -> tuple[Way, ...]:
    numbers = path_lengths(modules)
    products = [norm * number for norm, number in zip(norms, numbers, strict=False)]
    whole = math.fsum(products)
    return tuple(
        Way(length, min(draws, numbers[length]), norm, numbers[length] / 2**modules, products[length] / whole)
        for length, norm in enumerate(norms)
    )


def _norms(network: Network, pictures: Tensor, labels: Tensor, through: frozenset[str]) -> float:
    """The gradient of the loss at the input, along the paths that go through these modules and around all others:
    its Euclidean norms, the sum over pictures."""
    parting = dict(blocks(network))
    with torch.enable_grad():
        x = start = pictures.clone().requires_grad_()
        for name in network.steps:
            block = parting.get(name)
            x = network.get_submodule(name)(x) if block is None else parted(block, x, _way(name in through))
        loss = cross_entropy(x, labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, start)
    return float(gradient.flatten(1).norm(dim=1).sum())


def _way(through: bool) -> str:
    return "residual" if through else "shortcut"
