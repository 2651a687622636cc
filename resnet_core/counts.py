"""What each kind of op costs: pure arithmetic, one table per quantity.

The convention, the papers' own: one multiply-add counts one; convolutions and fully connected layers only, so
biases, BN, ReLU, pooling and additions count nothing; batch of one. Memory is in bytes of fp32.
"""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from .algebra import Op
from .shapes import Shape

CONVENTION = "one multiply-add counts one; convolutions and fully connected layers only; batch of one"
MEMORY_CONVENTION = (
    "fp32, batch of one; ReLU in place, all else out of place; what dropout drops noted in fp32, as on the CPU "
    "(CUDA notes it in bytes); no workspace of the convolutions"
)
BYTES = 4
INDEX_BYTES = 8


class Parameters(NamedTuple):
    """Numbers of an op that are learned (`weights`, `biases`, `bn`: scale and shift), and its `buffers`."""

    weights: int = 0
    biases: int = 0
    bn: int = 0
    buffers: int = 0


_NOTHING = Parameters()
_PARAMETERFREE = (
    *("relu", "sigmoid", "tanh", "lrn", "dropout", "scale", "select"),
    *("maxpool", "avgpool", "adaptivepool", "flatten", "zeropad"),
)
JOINS = ("add", "concat", "gate", "carry")

PARAMETERS: Mapping[str, Callable[[Op], Parameters]] = MappingProxyType(
    {
        "conv": lambda op: Parameters(op.kernel**2 * (op.c_in // op.groups) * op.c_out, op.c_out * op.bias),
        "linear": lambda op: Parameters(op.c_in * op.c_out, op.c_out * op.bias),
        # running mean, running variance, and the number of batches seen
        "bn": lambda op: Parameters(bn=2 * op.c_out, buffers=2 * op.c_out + 1),
        "rbf": lambda op: Parameters(buffers=op.c_in * op.c_out),  # fixed by hand, section II.B of LeCun 1998
        **dict.fromkeys(_PARAMETERFREE, lambda op: _NOTHING),
    }
)

MACS: Mapping[str, Callable[[Op, Shape], int]] = MappingProxyType(
    {
        "conv": lambda op, out: op.kernel**2 * (op.c_in // op.groups) * prod(out),
        "linear": lambda op, out: op.c_in * op.c_out,
        **dict.fromkeys(("bn", "rbf", *_PARAMETERFREE, *JOINS), lambda op, out: 0),
    }
)

ELEMENTWISE: Mapping[str, Callable[[Op, Shape, Shape], int]] = MappingProxyType(
    {  # operations that no multiply-add stands for
        "conv": lambda op, before, out: prod(out) * op.bias,
        "linear": lambda op, before, out: op.c_out * op.bias,
        "bn": lambda op, before, out: 2 * prod(out),  # scale and shift, mean and variance folded into them
        **dict.fromkeys(("relu", "sigmoid", "tanh", "scale"), lambda op, before, out: prod(out)),
        # squares, their sum over the channels around, scale and shift, power, division
        "lrn": lambda op, before, out: (op.kernel + 5) * prod(out),
        "maxpool": lambda op, before, out: (op.kernel**2 - 1) * prod(out),  # comparisons
        "avgpool": lambda op, before, out: op.kernel**2 * prod(out),  # sums, and a division
        "adaptivepool": lambda op, before, out: prod(before),
        "rbf": lambda op, before, out: 2 * op.c_in * op.c_out,  # a difference, its square added
        **dict.fromkeys(("dropout", "select", "flatten", "zeropad"), lambda op, before, out: 0),
    }
)

JOINED: Mapping[str, Callable[[int, Shape], int]] = MappingProxyType(
    {  # the same where so many paths meet
        "add": lambda paths, out: (paths - 1) * prod(out),
        "concat": lambda paths, out: 0,
        "gate": lambda paths, out: 3 * prod(out),  # x + T·(H − x)
        "carry": lambda paths, out: 2 * prod(out),  # x − T·x
    }
)


def _indices(op: Op, out: Shape) -> int:
    """Where the maxima stood: torch's max-pooling notes it whether somebody asks or not."""
    return INDEX_BYTES * prod(out)


def _picked(op: Op, out: Shape) -> int:
    """The numbers of the maps that are selected, as a tensor."""
    return INDEX_BYTES * op.c_out


def _output(op: Op, out: Shape) -> int:
    return BYTES * prod(out)


def _differences(op: Op, out: Shape) -> int:
    """Each feature from each class's code."""
    return BYTES * op.c_in * op.c_out


BESIDE: Mapping[str, Callable[[Op, Shape], int]] = MappingProxyType(
    {
        "maxpool": _indices,
        "select": _picked,
        "lrn": lambda op, out: 2 * _output(op, out),  # the mean of the squares, and it with α or with k
        "rbf": lambda op, out: 2 * _differences(op, out) - _output(op, out),  # they and their squares, before the sum
    }
)
"""Bytes that an op makes beside its output at its most, at inference too, and drops when it ends."""


class Saved(NamedTuple):
    """What autograd keeps of an op until the backward pass: its input, its output, and bytes of its own."""

    input: Callable[[Op], bool] = lambda op: False
    output: bool = False
    own: Callable[[Op, Shape], int] = lambda op, out: 0


def _always(op: Op) -> bool:
    return True


def _normalisation(op: Op, out: Shape) -> int:
    """The squares with zeros around their channels, their mean with α and k in it, and its power."""
    _, height, width = out
    return 3 * _output(op, out) + BYTES * (op.kernel - 1) * height * width


SAVED: Mapping[str, Saved] = MappingProxyType(
    {
        **dict.fromkeys(("conv", "linear", "avgpool"), Saved(_always)),
        "bn": Saved(_always, own=lambda op, out: 2 * BYTES * op.c_out),  # the batch's mean and deviation
        **dict.fromkeys(("relu", "sigmoid", "tanh"), Saved(output=True)),
        "lrn": Saved(_always, own=_normalisation),
        "dropout": Saved(own=_output),  # 0 where it drops, 1/(1−p) elsewhere
        "maxpool": Saved(_always, own=_indices),
        "adaptivepool": Saved(lambda op: op.to > 1),  # to one cell, it is a mean, which needs no input
        "select": Saved(own=_picked),
        "rbf": Saved(own=_differences),
        **dict.fromkeys(("scale", "flatten", "zeropad"), Saved()),
    }
)
"""By kind, in a step in which stochastic depth drops no block."""
SAVED_INPUTS = frozenset({"gate", "carry"})
"""Joins of which autograd keeps what meets."""
VIEWS = frozenset({"flatten", "dropout"})
"""Kinds whose output is, at inference, their input's memory: seen otherwise, or just so."""
