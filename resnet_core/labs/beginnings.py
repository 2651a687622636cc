"""Networks before training: what a signal, and a gradient on its way back, have become after so many blocks.

He 2016, arXiv:1603.05027, Tables 1 and 2: what stands on the shortcut, and in which order the units are. Batch norm
counts with the statistics of the batch, as in training.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ..modules import ResidualBlock
from ..network import Network, build
from ..operated import blocks, parted
from ..spec import ArchSpec


@dataclass(frozen=True, slots=True)
class Beginning:
    """Of a network with He initialisation and one batch, block by block, first to last: the root mean square of what
    each puts out, the Euclidean norm of the loss's gradient there, and of the part of it that comes back by the
    shortcuts alone (`direct`; None where nothing goes around the blocks); `loss` in nats."""

    spec: ArchSpec
    blocks: tuple[str, ...]
    signal: tuple[float, ...]
    gradient: tuple[float, ...]
    direct: tuple[float, ...] | None
    loss: float
    pictures: int


def beginnings(spec: ArchSpec, pictures: Tensor, labels: Tensor, seed: int = 0) -> Iterator[Beginning | None]:
    """How signal and gradient pass a network that has learned nothing yet, in steps of which only the last brings
    something. Pictures N,3,H,W, labels N."""
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        network = build(spec).train()
    names = tuple(name for name in network.steps if isinstance(network.get_submodule(name), ResidualBlock))
    yield None
    signal, gradient, loss = _passed(network, names, pictures, labels, direct=False)
    direct = None
    if any(True for _ in blocks(network)):
        yield None
        direct = _passed(network, names, pictures, labels, direct=True)[1]
    yield Beginning(spec, names, signal, gradient, direct, loss, len(pictures))


def _passed(
    network: Network, names: Sequence[str], pictures: Tensor, labels: Tensor, direct: bool
) -> tuple[tuple[float, ...], tuple[float, ...], float]:
    """The root mean square of what the blocks put out, the gradient's norm there, and the loss; `direct`: back by the
    shortcuts alone."""
    parting = dict(blocks(network))
    kept: list[Tensor] = []
    with torch.enable_grad():
        x = pictures.clone().requires_grad_()
        for name in network.steps:
            alone = direct and name in parting
            x = parted(parting[name], x, "shortcut") if alone else network.get_submodule(name)(x)
            if name in names:
                kept.append(x)
                x = x.clone()
        loss = cross_entropy(x, labels)
        gradients = torch.autograd.grad(loss, kept)
    signal = tuple(float(tensor.detach().square().mean().sqrt()) for tensor in kept)
    return signal, tuple(float(one.norm()) for one in gradients), float(loss.detach())
