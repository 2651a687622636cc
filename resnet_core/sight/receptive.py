"""Which pixels of the picture a cell of a tensor sees: a rectangle, and what of it lies outside.

Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill.
"""

from dataclasses import dataclass

from ..refusal import Refusal
from ..rows import Row, analyse
from ..shapes import Field, pooled_spans
from ..spec import ArchSpec
from .tensors import Tensor, tensor


class NoCellError(Refusal):
    """A cell that a tensor does not have."""


@dataclass(frozen=True, slots=True)
class Span:
    """Pixels along one side, from `first` to `last`; those of them that the picture of so many pixels has."""

    first: int
    last: int
    side: int

    @property
    def inside(self) -> tuple[int, int]:
        """The first and last that are in the picture."""
        return max(0, self.first), min(self.side - 1, self.last)

    @property
    def outside(self) -> tuple[int, int]:
        """How many lie before the picture, and how many behind it."""
        return max(0, -self.first), max(0, self.last - self.side + 1)

    @property
    def pixels(self) -> int:
        """How many there are, outside ones too."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Rectangle:
    """What one cell sees of the input."""

    rows: Span
    columns: Span

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the part that is in the picture."""
        (top, bottom), (left, right) = self.rows.inside, self.columns.inside
        return left, top, right - left + 1, bottom - top + 1

    @property
    def sentence(self) -> str:
        """How large it is, and how far it reaches over the edges."""
        height, width = self.rows.pixels, self.columns.pixels
        (above, below), (left, right) = self.rows.outside, self.columns.outside
        sides = {"above": above, "below": below, "to the left": left, "to the right": right}
        over = [f"{pixels:,} {side}" for side, pixels in sides.items() if pixels]
        if self.box[2:] == (self.columns.side, self.rows.side):
            whole = f"{height:,}×{width:,} pixels: the whole picture"
            return f"{whole}, and zeros outside of it." if over else f"{whole}."
        if not over:
            return f"{height:,}×{width:,} pixels, all inside the picture."
        return f"{height:,}×{width:,} pixels, of which {', '.join(over)} lie outside, where there are zeros."


def receptive_field(spec: ArchSpec, name: str, row: int = 0, column: int = 0) -> Rectangle:
    """What the cell of a tensor sees, from its first pixel to its last. Features, and means of a whole map, see all.

    Raises NoTensorError or NoCellError.
    """
    found = tensor(spec, name)
    height, width = found.shape[1:] if found.is_map else (1, 1)
    if not (0 <= row < height and 0 <= column < width):
        raise NoCellError(
            f"{found.name} has {height}×{width} cells, and none in row {row}, column {column}: take a row from 0 to "
            f"{height - 1} and a column from 0 to {width - 1}."
        )
    rows, columns = range(row, row + 1), range(column, column + 1)
    field = found.field
    if (pooled := _uneven_pool(spec, found)) is not None:
        before, pool = pooled
        field = Field(before.receptive_field, before.jump, before.start)
        rows, columns = (
            pooled_spans(side, to)[place]
            for side, to, place in zip(pool.in_shape[1:], pool.out_shape[1:], (row, column), strict=True)
        )
    return Rectangle(*(_span(field, cells, side) for cells, side in zip((rows, columns), spec.size, strict=True)))


def _span(field: Field, cells: range, side: int) -> Span:
    if field.size is None:
        return Span(0, side - 1, side)
    first, last = (field.start + cell * field.jump for cell in (cells[0], cells[-1]))
    return Span(first, last + field.size - 1, side)


def _uneven_pool(spec: ArchSpec, found: Tensor) -> tuple[Row, Row] | None:
    """The adaptive pool behind whose uneven windows a map lies, and the op before it: what follows looks at one cell.

    A field's jump and start cannot say where such windows are.
    """
    if found.row is None or not found.is_map:
        return None
    rows = analyse(spec).rows
    for place in range(found.row, 0, -1):
        row = rows[place]
        if row.block != rows[found.row].block or (row.kernel or 1) > 1:
            return None
        if row.kind == "adaptivepool":
            return (rows[place - 1], row) if row.in_shape != row.out_shape else None
    return None
