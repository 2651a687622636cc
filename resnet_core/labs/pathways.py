"""The two pathways by which a gradient reaches a block: He 2016, arXiv:1603.05027, section 2, eq. 5, and eq. 8.

The gradient of the loss at a block's input is the sum of what comes back around the residual path and of what comes
back through it. Each is measured with the other cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..modules import ResidualBlock
from ..network import Network
from .candidates import OperationError
from .operation import blocks, operated, parted


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


def pathways(network: Network, pictures: Tensor, labels: Tensor) -> Iterator[Pathways]:
    """Every block's, from the last to the first. Pictures N,3,H,W as the network takes them.

    Raises OperationError for a network without shortcuts.
    """
    parting = dict(blocks(network))
    if not parting:
        raise OperationError(f"Nothing goes around a block of {network.spec}: take a ResNet, such as cifar-resnet-56.")
    inputs: dict[str, Tensor] = {}
    with torch.no_grad():
        x = pictures
        for name in network.steps:
            if name in parting:
                inputs[name] = x.clone()
            x = network.get_submodule(name)(x.clone())
    for name in reversed(parting):
        x = inputs.pop(name)  # let go of, for the graph behind an earlier block grows
        whole, identity, residual = (
            _gradient(network, name, parting[name], x, labels, way) for way in (None, "shortcut", "residual")
        )
        size = float(whole.norm())
        left = float((whole - identity - residual).norm())
        yield Pathways(name, size, float(identity.norm()), float(residual.norm()), left / size if size else 0.0)


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


def scaled(network: Network, pictures: Tensor, labels: Tensor, factor: float) -> Scaled:
    """The gradients behind shortcuts of weight λ, beside λ^(L−l). Raises OperationError as `pathways`."""
    parting = dict(blocks(network))
    if not parting:
        raise OperationError(f"Nothing goes around a block of {network.spec}: take a ResNet, such as cifar-resnet-56.")
    inputs: list[Tensor] = []
    with torch.enable_grad():
        x = pictures.clone().requires_grad_()
        for name in network.steps:
            if name in parting:
                inputs.append(x)
                x = x.clone()
            x = operated(network, x, steps=(name,), identity=factor)
        gradients = torch.autograd.grad(cross_entropy(x, labels, reduction="sum"), inputs)
    return Scaled(
        factor,
        tuple(parting),
        tuple(float(gradient.norm()) for gradient in gradients),
        tuple(factor ** (len(parting) - place) for place in range(len(parting))),
    )
