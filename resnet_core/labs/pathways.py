"""The two pathways by which a gradient reaches a block: He 2016, arXiv:1603.05027, section 2, eq. 5, and eq. 8.

The gradient of the loss at a block's input is the sum of what comes back around the residual path and of what comes
back through it. Each is measured with the other cut.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..modules import ResidualBlock
from ..network import Network
from ..operated import blocks, operated, parted
from ..operation import OperationError
from .parts import parts

WAYS = (None, "shortcut", "residual")


@dataclass(frozen=True, slots=True)
class Pathways:
    """Euclidean norms of the loss's gradient at the input of one block, summed over pictures before the norm is
    taken: all of it, what comes by the identity, what comes through F; `left` is how much of it the sum of the two
    leaves unexplained, relative to all of it."""

    block: str
    whole: float
    identity: float
    residual: float
    left: float


def pathways(network: Network, pictures: Tensor, labels: Tensor) -> Iterator[tuple[Pathways, ...]]:
    """Every block's, from the first to the last; pictures N,3,H,W as the network takes them.

    One step is one gradient of one part of the pictures: what comes is of the parts that are done, and during the
    first one of the blocks that are done, which begins with the last. Raises OperationError for a network without
    shortcuts.
    """
    parting = dict(blocks(network))
    if not parting:
        raise OperationError(f"Nothing goes around a block of {network.spec}: take a ResNet, such as cifar-resnet-56.")
    known: dict[str, Tensor] = {}
    for number, (batch, truth) in enumerate(parts(network.spec, pictures, labels)):
        inputs: dict[str, Tensor] = {}
        with torch.no_grad():
            x = batch
            for name in network.steps:
                if name in parting:
                    inputs[name] = x.clone()
                x = network.get_submodule(name)(x.clone())
        found: dict[str, Tensor] = {}
        for name in reversed(parting):
            x = inputs.pop(name)  # let go of, for the graph behind an earlier block grows
            gradients: list[Tensor] = []
            for way in WAYS:
                yield _pathways(known if number else found)
                gradients.append(_gradient(network, name, parting[name], x, truth, way))
            found = {name: _squares(*gradients), **found}
        known = {name: squares + known[name] if number else squares for name, squares in found.items()}
    yield _pathways(known)


def _squares(whole: Tensor, identity: Tensor, residual: Tensor) -> Tensor:
    """The squared norms of three gradients, and of what the sum of two leaves of the first: those of parts add up."""
    return torch.stack([one.square().sum() for one in (whole, identity, residual, whole - identity - residual)])


def _pathways(squares: Mapping[str, Tensor]) -> tuple[Pathways, ...]:
    return tuple(_norms(name, *map(float, some.sqrt())) for name, some in squares.items())


def _norms(block: str, whole: float, identity: float, residual: float, left: float) -> Pathways:
    return Pathways(block, whole, identity, residual, left / whole if whole else 0.0)


def _gradient(network: Network, name: str, block: ResidualBlock, x: Tensor, labels: Tensor, way: str | None) -> Tensor:
    """Of the loss, at a block's input, through the block by both ways or one of them."""
    with torch.enable_grad():
        start = x.clone().requires_grad_()
        out = block(start) if way is None else parted(block, start, way)
        for later in network.steps[network.steps.index(name) + 1 :]:
            out = network.get_submodule(later)(out)
        (gradient,) = torch.autograd.grad(cross_entropy(out, labels, reduction="sum"), start)
    return gradient


@dataclass(frozen=True, slots=True)
class Scaled:
    """With every shortcut weighed by `factor`: the gradient's norm at the input of each block, first to last, and the
    factor's power that eq. 8 puts before the part that comes straight from the end."""

    factor: float
    blocks: tuple[str, ...]
    gradients: tuple[float, ...]
    powers: tuple[float, ...]


def scaled(network: Network, pictures: Tensor, labels: Tensor, factor: float) -> Iterator[Scaled]:
    """The gradients behind shortcuts of weight λ, beside λ^(L−l), over the parts of the pictures that are done: a part
    a step. Raises OperationError as `pathways`."""
    parting = dict(blocks(network))
    if not parting:
        raise OperationError(f"Nothing goes around a block of {network.spec}: take a ResNet, such as cifar-resnet-56.")
    squares = torch.zeros(len(parting))
    for batch, truth in parts(network.spec, pictures, labels):
        squares = squares + _squares_behind(network, batch, truth, factor)
        yield Scaled(
            factor,
            tuple(parting),
            tuple(map(float, squares.sqrt())),
            tuple(factor ** (len(parting) - place) for place in range(len(parting))),
        )


def _squares_behind(network: Network, pictures: Tensor, labels: Tensor, factor: float) -> Tensor:
    """The squared norms of the loss's gradient at the blocks' inputs."""
    parting = dict(blocks(network))
    inputs: list[Tensor] = []
    with torch.enable_grad():
        x = pictures.clone().requires_grad_()
        for name in network.steps:
            if name in parting:
                inputs.append(x)
                x = x.clone()
            x = operated(network, x, steps=(name,), identity=factor)
        gradients = torch.autograd.grad(cross_entropy(x, labels, reduction="sum"), inputs)
    return torch.stack([gradient.square().sum() for gradient in gradients])
