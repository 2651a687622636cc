"""What one block costs, path by path, as lines ready to show."""

from collections.abc import Iterator
from dataclasses import dataclass

from . import units
from .algebra import Block, Op
from .block_choices import BlockChoice, rows_of_block, unseen
from .describe import KIND
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
    """The weighted ops of a block, and what its paths come to."""
    rows, block = rows_of_block(analysis, choice), choice.run.block
    prefix = f"{choice.name}." if choice.run.names[0] else ""
    hidden = {prefix + name for name in unseen(block)}
    lines = [_line(row, prefix) for row in rows if row.params and row.kind != "bn" and row.name not in hidden]
    return (*lines, *path_sums(block, rows))


def path_sums(block: Block, rows: list[Row]) -> Iterator[Line]:
    """One sum for what computes, one for a gate, one for the shortcut."""
    main = [row for row in rows if row.role not in ("shortcut", "gate")]
    norms = any(row.kind == "bn" for row in main)
    around = shortcut_of(block)
    if block.join == "concat" and not around:
        yield _sum("all", "residual", f"{len(block.paths)} branches", main)
        return
    yield _sum("H(x)" if block.join == "gate" else "F(x)", "residual", "with its batch norm" if norms else "", main)
    if gate := [row for row in rows if row.role == "gate"]:
        yield _sum("T(x)", "gate", "the gate", gate)
    if around:
        yield _sum("shortcut", "shortcut", around, [row for row in rows if row.role == "shortcut"])


def block_sentence(analysis: Analysis, choice: BlockChoice) -> str:
    """What a block does to the shape of its map."""
    return sentence(choice.run.block, rows_of_block(analysis, choice))


def sentence(block: Block, rows: list[Row]) -> str:
    """What a block of these rows does to the shape of its map."""
    before, after = rows[0].in_shape, rows[-1].out_shape
    if block.join == "aside":
        return f"a head beside the trunk: {units.shape(before)} becomes {units.shape(after)}"
    if before == after:
        return f"{_formula(block, changes=False)}: {units.shape(before)} is kept"
    return f"{_formula(block, changes=True)}: {units.shape(before)} becomes {units.shape(after)}"


def _formula(block: Block, changes: bool) -> str:
    """How the paths meet, in symbols."""
    around = shortcut_of(block)
    if block.join == "gate":
        return "y = T·H(x) + (1−T)·x"
    if block.join == "concat":
        return "y = [x, F(x)]" if around else f"y = [F₁(x), …, F{_small(len(block.paths))}(x)]"
    if around is None:
        return "y = F(x)"
    if any(isinstance(item, Block) and item.join == "carry" for path in block.paths for item in path.items):
        return "y = F(x) + (1−T)·x"
    x = "shortcut(x)" if changes else "x"
    for op in (op for path in block.paths for op in path.items if path.role == "shortcut" and isinstance(op, Op)):
        if op.kind == "scale":
            return f"y = {op.factor:g}·F(x) + {op.factor:g}·{x}"
        if op.kind == "dropout":
            return f"y = F(x) + dropout({x})"
    return f"y = F(x) + {x}"


def _small(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _line(row: Row, prefix: str) -> Line:
    stride = f", stride {row.stride}" if row.stride and row.stride > 1 else ""
    groups = f", {row.groups} groups" if (row.groups or 1) > 1 else ""
    window = f"{row.kernel}×{row.kernel}" if row.kernel else KIND[row.kind]
    what = f"{window}, {row.in_shape[0]}→{row.out_shape[0]}{stride}{groups}"
    return Line(row.name.removeprefix(prefix), row.role, what, units.exact(row.params), units.exact(row.macs))


def _sum(name: str, role: str, what: str, rows: list[Row]) -> Line:
    params, macs = sum(row.params for row in rows), sum(row.macs for row in rows)
    return Line(name, role, what, units.exact(params), units.exact(macs), is_sum=True)
