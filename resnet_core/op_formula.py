"""An op's numbers as formulas with its own values in place: what a person would write on a board to get them."""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .algebra import Op
from .rows import Row
from .shapes import Shape


class FormulaLine(NamedTuple):
    """A quantity, how it comes about, and what comes out: ("weights", "3·3 · 256 · 256", "589,824")."""

    label: str
    working: str
    result: str


def formula(row: Row, op: Op) -> tuple[FormulaLine, ...]:
    """The output, weights, multiply-adds, activations and receptive field of one op, by the conventions of `counts`."""
    working = _OUTPUT.get(row.kind, _as_it_came)
    return (
        FormulaLine("output", working(op, row.in_shape), units.shape(row.out_shape)),
        FormulaLine("weights", _WEIGHTS.get(row.kind, _none)(op), units.exact(row.params)),
        FormulaLine("multiply-adds", _multiply_adds(row, op), units.exact(row.macs)),
        FormulaLine("activations", _product(row.out_shape), units.exact(prod(row.out_shape))),
        FormulaLine("receptive field", _field(row, op), units.pixels(row.receptive_field)),
    )


def _none(op: Op) -> str:
    return "none"


def _as_it_came(op: Op, before: Shape) -> str:
    return "as it came" if op.c_in == op.c_out else f"{op.c_in} → {op.c_out} channels"


def _windows(op: Op, before: Shape) -> str:
    side = before[1]
    padding = f" + 2·{op.padding}" if op.padding else ""
    out = (side + 2 * op.padding - op.kernel) // op.stride + 1
    below, above = ("⌈", "⌉") if op.ceil else ("⌊", "⌋")
    if op.ceil:
        return f"{below}({side}{padding} − {op.kernel})/{op.stride}{above} + 1"
    return f"{below}({side}{padding} − {op.kernel})/{op.stride}{above} + 1 = {out}"


_OUTPUT: Mapping[str, Callable[[Op, Shape], str]] = MappingProxyType(
    {
        **dict.fromkeys(("conv", "maxpool", "avgpool"), _windows),
        "adaptivepool": lambda op, before: f"to {op.to}×{op.to}",
        "flatten": lambda op, before: " · ".join(map(str, (*before[1:], before[0]))),
        "linear": lambda op, before: f"{op.c_out} features",
        "rbf": lambda op, before: f"{op.c_out} distances",
        "add": lambda op, before: "cell by cell",
        "concat": lambda op, before: "one behind the other",
        "gate": lambda op, before: "T·H + (1−T)·x, cell by cell",
        "carry": lambda op, before: "(1−T)·x, cell by cell",
    }
)


def _kernel(op: Op) -> str:
    channels = f"{op.c_in}/{op.groups}" if op.groups > 1 else f"{op.c_in}"
    return f"{op.kernel}·{op.kernel} · {channels} · {op.c_out}"


def _bias(op: Op) -> str:
    return f" + {op.c_out}" if op.bias else ""


_WEIGHTS: Mapping[str, Callable[[Op], str]] = MappingProxyType(
    {
        "conv": lambda op: _kernel(op) + _bias(op),
        "linear": lambda op: f"{op.c_in} · {op.c_out}{_bias(op)}",
        "bn": lambda op: f"2 · {op.c_out}",
        "rbf": lambda op: "fixed by hand",
    }
)


def _multiply_adds(row: Row, op: Op) -> str:
    if row.kind == "conv":
        return f"{_kernel(op)} · {'·'.join(map(str, row.out_shape[1:]))}"
    return f"{op.c_in} · {op.c_out}" if row.kind == "linear" else "not counted"


def _product(shape: Shape) -> str:
    channels, *sides = shape
    return "·".join(map(str, sides)) + f" · {channels}" if sides else f"{channels}"


def _field(row: Row, op: Op) -> str:
    if row.receptive_field is None:
        return "every cell sees all of it"
    windowed = row.kernel and row.kernel > 1
    if not windowed or row.role == "join":
        return f"{row.receptive_field}, as before" if row.role != "join" else "the widest of the paths"
    jump = row.jump // (row.stride or 1)
    widened = ((row.kernel or 1) - 1) * jump
    return f"{row.receptive_field - widened} + ({row.kernel} − 1)·{jump}"
