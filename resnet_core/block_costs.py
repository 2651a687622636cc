"""What one block costs, path by path, as lines ready to show."""

from dataclasses import dataclass

from . import units
from .block_figure import BlockChoice
from .diagram import shortcut_of
from .rows import Analysis, Row


@dataclass(frozen=True, slots=True)
class Line:
    """An op of a block, or the sum of a path (`is_sum`), as text."""

    name: str
    role: str
    what: str
    params: str
    macs: str
    is_sum: bool = False


def block_costs(analysis: Analysis, choice: BlockChoice) -> tuple[Line, ...]:
    """The weighted ops of a block, and what its residual path and its shortcut come to."""
    rows = [row for row in analysis.rows if row.block == choice.name]
    lines = [_line(row) for row in rows if row.params and row.kind != "bn"]
    main = [row for row in rows if row.role != "shortcut"]
    around = [row for row in rows if row.role == "shortcut"]
    lines.append(_sum("F(x)", "residual", "with its batch norm", main))
    kind = shortcut_of(choice.run.block)
    if kind:
        lines.append(_sum("shortcut", "shortcut", kind, around))
    return tuple(lines)


def block_sentence(analysis: Analysis, choice: BlockChoice) -> str:
    """What a block does to the shape of its map."""
    rows = [row for row in analysis.rows if row.block == choice.name]
    before, after = rows[0].in_shape, rows[-1].out_shape
    formula = "y = F(x)" if shortcut_of(choice.run.block) is None else "y = F(x) + x"
    if before == after:
        return f"{formula}: F keeps {units.shape(before)}"
    return f"{formula.replace('+ x', '+ shortcut(x)')}: {units.shape(before)} becomes {units.shape(after)}"


def _line(row: Row) -> Line:
    name = row.name.removeprefix(f"{row.block}.")
    stride = f", stride {row.stride}" if row.stride and row.stride > 1 else ""
    what = f"{row.kernel}×{row.kernel}, {row.in_shape[0]}→{row.out_shape[0]}{stride}"
    return Line(name, row.role, what, units.exact(row.params), units.exact(row.macs))


def _sum(name: str, role: str, what: str, rows: list[Row]) -> Line:
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    return Line(name, role, what, units.exact(params), units.exact(macs), is_sum=True)
