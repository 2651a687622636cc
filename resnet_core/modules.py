"""The few torch modules: one per kind of op, and one block for the whole family."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from .plan import Block, Op


class ZeroPad(nn.Module):
    """Zero-padded identity, option A of He 2015 (section 3.3): every stride-th pixel, zeros in the new channels.

    No parameters. The zeros follow the signal's channels.
    """

    def __init__(self, op: Op) -> None:
        super().__init__()
        self.stride, self.added = op.stride, op.c_out - op.c_in

    def forward(self, x: Tensor) -> Tensor:  # N,C,H,W -> N,C+added,H/stride,W/stride
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


MODULES: Mapping[str, Callable[[Op], nn.Module]] = MappingProxyType(
    {
        "conv": lambda op: nn.Conv2d(
            op.c_in, op.c_out, op.kernel, op.stride, op.padding, groups=op.groups, bias=op.bias
        ),
        "bn": lambda op: nn.BatchNorm2d(op.c_out),
        "relu": lambda op: nn.ReLU(inplace=op.inplace),
        "maxpool": lambda op: nn.MaxPool2d(op.kernel, op.stride, op.padding),
        "avgpool": lambda op: nn.AdaptiveAvgPool2d(1),
        "flatten": lambda op: nn.Flatten(1),
        "linear": lambda op: nn.Linear(op.c_in, op.c_out, bias=op.bias),
        "zeropad": ZeroPad,
    }
)


def _add(outputs: list[Tensor]) -> Tensor:
    return torch.add(*outputs)


JOINS: Mapping[str, Callable[[list[Tensor]], Tensor]] = MappingProxyType(
    {"add": _add, "none": lambda outputs: outputs[0]}
)


class ResidualBlock(nn.Module):
    """post(join(path(pre(x)) for each path)): basic or bottleneck, v1 or v2, residual or plain, as its plan says."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.pre = _placed(self, block.pre)
        self.paths = tuple(_placed(self, path.items) for path in block.paths)
        self.join = JOINS[block.join]
        self.post = _placed(self, block.post)

    def forward(self, x: Tensor) -> Tensor:
        x = run(self, self.pre, x)
        return run(self, self.post, self.join([run(self, path, x) for path in self.paths]))


def run(root: nn.Module, chain: Sequence[str], x: Tensor) -> Tensor:
    """One module after the other. By name, so that a module put in another's place is the one that runs."""
    for name in chain:
        x = root.get_submodule(name)(x)
    return x


def place(root: nn.Module, name: str, module: nn.Module) -> str:
    """Put a module under its dotted name, with a Sequential for every step on the way that is not there yet."""
    *way, leaf = name.split(".")
    for step in way:
        if step not in root._modules:
            root.add_module(step, nn.Sequential())
        root = root.get_submodule(step)
    root.add_module(leaf, module)
    return name


def _placed(root: nn.Module, items: Sequence[Op | Block]) -> tuple[str, ...]:
    return tuple(
        place(root, item.name, ResidualBlock(item) if isinstance(item, Block) else MODULES[item.kind](item))
        for item in items
    )
