"""A trained network in the form that answers fastest: BN folded into the convolutions, in the precision that the
device multiplies fastest, and on x86 with oneDNN's convolutions, which bring ReLU and the addition along.

Folding: Jacob 2018, arXiv:1712.05877, section 3.2. What the papers' order leaves apart (a BN in front of its
convolution, He 2016) stays apart.
"""

import copy
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_weights

from .modules import JOINS, ResidualBlock
from .network import Network


def inference_form(network: Network, device: torch.device, dtype: torch.dtype | None = None) -> "InferenceNetwork":
    """The same function on a device, for batches of any size: N,C,H,W float32 to float32 logits N,classes.

    `dtype` is the precision within, the fastest if not given. Not for training; it shares no tensor with the network.
    """
    return InferenceNetwork(network, Precision(dtype or fastest(device), device))


def fastest(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies it in hardware, else float32."""
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    features = torch.cpu.get_capabilities() if device.type == "cpu" and _packs(device) else {}
    return torch.bfloat16 if features.get("amx_bf16") or features.get("avx512_bf16") else torch.float32


def _packs(device: torch.device) -> bool:
    """Whether oneDNN's convolutions are there; elsewhere than on x86 they were never tried."""
    return (
        device.type == "cpu"
        and platform.machine().lower() in ("x86_64", "amd64")
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # in torch's own file
        and hasattr(torch.ops.mkldnn, "_convolution_pointwise_")
    )


@dataclass(frozen=True, slots=True)
class Precision:
    """How the tensors of an inference form lie."""

    dtype: torch.dtype
    device: torch.device

    @property
    def packed(self) -> bool:
        """Whether weights are laid out for oneDNN."""
        return _packs(self.device)

    def placed(self, tensor: Tensor) -> Tensor:
        """A copy of a tensor, as a convolution or a fully connected layer takes it."""
        tensor = tensor.detach().to(self.device, self.dtype, copy=True)
        return tensor.contiguous(memory_format=torch.channels_last) if tensor.ndim == 4 else tensor


class InferenceNetwork(nn.Module):
    """A chain of operations and blocks, as `inference_form` makes it."""

    def __init__(self, network: Network, precision: Precision) -> None:
        super().__init__()
        self.dtype = precision.dtype
        self.chain = _chain(map(network.get_submodule, network.steps), precision)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.chain(x.to(self.dtype))
        return out.float()


class Convolution(nn.Module):
    """A convolution with the BN behind it folded in; ReLU, and before it the addition of another map, on the way."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, parts: "_Parts", precision: Precision) -> None:
        super().__init__()
        conv = parts.conv
        weight, bias = conv.weight, conv.bias
        if (bn := parts.bn) is not None:
            assert bn.running_mean is not None  # every BN of ours keeps statistics
            assert bn.running_var is not None
            weight, bias = fuse_conv_bn_weights(
                weight, bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
            )
        self.padding, self.stride, self.dilation, self.groups = conv.padding, conv.stride, conv.dilation, conv.groups
        self.relu, self.packed = parts.relu, precision.packed
        weight = precision.placed(parts.factor * weight)
        if self.packed:
            weight = torch.ops.mkldnn._reorder_convolution_weight(weight, *self._geometry)
        self.register_buffer("weight", weight)
        self.register_buffer("bias", None if bias is None else precision.placed(parts.factor * bias))

    def forward(self, x: Tensor, other: Tensor | None = None) -> Tensor:
        """The convolution of `x`, plus `other`, which it may overwrite."""
        if self.packed:
            return self._by_onednn(x, other)
        out = functional.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        out = out if other is None else out.add_(other)
        return out.relu_() if self.relu else out

    def _by_onednn(self, x: Tensor, other: Tensor | None) -> Tensor:
        filters = (self.weight, self.bias, *self._geometry)
        relu = "relu" if self.relu else None
        if other is None:
            out: Tensor = torch.ops.mkldnn._convolution_pointwise(x, *filters, relu or "none", [], "")
        else:  # into channels last alone does it add; a cut or padded shortcut may lie otherwise
            other = other.contiguous(memory_format=torch.channels_last)
            out = torch.ops.mkldnn._convolution_pointwise_.binary(other, x, *filters, "add", 1.0, relu, [], "")
        return out

    @property
    def _geometry(self) -> tuple[Any, ...]:
        return self.padding, self.stride, self.dilation, self.groups


class Block(nn.Module):
    """post(join(path(pre(x)) for each path)), as `modules.ResidualBlock`, at test time."""

    def __init__(self, block: ResidualBlock, precision: Precision, nested: bool) -> None:
        super().__init__()
        self.join, self.roles = block.join, block.roles
        ways = block.paths[:1] if block.join == "aside" else block.paths  # what ends beside is for training
        paths = [_parts(map(block.get_submodule, path)) for path in ways]
        post = _parts(map(block.get_submodule, block.post))
        if self.join == "none":  # what stands behind the only path belongs to it
            paths, post = [_parts(map(block.get_submodule, (*block.paths[0], *block.post)))], []
        # at test time the residual path takes part by its probability, Huang 2016, eq. 5
        self.weight = block.survival if block.survival < 1 and not block.inverted else 1.0
        self.last: nn.Module | None = None
        if not nested and self.join == "add" and self.roles == ("residual", "shortcut"):
            self.last = self._adding(paths[0], post, precision)
        self.pre = _chain(map(block.get_submodule, block.pre), precision)
        self.paths = nn.ModuleList(_made(path, precision, nested=True) for path in paths)
        self.post = _made(post, precision)

    def _adding(
        self, path: "list[_Parts | nn.Module]", post: "list[_Parts | nn.Module]", precision: Precision
    ) -> nn.Module | None:
        """The residual path's last convolution, taken from it, if it can bring the addition and the ReLU behind it.

        It writes over what the shortcut brings, which nobody else holds, unless the block stands inside of another.
        """
        if len(path) < 2 or not isinstance(last := path[-1], _Parts) or last.relu:
            return None
        path.pop()
        last.factor, self.weight = self.weight, 1.0
        if post and isinstance(post[0], nn.ReLU):
            last.relu = True
            post.pop(0)
        return Convolution(last, precision)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pre(x)
        ends = [path(x) for path in self.paths]
        if self.weight < 1:
            ends[self.roles.index("residual")] *= self.weight
        out: Tensor = self.post(self.last(*ends) if self.last else JOINS[self.join](ends))
        return out

    def around(self, x: Tensor) -> Tensor:
        """What the block gives once its residual path is cut; without a shortcut, what it takes."""
        if "shortcut" not in self.roles:
            return x
        out = self.paths[self.roles.index("shortcut")](self.pre(x)).clone()
        if isinstance(self.last, Convolution) and self.last.relu:
            out.relu_()
        around: Tensor = self.post(out)
        return around


@dataclass
class _Parts:
    """What becomes one `Convolution`. `factor` scales what it puts out."""

    conv: nn.Conv2d
    bn: nn.BatchNorm2d | None = None
    relu: bool = False
    factor: float = 1.0


def _parts(modules: Iterable[nn.Module]) -> "list[_Parts | nn.Module]":
    """A chain in which every convolution has taken up the BN and the ReLU behind it."""
    found: list[_Parts | nn.Module] = []
    for module in modules:
        last = found[-1] if found else None
        if isinstance(module, nn.Conv2d):
            found.append(_Parts(module))
        elif isinstance(last, _Parts) and isinstance(module, nn.BatchNorm2d) and not (last.bn or last.relu):
            last.bn = module
        elif isinstance(last, _Parts) and isinstance(module, nn.ReLU):
            last.relu = True
        else:
            found.append(module)
    return found


def _made(parts: "Sequence[_Parts | nn.Module]", precision: Precision, nested: bool = False) -> nn.Sequential:
    return nn.Sequential(*(_one(part, precision, nested) for part in parts))


def _one(part: "_Parts | nn.Module", precision: Precision, nested: bool) -> nn.Module:
    if isinstance(part, _Parts):
        return Convolution(part, precision)
    if isinstance(part, ResidualBlock):
        return Block(part, precision, nested)
    return _copied(part, precision)


def _copied(module: nn.Module, precision: Precision) -> nn.Module:
    """Any other module. A fully connected layer changes its precision, a BN that stands apart keeps float32."""
    copied = copy.deepcopy(module).to(precision.device)
    if isinstance(copied, nn.LocalResponseNorm):
        return _InFloat32(copied)
    return copied.to(precision.dtype) if isinstance(copied, nn.Linear) else copied


class _InFloat32(nn.Module):
    """A module that bfloat16 has no room, or no kernel, for."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.module(x.float()).to(x.dtype)
        return out


def _chain(modules: Iterable[nn.Module], precision: Precision) -> nn.Sequential:
    return _made(_parts(modules), precision)
