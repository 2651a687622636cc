"""What each kind of op costs: pure arithmetic, one table per quantity.

The convention, the papers' own: one multiply-add counts one; convolutions and fully connected layers only, so
biases, BN, ReLU, pooling and additions count nothing; batch of one. Memory is in bytes of fp32.
"""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from .plan import Op
from .shapes import Shape

CONVENTION = "one multiply-add counts one; convolutions and fully connected layers only; batch of one"
MEMORY_CONVENTION = "fp32, batch of one; ReLU in place, all else out of place; no workspace of the convolutions"
BYTES = 4
INDEX_BYTES = 8


class Parameters(NamedTuple):
    """Numbers of an op that are learned (`weights`, `biases`, `bn`: scale and shift), and its `buffers`."""

    weights: int = 0
    biases: int = 0
    bn: int = 0
    buffers: int = 0


_NOTHING = Parameters()
_PARAMETERFREE = ("relu", "maxpool", "avgpool", "flatten", "zeropad")

PARAMETERS: Mapping[str, Callable[[Op], Parameters]] = MappingProxyType(
    {
        "conv": lambda op: Parameters(op.kernel**2 * (op.c_in // op.groups) * op.c_out, op.c_out * op.bias),
        "linear": lambda op: Parameters(op.c_in * op.c_out, op.c_out * op.bias),
        # running mean, running variance, and the number of batches seen
        "bn": lambda op: Parameters(bn=2 * op.c_out, buffers=2 * op.c_out + 1),
        **dict.fromkeys(_PARAMETERFREE, lambda op: _NOTHING),
    }
)

MACS: Mapping[str, Callable[[Op, Shape], int]] = MappingProxyType(
    {
        "conv": lambda op, out: op.kernel**2 * (op.c_in // op.groups) * prod(out),
        "linear": lambda op, out: op.c_in * op.c_out,
        **dict.fromkeys(("bn", *_PARAMETERFREE, "add"), lambda op, out: 0),
    }
)

ELEMENTWISE: Mapping[str, Callable[[Op, Shape, Shape], int]] = MappingProxyType(
    {  # operations that no multiply-add stands for
        "conv": lambda op, before, out: prod(out) * op.bias,
        "linear": lambda op, before, out: op.c_out * op.bias,
        "bn": lambda op, before, out: 2 * prod(out),  # scale and shift, mean and variance folded into them
        "relu": lambda op, before, out: prod(out),
        "maxpool": lambda op, before, out: (op.kernel**2 - 1) * prod(out),  # comparisons
        "avgpool": lambda op, before, out: prod(before),  # sums, and one division a channel
        "flatten": lambda op, before, out: 0,
        "zeropad": lambda op, before, out: 0,
    }
)


class Saved(NamedTuple):
    """What autograd keeps of an op until the backward pass: its input, its output, and bytes of its own."""

    input: bool = False
    output: bool = False
    own: Callable[[Op, Shape], int] = lambda op, out: 0


def _indices(op: Op, out: Shape) -> int:
    """Where the maxima stood: torch's max-pooling notes it whether somebody asks or not."""
    return INDEX_BYTES * prod(out)


BESIDE: Mapping[str, Callable[[Op, Shape], int]] = MappingProxyType({"maxpool": _indices})
"""Bytes that an op makes beside its output, at inference too, and drops when it ends."""

SAVED: Mapping[str, Saved] = MappingProxyType(
    {
        "conv": Saved(input=True),
        "linear": Saved(input=True),
        "bn": Saved(input=True, own=lambda op, out: 2 * BYTES * op.c_out),  # the batch's mean and deviation
        "relu": Saved(output=True),
        "maxpool": Saved(input=True, own=_indices),
        "avgpool": Saved(),
        "flatten": Saved(),
        "zeropad": Saved(),
        "add": Saved(),
    }
)
VIEWS = frozenset({"flatten"})
"""Kinds whose output is their input's memory, seen otherwise."""
