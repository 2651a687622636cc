"""The few torch modules: one per kind of op, and one block for the whole family."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from .algebra import RESPONSE_NORM, Block, Op
from .taps import Taps


class ZeroPad(nn.Module):
    """Zero-padded identity, option A of He 2015 (section 3.3): every stride-th pixel, zeros in the new channels.

    No parameters. The zeros follow the signal's channels.
    """

    def __init__(self, op: Op) -> None:
        super().__init__()
        self.stride, self.added = op.stride, op.c_out - op.c_in

    def forward(self, x: Tensor) -> Tensor:  # N,C,H,W -> N,C+added,H/stride,W/stride
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


class Select(nn.Module):
    """Some of the maps, in order: which of S2 a map of C3 sees, in LeNet-5."""

    def __init__(self, op: Op) -> None:
        super().__init__()
        self.picked = list(op.picked)

    def forward(self, x: Tensor) -> Tensor:  # N,C,H,W -> N,picked,H,W
        return x[:, self.picked]


class Scale(nn.Module):
    """Constant scaling, He 2016, section 3.1."""

    def __init__(self, op: Op) -> None:
        super().__init__()
        self.factor = op.factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


class RBF(nn.Module):
    """LeNet-5's output: how far the features are from a fixed code of −1 and +1 for each class, squared.

    The distance is given negative, so that the largest output wins, as in every other net. The paper draws its codes
    by hand, 7×12 pictures of the figures; these are as many bits, drawn at random with a fixed seed.
    """

    codes: Tensor

    def __init__(self, op: Op) -> None:
        super().__init__()
        bits = torch.randint(2, (op.c_out, op.c_in), generator=torch.Generator().manual_seed(0), device="cpu")
        self.register_buffer("codes", (2.0 * bits - 1).to(torch.get_default_device()))

    def forward(self, x: Tensor) -> Tensor:  # N,features -> N,classes
        return -(x[:, None, :] - self.codes).square().sum(2)


def _conv(op: Op) -> nn.Module:
    conv = nn.Conv2d(op.c_in, op.c_out, op.kernel, op.stride, op.padding, groups=op.groups, bias=op.bias)
    if op.start is not None and conv.bias is not None:
        nn.init.constant_(conv.bias, op.start)
    return conv


MODULES: Mapping[str, Callable[[Op], nn.Module]] = MappingProxyType(
    {
        "conv": _conv,
        "bn": lambda op: nn.BatchNorm2d(op.c_out, eps=op.eps),
        "relu": lambda op: nn.ReLU(inplace=op.inplace),
        "sigmoid": lambda op: nn.Sigmoid(),
        "tanh": lambda op: nn.Tanh(),
        "lrn": lambda op: nn.LocalResponseNorm(op.kernel, **RESPONSE_NORM),
        "dropout": lambda op: nn.Dropout(op.factor),
        "scale": Scale,
        "select": Select,
        "maxpool": lambda op: nn.MaxPool2d(op.kernel, op.stride, op.padding, ceil_mode=op.ceil),
        "avgpool": lambda op: nn.AvgPool2d(op.kernel, op.stride, op.padding, ceil_mode=op.ceil),
        "adaptivepool": lambda op: nn.AdaptiveAvgPool2d(op.to),
        "flatten": lambda op: nn.Flatten(1),
        "linear": lambda op: nn.Linear(op.c_in, op.c_out, bias=op.bias),
        "rbf": RBF,
        "zeropad": ZeroPad,
    }
)


def _first(outputs: list[Tensor]) -> Tensor:
    return outputs[0]


def _gate(outputs: list[Tensor]) -> Tensor:
    transform, gate, carried = outputs
    return torch.lerp(carried, transform, gate)


def _carry(outputs: list[Tensor]) -> Tensor:
    gate, carried = outputs
    return torch.addcmul(carried, gate, carried, value=-1)


JOINS: Mapping[str, Callable[[list[Tensor]], Tensor]] = MappingProxyType(
    {
        "add": lambda outputs: reduce(torch.add, outputs),
        "concat": lambda outputs: torch.cat(outputs, 1),
        "gate": _gate,
        "carry": _carry,
        "aside": _first,
        "none": _first,
    }
)


class ResidualBlock(nn.Module):
    """post(join(path(pre(x)) for each path)): of any family, as its plan says."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.pre = _placed(self, block.pre)
        self.paths = tuple(_placed(self, path.items) for path in block.paths)
        self.roles = tuple(path.role for path in block.paths)
        self.join = block.join
        self.post = _placed(self, block.post)
        self.survival, self.inverted = block.survival, block.inverted

    def forward(self, x: Tensor, taps: Taps | None = None) -> Tensor:
        x = run(self, self.pre, x, taps)
        # their sum is held by nobody here, so that its memory is free once an op has followed
        return run(self, self.post, self._met(x, taps), taps)

    def _met(self, x: Tensor, taps: Taps | None) -> Tensor:
        met = self._perhaps(x, taps) if self.survival < 1 else JOINS[self.join](self.ends(x, taps))
        return taps.keep(self.join, met) if taps else met

    def ends(self, x: Tensor, taps: Taps | None = None) -> list[Tensor]:
        """What each path makes of its input, before they meet; taps know it by the role of the path."""
        ends = [run(self, path, x, taps) for path in self.paths]
        return [taps.keep(role, end) for role, end in zip(self.roles, ends, strict=True)] if taps else ends

    def _perhaps(self, x: Tensor, taps: Taps | None = None) -> Tensor:
        """Stochastic depth, Huang 2016: in training the residual path falls out of some steps, of the whole batch.

        At test time it takes part by its probability (eq. 5). `inverted`: it is divided by it in training instead,
        as the libraries do. Either way the sum that a test gives is the mean of the sums in training, for the same
        input of the same path. Behind a ReLU the mean is larger than what the test gives, and further on neither
        follows from the other.
        """
        residual, shortcut = (self.paths[self.roles.index(role)] for role in ("residual", "shortcut"))
        if self.training and torch.rand((), device="cpu") >= self.survival:
            # a ReLU in place may follow, and the input is another block's output, which that one's gradient needs
            return run(self, shortcut, x) if shortcut else x.clone()
        weight = 1.0
        if self.training and self.inverted:
            weight = 1 / self.survival
        elif not self.training and not self.inverted:
            weight = self.survival
        added, carried = run(self, residual, x, taps), run(self, shortcut, x, taps)
        if taps:  # what is added is the path's share
            added, weight = weight * added, 1.0
            added, carried = taps.keep("residual", added), taps.keep("shortcut", carried)
        return torch.add(carried, added, alpha=weight)


def run(root: nn.Module, chain: Sequence[str], x: Tensor, taps: Taps | None = None) -> Tensor:
    """One module after the other. By name, so that a module put in another's place is the one that runs."""
    for name in chain:
        module = root.get_submodule(name)
        if taps is None:
            x = module(x)
        else:
            x = module(x, taps.within(name)) if isinstance(module, ResidualBlock) else module(x)
            x = taps.keep(name, x)
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
