"""How each number of an op comes about, with the op's own numbers in place: 3·3 · 256 · 256 weights are 589,824.

A working is arithmetic in the signs of the papers, or a word where nothing is calculated. The numbers are those of
`rows`, by the conventions at the top of `counts`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .algebra import Block, Op
from .plan import plan
from .rows import Row
from .shapes import Shape, pooled_spans, windows
from .spec import ArchSpec

KEPT = "as its input"
SEES_ALL = "all of its input"
TOGETHER = "what its paths see together"


class FormulaLine(NamedTuple):
    """One number of an op: what it is, how it comes about, and what comes out, as text."""

    label: str
    working: str
    result: str


Working = Callable[[Op, Row], str]


def formula(row: Row, op: Op | None = None) -> tuple[FormulaLine, ...]:
    """The numbers of a row that are not zero, each with its working. `op` is None for the row of a join."""
    op = op or Op(row.kind, row.name, row.in_shape[0], row.out_shape[0])
    return tuple(
        FormulaLine(label, TABLES[label][row.kind](op, row), result)
        for label, result in _results(row)
        if row.kind in TABLES[label]
    )


@lru_cache(maxsize=16)
def ops_by_row(spec: ArchSpec) -> Mapping[str, Op]:
    """The op of every row of a network, by the row's name; the rows of joins have none."""
    return MappingProxyType(
        {
            prefix + name: op
            for block_name, block in plan(spec).blocks()
            for prefix in (f"{block_name}." if block_name else "",)
            for name, op in _named(block)
        }
    )


def _named(block: Block, prefix: str = "") -> Iterator[tuple[str, Op]]:
    """A block's ops by their names within it."""
    for item in (*block.pre, *(item for path in block.paths for item in path.items), *block.post):
        if isinstance(item, Block):
            yield from _named(item, f"{prefix}{item.name}.")
        else:
            yield prefix + item.name, item


def _results(row: Row) -> Iterator[tuple[str, str]]:
    yield "output", units.shape(row.out_shape)
    yield "channels", units.exact(row.out_shape[0])
    counted = {
        "weights": row.weights,
        "biases": row.biases,
        "BN parameters": row.bn,
        "buffers": row.buffers,
        "multiply-adds": row.macs,
        "elementwise": row.elementwise,
        "activations": prod(row.out_shape),
    }
    yield from ((label, units.exact(number)) for label, number in counted.items() if number)
    yield "receptive field", units.pixels(row.receptive_field)


def _cells(shape: Shape) -> str:
    """The numbers of a map or a vector: "14·14 · 256"."""
    channels, *sides = shape
    return f"{'·'.join(map(str, sides))} · {channels}" if sides else str(channels)


def _each(texts: list[str]) -> str:
    """Height and width apart, where they differ."""
    return ", ".join(dict.fromkeys(texts))


def _windows(op: Op, row: Row) -> str:
    return _each([_along(op, side) for side in row.in_shape[1:]])


def _along(op: Op, side: int) -> str:
    """How many windows fit along a side; of a pool that rounds up, one may be dropped that begins beyond the edge."""
    begin, end = "⌈⌉" if op.ceil else "⌊⌋"
    number, free = windows(op, side), side + 2 * op.padding - op.kernel
    dropped = op.ceil and number < -(-free // op.stride) + 1
    return f"{begin}({side} + 2·{op.padding} − {op.kernel})/{op.stride}{end} + 1{' − 1' if dropped else ''} = {number}"


def _subsampled(op: Op, row: Row) -> str:
    if op.stride == 1:
        return KEPT
    return _each([f"⌈{side}/{op.stride}⌉ = {-(-side // op.stride)}" for side in row.in_shape[1:]])


def _window_field(op: Op, row: Row) -> str:
    jump = row.jump // op.stride
    return _widened(row, op.kernel, jump)


def _pool_field(op: Op, row: Row) -> str:
    sides = row.in_shape[1:]
    widest = max(len(span) for side in sides for span in pooled_spans(side, op.to))
    return SEES_ALL if op.to == 1 else _widened(row, widest, row.jump // max(1, max(sides) // op.to))


def _widened(row: Row, kernel: int, jump: int) -> str:
    if row.receptive_field is None:
        return KEPT
    return f"{row.receptive_field - (kernel - 1) * jump} + ({kernel} − 1)·{jump}"


def _kept(op: Op, row: Row) -> str:
    return KEPT


def _window(op: Op) -> str:
    return f"{op.kernel}·{op.kernel}"


def _per_filter(op: Op) -> str:
    """What one number of a convolution's output takes: its window, and the channels of its group."""
    return f"{_window(op)} · {op.c_in}{f'/{op.groups}' if op.groups > 1 else ''}"


_CELLWISE = ("relu", "sigmoid", "tanh", "scale")
_SAME = ("bn", *_CELLWISE, "lrn", "dropout")
_JOINS = ("add", "concat", "gate", "carry")
_WINDOWED = ("conv", "maxpool", "avgpool")

TABLES: Mapping[str, Mapping[str, Working]] = MappingProxyType(
    {
        "output": {
            **dict.fromkeys(_WINDOWED, _windows),
            **dict.fromkeys((*_SAME, "select", *_JOINS), _kept),
            "zeropad": _subsampled,
            "adaptivepool": lambda op, row: f"every map to {op.to}×{op.to}",
            "flatten": lambda op, row: _cells(row.in_shape),
            "linear": lambda op, row: "one for each row of weights",
            "rbf": lambda op, row: "one for each code",
        },
        "channels": {
            "select": lambda op, row: f"{op.c_out} of {op.c_in}",
            "zeropad": lambda op, row: f"{op.c_in} + {op.c_out - op.c_in} of zeros",
            "concat": lambda op, row: f"{op.c_in} + {op.c_out - op.c_in}",
        },
        "weights": {
            "conv": lambda op, row: f"{_per_filter(op)} · {op.c_out}",
            "linear": lambda op, row: f"{op.c_in} · {op.c_out}",
        },
        "biases": dict.fromkeys(("conv", "linear"), lambda op, row: str(op.c_out)),
        "BN parameters": {"bn": lambda op, row: f"2 · {op.c_out}"},
        "buffers": {
            "bn": lambda op, row: f"2 · {op.c_out} + 1",  # running mean and variance, and the batches seen
            "rbf": lambda op, row: f"{op.c_in} · {op.c_out}",
        },
        "multiply-adds": {
            "conv": lambda op, row: f"{_per_filter(op)} · {op.c_out} · {'·'.join(map(str, row.out_shape[1:]))}",
            "linear": lambda op, row: f"{op.c_in} · {op.c_out}",
        },
        "elementwise": {
            **dict.fromkeys(("conv", "linear", *_CELLWISE), lambda op, row: _cells(row.out_shape)),
            "bn": lambda op, row: f"2 · {_cells(row.out_shape)}",
            "lrn": lambda op, row: f"({op.kernel} + 5) · {_cells(row.out_shape)}",
            "maxpool": lambda op, row: f"({_window(op)} − 1) · {_cells(row.out_shape)}",
            "avgpool": lambda op, row: f"{_window(op)} · {_cells(row.out_shape)}",
            "adaptivepool": lambda op, row: _cells(row.in_shape),
            "rbf": lambda op, row: f"2 · {op.c_in} · {op.c_out}",
            "add": lambda op, row: f"({row.elementwise // prod(row.out_shape) + 1} − 1) · {_cells(row.out_shape)}",
            "gate": lambda op, row: f"3 · {_cells(row.out_shape)}",
            "carry": lambda op, row: f"2 · {_cells(row.out_shape)}",
        },
        "activations": dict.fromkeys(
            (*_WINDOWED, *_SAME, *_JOINS, "select", "zeropad", "adaptivepool", "flatten", "linear", "rbf"),
            lambda op, row: _cells(row.out_shape),
        ),
        "receptive field": {
            **dict.fromkeys(_WINDOWED, _window_field),
            **dict.fromkeys((*_SAME, "select", "zeropad", "flatten"), _kept),
            **dict.fromkeys(_JOINS, lambda op, row: TOGETHER),
            "adaptivepool": _pool_field,
            **dict.fromkeys(("linear", "rbf"), lambda op, row: SEES_ALL),
        },
    }
)
"""The working of each number by kind of op; a kind that is missing has none."""
