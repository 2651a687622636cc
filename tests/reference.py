"""Layers written out with nothing but torch's functions, and networks to hold against what they compute."""

import torch
from torch import Tensor
from torch.nn import functional

from resnet_core import parse
from resnet_core.labs import equivalences
from resnet_core.network import Network

State = dict[str, Tensor]


def conv(state: State, name: str, x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    """A convolution that pads by half its kernel; with a bias where the state has one."""
    weight, bias = state[f"{name}.weight"], state.get(f"{name}.bias")
    return functional.conv2d(x, weight, bias, stride, weight.shape[-1] // 2, groups=groups)


def bn(state: State, name: str, x: Tensor, eps: float = 1e-5) -> Tensor:
    mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
    scale = state[f"{name}.weight"] / torch.sqrt(variance + eps)
    return (x - mean[:, None, None]) * scale[:, None, None] + state[f"{name}.bias"][:, None, None]


def linear(state: State, name: str, x: Tensor) -> Tensor:
    return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]


def lively(text: str) -> tuple[Network, Tensor]:
    """A network in double precision whose BN does something, and two pictures for it."""
    network = equivalences.lively(parse(text), torch.float64)
    torch.manual_seed(0)
    return network, torch.randn(2, network.spec.channels, *network.spec.size, dtype=torch.float64)


def same(ours: Tensor, theirs: Tensor) -> None:
    """To rounding: the reference multiplies BN out in another order."""
    assert ours.std() > 1e-3, "a network that says the same to everything proves nothing"
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-12 * float(theirs.abs().max()))
