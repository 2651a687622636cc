"""A block -> the pattern in which the network map draws it, with what its paths cost."""

from collections.abc import Iterator
from typing import Any

from . import units
from .algebra import Block, Op
from .block_costs import path_sums, sentence
from .block_layout import block_layout
from .describe import AROUND
from .diagram import shortcut_of
from .drawing import Layout
from .map_records import Pattern, PatternOp
from .map_words import drawn_text
from .rows import Row


def ops_of(block: Block) -> Iterator[Op]:
    """An op for each row of a block, in their order; a join is one too."""
    yield from block.pre
    for path in block.paths:
        for item in path.items:
            if isinstance(item, Block):
                yield from ops_of(item)
            else:
                yield item
    if block.join not in ("none", "aside"):
        yield Op(block.join, block.join, 0, 0)
    yield from block.post


def pattern_of(block: Block, rows: list[Row], ops: tuple[PatternOp, ...]) -> Pattern:
    """A block of these rows; what it costs is left open, for shades are relative to other blocks."""
    layout = block_layout(block, drawn_text)
    number = {op.name: index for index, op in enumerate(ops)}
    named = bool(rows[0].block)
    return Pattern(
        sentence=sentence(block, rows),
        around=shortcut_of(block) or "",
        counts=("", "", ""),
        shades=(0, 0, 0),
        sums=tuple((line.role, _sum(line.name, line.what, rows, line.role)) for line in path_sums(block, rows))
        if named and len(block.paths) > 1
        else (),
        ops=ops,
        width=round(layout.width, 1),
        above=layout.above,
        below=layout.below,
        nodes=tuple(_nodes(layout, number)),
        wires=tuple((wire.role, wire.d) for wire in layout.wires),
        notes=tuple((note.role, round(note.x, 1), round(note.y, 1)) for note in layout.notes),
    )


def _sum(name: str, what: str, rows: list[Row], role: str) -> str:
    """What a path costs, in words: "F(x): 218.4 M multiply-adds, 1.12 M parameters"."""
    chosen = [row for row in rows if (row.role not in ("shortcut", "gate") if role == "residual" else row.role == role)]
    macs, params = sum(row.macs for row in chosen), sum(row.params for row in chosen)
    subject = AROUND[what].partition(":")[0] if role == "shortcut" else name
    if not macs and not params:
        return f"{subject}: no parameters, no multiply-adds"
    return f"{subject}: {units.count(macs)} multiply-adds, {units.count(params)} parameters"


def _nodes(layout: Layout, number: dict[str, int]) -> Iterator[tuple[Any, ...]]:
    for node in layout.nodes:
        shown = tuple(number[name] for name in node.names)
        yield node.kind, shown, round(node.x, 1), round(node.y, 1), node.width, node.height, node.label, node.note
