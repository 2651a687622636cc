"""The one line of PyTorch that makes an op: the module as torch prints its arguments, or the expression that it is."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from .algebra import RESPONSE_NORM, Op
from .sight.snippet import CODE, JOINS

MOST_ENDS = 4
"""Of more paths that meet, the line says "paths"."""


def code_line(op: Op) -> str:
    """A line that makes the op's module, or, of an op that has no module in torch, what it does to x."""
    return _LINES[op.kind](op)


def meeting_line(join: str, roles: Sequence[str]) -> str:
    """The expression by which paths of these roles meet; of like roles, numbered ones."""
    if len(roles) > MOST_ENDS:
        return {"add": "sum(paths)", "concat": "torch.cat(paths, 1)"}[join]
    ends = [f"{role}{number}" if roles.count(role) > 1 else str(role) for number, role in enumerate(roles, start=1)]
    return JOINS[join](ends)


def _module(name: str, *places: Any, **words: tuple[Any, Any]) -> str:
    """`words` are values with torch's defaults, which are left out."""
    said = [f"{word}={value!r}" for word, (value, usual) in words.items() if value != usual]
    return f"nn.{name}({', '.join([*map(repr, places), *said])})"


def _window(op: Op) -> dict[str, tuple[Any, Any]]:
    return {
        "kernel_size": (op.kernel, None),
        "stride": (op.stride, op.kernel),
        "padding": (op.padding, 0),
        "ceil_mode": (op.ceil, False),
    }


def _expression(op: Op) -> str:
    return CODE[op.kind](op, "x", "")


_LINES: Mapping[str, Callable[[Op], str]] = MappingProxyType(
    {
        "conv": lambda op: _module(
            "Conv2d",
            op.c_in,
            op.c_out,
            kernel_size=(op.kernel, None),
            stride=(op.stride, 1),
            padding=(op.padding, 0),
            groups=(op.groups, 1),
            bias=(op.bias, True),
        ),
        "bn": lambda op: _module("BatchNorm2d", op.c_out, eps=(op.eps, 1e-5)),
        "relu": lambda op: _module("ReLU", inplace=(op.inplace, False)),
        "sigmoid": lambda op: _module("Sigmoid"),
        "tanh": lambda op: _module("Tanh"),
        "lrn": lambda op: _module(
            "LocalResponseNorm", op.kernel, **{word: (value, None) for word, value in RESPONSE_NORM.items()}
        ),
        "dropout": lambda op: _module("Dropout", op.factor),
        "maxpool": lambda op: _module("MaxPool2d", **_window(op)),
        "avgpool": lambda op: _module("AvgPool2d", **_window(op)),
        "adaptivepool": lambda op: _module("AdaptiveAvgPool2d", op.to),
        "flatten": lambda op: _module("Flatten"),
        "linear": lambda op: _module("Linear", op.c_in, op.c_out, bias=(op.bias, True)),
        **dict.fromkeys(("scale", "select", "zeropad"), _expression),
        "rbf": lambda op: "-(x[:, None] - codes).square().sum(2)",
    }
)
