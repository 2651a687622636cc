"""A gate that stands at one half, beside constant scaling: He 2016, arXiv:1603.05027, section 3.1.

Both nets have the same weights, in double precision and with pre-activation, where nothing but the gate, or the
factor, stands on the shortcut.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ..network import Network, build
from ..operated import blocks, parted
from ..spec import ArchSpec
from .equivalences import lively

HALF = 0.5
PICTURES = 2


@dataclass(frozen=True, slots=True)
class Frozen:
    """Block by block, first to last: the gradient that comes back by the shortcuts alone, of that at the last block,
    with the identity, with gates at one half and with the factor one half; `difference` is that of the last two nets'
    maps behind the block, the largest, relative to the largest value."""

    blocks: tuple[str, ...]
    identity: tuple[float, ...]
    gated: tuple[float, ...]
    scaled: tuple[float, ...]
    difference: tuple[float, ...]

    @property
    def powers(self) -> tuple[float, ...]:
        """One half to the number of blocks behind."""
        return tuple(HALF ** (len(self.blocks) - number) for number in range(1, len(self.blocks) + 1))


def frozen(spec: ArchSpec) -> Iterator[Frozen | None]:
    """Of a residual net's blocks, with other shortcuts: one net a step, what was found behind the last."""
    spec = replace(spec, order="pre", skip="identity")
    pictures = torch.randn(PICTURES, 3, *spec.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labels = torch.arange(PICTURES) % spec.classes
    identity = _passed(lively(spec, torch.float64), pictures, labels)[1]
    yield None
    gates = gated(spec)
    maps, by_gates = _passed(gates, pictures, labels)
    yield None
    same, by_factor = _passed(scaled(spec, gates), pictures, labels)
    apart = tuple(float((one - other).abs().max() / one.abs().max()) for one, other in zip(maps, same, strict=True))
    names = tuple(name for name, _ in blocks(gates))
    yield Frozen(names, identity, by_gates, by_factor, apart)


def gated(spec: ArchSpec) -> Network:
    """The net with exclusive gates, frozen: their weights and biases are nothing, so that each stands at one half."""
    network = lively(replace(spec, skip="exclusive-gating", gate_bias=0.0), torch.float64)
    for name, parameter in network.named_parameters():
        if ".gate." in name:
            nn.init.zeros_(parameter)
    return network


def scaled(spec: ArchSpec, network: Network) -> Network:
    """The net with constant scaling on both paths, and another net's weights but for its gates."""
    other = build(replace(spec, skip="scaling")).to(torch.float64).eval()
    other.load_state_dict({name: value for name, value in network.state_dict().items() if ".gate." not in name})
    return other


def _passed(network: Network, pictures: Tensor, labels: Tensor) -> tuple[tuple[Tensor, ...], tuple[float, ...]]:
    """The maps behind the blocks, and the gradient's norm there, back by the shortcuts alone, of that at the last."""
    parting = dict(blocks(network))
    kept: list[Tensor] = []
    with torch.enable_grad():
        x = pictures.clone().requires_grad_()
        for name in network.steps:
            if name in parting:
                kept.append(parted(parting[name], x, "shortcut"))
                x = kept[-1].clone()
            else:
                x = network.get_submodule(name)(x)
        norms = [float(one.norm()) for one in torch.autograd.grad(cross_entropy(x, labels), kept)]
    return tuple(one.detach() for one in kept), tuple(norm / norms[-1] for norm in norms)
