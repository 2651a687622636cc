"""One op looked at closely: the workings of its numbers, the line that makes it, the row of the paper it stands in."""

from collections.abc import Iterator
from dataclasses import dataclass

from .algebra import Block, Op
from .block_choices import rows_of_block, usual_block
from .describe import KIND, composition
from .map_words import words
from .op_code import code_line, meeting_line
from .op_formula import FormulaLine, formula, ops_by_row
from .plan import plan
from .refusal import Refusal
from .rows import Analysis, Row
from .spec import ArchSpec
from .verdict import Verdict
from .verify import verdicts


class NoOpError(Refusal):
    """A name that no op of the network has."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """The row of the papers' tables that an op stands in. `cells` are what we compute for it; `verdict` is on what
    was printed there, None where no source prints this network's."""

    stage: str
    cells: tuple[str, ...]
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class OpView:
    """`block` is the block that the op is in, "" for an op of the network itself."""

    name: str
    words: str
    block: str
    lines: tuple[FormulaLine, ...]
    code: str
    paper: PaperRow


def usual_op(analysis: Analysis) -> str:
    """What is looked at until somebody chooses: the widest convolution of the usual block's residual path."""
    rows = rows_of_block(analysis, usual_block(analysis))
    weighted = [row for row in rows if row.macs and row.role not in ("shortcut", "gate")]
    return max(weighted or rows, key=lambda row: (row.kernel or 0, row.macs)).name


def op_view(analysis: Analysis, name: str) -> OpView:
    """Everything that there is to say of the op of a row. Raises NoOpError."""
    row = next((row for row in analysis.rows if row.name == name), None)
    if row is None:
        raise NoOpError(
            f"{analysis.spec} has no layer {name[:60]!r}: take the name of a row of its table, such as "
            f"{usual_op(analysis)!r}."
        )
    op = ops_by_row(analysis.spec).get(name)
    code = code_line(op) if op else _meeting(analysis.spec, row)
    return OpView(
        name, words(op) if op else KIND[row.kind], row.block, formula(row, op), code, _paper_row(analysis, row)
    )


def _paper_row(analysis: Analysis, row: Row) -> PaperRow:
    stage = next(one.stage for one in analysis.stages if one.title == row.stage)
    printed = (
        verdict
        for verdict in verdicts(analysis.spec)
        if (verdict.figure.stage, verdict.figure.quantity) == (row.stage, "blocks")
    )
    return PaperRow(row.stage, composition(stage), next(printed, None))


def _meeting(spec: ArchSpec, row: Row) -> str:
    """The expression of a join's row."""
    block = dict(plan(spec).blocks())[row.block]
    name = row.name.removeprefix(f"{row.block}.")
    return next(
        meeting_line(one.join, [path.role for path in one.paths])
        for prefix, one in _within(block)
        if prefix + one.join == name
    )


def _within(block: Block, prefix: str = "") -> Iterator[tuple[str, Block]]:
    """A block and those within it, each with what stands before its ops' names."""
    yield prefix, block
    for path in block.paths:
        for item in path.items:
            if not isinstance(item, Op):
                yield from _within(item, f"{prefix}{item.name}.")
