"""Which pixels of the picture a cell of a tensor sees, exactly: at the edges, too, and behind uneven pools.

Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill, has the fields of
cells far from every edge, which `rows` gives. Here the span of each cell along either side is followed op by op, so
that what a window reads of the padding, or a pool leaves over, is never taken for pixels.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from ..algebra import Block, Op
from ..plan import plan
from ..refusal import Refusal
from ..shapes import pooled_spans, windows
from ..spec import ArchSpec
from ..tensors import tensor


class NoCellError(Refusal):
    """A cell that a tensor does not have."""


class Span(NamedTuple):
    """The first and the last pixel that a cell sees along one side."""

    first: int
    last: int

    @property
    def pixels(self) -> int:
        return self.last - self.first + 1


Side = tuple[Span, ...]
"""The spans of all cells along one side of a map."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """What one cell sees of the picture of so many pixels; `field` is the side of the field of a cell amid a map that
    is large enough, None where that is not one number: behind uneven pools, and where all is seen."""

    rows: Span
    columns: Span
    picture: tuple[int, int]
    field: int | None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height."""
        return self.columns.first, self.rows.first, self.columns.pixels, self.rows.pixels

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole picture."""
        return (self.rows.pixels, self.columns.pixels) == self.picture

    @property
    def sentence(self) -> str:
        """How large it is, and what of its field is no picture."""
        size = f"{self.rows.pixels:,}×{self.columns.pixels:,} pixels{': the whole picture' if self.is_whole else ''}"
        if self.field is None or (self.rows.pixels, self.columns.pixels) == (self.field, self.field):
            return f"{size}."
        return f"{size}; the rest of its field of {self.field:,}×{self.field:,} is padding."


def receptive_field(spec: ArchSpec, name: str, row: int = 0, column: int = 0) -> Rectangle:
    """What the cell of a tensor sees, from its first pixel to its last. Features see all.

    Raises NoTensorError or NoCellError.
    """
    found = tensor(spec, name)
    height, width = found.shape[1:] if found.is_map else (1, 1)
    if not (0 <= row < height and 0 <= column < width):
        raise NoCellError(
            f"{found.name} has {height}×{width} cells, and none in row {row}, column {column}: take a row from 0 to "
            f"{height - 1} and a column from 0 to {width - 1}."
        )
    (down, even_down), (across, even_across) = (_seen(spec, name, side) for side in spec.size)
    field = found.field.size if even_down and even_across else None
    return Rectangle(down[row], across[column], spec.size, field)


@lru_cache(maxsize=64)
def _seen(spec: ArchSpec, name: str, side: int) -> tuple[Side, bool]:
    """The spans of a tensor's cells along a side of so many pixels, and whether no uneven pool lies before it."""
    walk = _Walk(name)
    x: Side = tuple(Span(pixel, pixel) for pixel in range(side))
    for block_name, block in plan(spec).blocks():
        x = walk.block(block, x, f"{block_name}." if block_name else "")
        if walk.found is None and block_name == name:
            walk.found = x
        if walk.found is not None:
            return walk.found, walk.even
    raise AssertionError(f"{name} is a tensor, and no op puts it out")


class _Walk:
    """Through a network until one tensor is found."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.found: Side | None = None
        self.even = True

    def block(self, block: Block, x: Side, prefix: str) -> Side:
        fork = self.ops(block.pre, x, prefix)
        ends = []
        for path in block.paths:
            end = fork
            for item in path.items:
                if isinstance(item, Block):
                    end = self.block(item, end, f"{prefix}{item.name}.")
                else:
                    end = self.ops((item,), end, prefix)
            ends.append(self._kept(prefix + path.role, end))
        x = ends[0] if block.join in ("none", "aside") else self._kept(prefix + block.join, _united(ends))
        return self.ops(block.post, x, prefix)

    def ops(self, ops: Sequence[Op], x: Side, prefix: str) -> Side:
        for op in ops:
            self.even = self.even and not (op.kind == "adaptivepool" and 1 < op.to != len(x))
            x = self._kept(prefix + op.name, SPANS[op.kind](op, x))
        return x

    def _kept(self, name: str, x: Side) -> Side:
        if name == self.wanted and self.found is None:
            self.found = x
        return x


def _hull(spans: Sequence[Span]) -> Span:
    return Span(min(span.first for span in spans), max(span.last for span in spans))


def _united(ends: Sequence[Side]) -> Side:
    return tuple(map(_hull, zip(*ends, strict=True)))


def _windowed(op: Op, x: Side) -> Side:
    begins = [number * op.stride - op.padding for number in range(windows(op, len(x)))]
    return tuple(_hull(x[max(0, at) : at + op.kernel]) for at in begins)


def _same(op: Op, x: Side) -> Side:
    return x


def _whole(op: Op, x: Side) -> Side:
    return (_hull(x),)


SPANS: Mapping[str, Callable[[Op, Side], Side]] = MappingProxyType(
    {
        **dict.fromkeys(("conv", "maxpool", "avgpool"), _windowed),
        **dict.fromkeys(("bn", "relu", "sigmoid", "tanh", "lrn", "dropout", "scale", "select"), _same),
        "zeropad": lambda op, x: x[:: op.stride],
        "adaptivepool": lambda op, x: tuple(_hull([x[i] for i in cells]) for cells in pooled_spans(len(x), op.to)),
        **dict.fromkeys(("flatten", "linear", "rbf"), _whole),
    }
)
"""What each kind of op makes of the spans along one side."""
