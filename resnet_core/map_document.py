"""Analysis -> the document that the network map shows: every text, every place and every shade, as compact JSON.

What repeats is said once. A `Pattern` is a block as it is drawn, a `Fact` an op as it is counted; blocks and ops point
to theirs by number. Only the receptive field differs from one repetition to the next: texts hold `{-32}` where a number
that is 32 less than the op's own field belongs, `{-32,}` with a comma between thousands.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from math import sqrt
from typing import Any, NamedTuple

from . import units
from .algebra import Block, Op, Run
from .block_choices import usual_block
from .block_costs import path_sums, sentence
from .block_layout import Layout, block_layout
from .counts import CONVENTION
from .describe import composition, title
from .diagram import Volume, rows_of, shortcut_of, volumes
from .map_overview import overview
from .map_words import AROUND, GROUPS, drawn_text, kernel, kind, legend, words
from .op_formula import FormulaLine, formula
from .rows import Analysis, Row, StageRow

SHADES = 100
"""The strongest shade; others are as the root of their share of it, so that small ones are seen too."""


class Fact(NamedTuple):
    """An op as it is counted, wherever in the network it stands. `shades` are of parameters, multiply-adds, memory."""

    kind: str
    group: str
    words: str
    before: str
    after: str
    kernel: str
    params: str
    macs: str
    counts: tuple[str, str, str]
    share: int
    shades: tuple[int, int, int]
    lines: tuple[FormulaLine, ...]


class PatternOp(NamedTuple):
    """An op of a block: its name inside, its fact, and by how much its field is wider than the block's input's."""

    name: str
    fact: int
    widening: int | None


class Pattern(NamedTuple):
    """A block, or a chain of ops outside blocks, as it is drawn; nodes say by number which ops they show."""

    sentence: str
    around: str
    counts: tuple[str, str, str]
    shades: tuple[int, int, int]
    sums: tuple[tuple[str, str], ...]
    ops: tuple[PatternOp, ...]
    width: float
    above: float
    below: float
    nodes: tuple[tuple[Any, ...], ...]
    wires: tuple[tuple[str, str], ...]
    notes: tuple[tuple[str, float, float], ...]


class MapBlock(NamedTuple):
    """A block at its place: its name ("" for ops of the network itself), the field of its input, its box or boxes."""

    name: str
    pattern: int
    stage: int
    field: int
    box: int | tuple[int, ...]


class MapStage(NamedTuple):
    """A stage as a row of the table. `share` is its part of the multiply-adds, in hundredths of the greatest."""

    title: str
    before: str
    after: str
    blocks: str
    params: str
    macs: str
    percent: str
    share: int
    field: str
    composition: str
    word: str


def map_document(analysis: Analysis) -> dict[str, Any]:
    """Everything the map of a network shows; JSON can say it."""
    found = _Found(analysis)
    boxes = volumes(analysis)
    drawing = overview(boxes)
    usual = usual_block(analysis).name
    costly = max((row for row in analysis.rows if row.block == usual or row.name == usual), key=lambda row: row.macs)
    return {
        "net": str(analysis.spec),
        "title": title(analysis.spec),
        "fields": {shape.__name__: shape._fields for shape in (Fact, PatternOp, Pattern, MapBlock, MapStage)},
        "groups": list(dict.fromkeys(GROUPS[row.kind] for row in analysis.rows)),
        "legend": legend(boxes),
        "convention": CONVENTION,
        "start": costly.name,
        "widest": max((row.receptive_field or 0 for row in analysis.rows), default=0),
        "whole": units.pixels(None),
        "ends": Costs.most(map(Costs.of, analysis.rows)).texts,
        "overview": {
            **drawing._asdict(),
            "boxes": [box._asdict() for box in drawing.boxes],
            "captions": [caption._asdict() for caption in drawing.captions],
            "values": _values(boxes),
            "ends": Costs.most(map(Costs.of, boxes)).texts,
        },
        "stages": list(_stages(analysis)),
        "facts": found.facts(),
        "patterns": found.patterns(),
        "blocks": found.blocks,
    }


def lacking(analysis: Analysis, op: str | None) -> str:
    """A line about an op that a link asks for and this network does not have; "" where there is nothing to say."""
    if not op or any(row.name == op for row in analysis.rows):
        return ""
    return f"{title(analysis.spec)} has no {op}: pick another op."


class Costs(NamedTuple):
    """What an op, a block or a box costs."""

    params: int
    macs: int
    memory: int

    @classmethod
    def of(cls, part: Row | Volume) -> "Costs":
        return cls(part.params, part.macs, part.activation_bytes)

    @classmethod
    def sum(cls, rows: Iterable[Row]) -> "Costs":
        return cls(*map(sum, zip(*map(cls.of, rows), strict=True)))

    @classmethod
    def most(cls, costs: Iterable["Costs"]) -> "Costs":
        """Of each quantity the greatest."""
        return cls(*map(max, zip(*costs, strict=True)))

    @property
    def texts(self) -> tuple[str, str, str]:
        return units.count(self.params), units.count(self.macs), units.memory(self.memory)

    def shades(self, most: "Costs") -> tuple[int, int, int]:
        params, macs, memory = (
            round(SHADES * sqrt(cost / whole)) if whole else 0 for cost, whole in zip(self, most, strict=True)
        )
        return params, macs, memory


def _values(boxes: tuple[Volume, ...]) -> list[dict[str, Any]]:
    """What each box of the overview is told by: its caption, its costs, its shades."""
    most = Costs.most(map(Costs.of, boxes))
    return [
        {
            "label": box.label,
            "shape": units.shape(box.shape),
            "counts": Costs.of(box).texts,
            "shades": Costs.of(box).shades(most),
        }
        for box in boxes
    ]


def _stages(analysis: Analysis) -> Iterator[MapStage]:
    most = max(stage.totals.macs for stage in analysis.stages) or 1
    rows = iter(analysis.rows)
    for stage in analysis.stages:
        inside = list(islice(rows, sum(rows_of(run.block) * len(run.names) for run in stage.stage.runs)))
        word = _word(stage)
        number = stage.blocks
        yield MapStage(
            title=stage.title,
            before=units.shape(inside[0].in_shape),
            after=units.shape(stage.out_shape),
            blocks=f"{number} {word}{'s' if number > 1 else ''}" if number else "",
            params=units.exact(stage.totals.params),
            macs=units.count(stage.totals.macs),
            percent=units.share(stage.totals.macs, analysis.totals.macs),
            share=round(SHADES * stage.totals.macs / most),
            field=units.pixels(stage.totals.receptive_field),
            composition="; ".join(composition(stage.stage)),
            word=word,
        )


def _word(stage: StageRow) -> str:
    """What the blocks of a stage are called."""
    dense = any(run.block.join == "concat" and len(run.block.paths) == 2 for run in stage.stage.runs)
    return "layer" if dense else "block"


class _Found:
    """Facts, patterns and blocks, while the network is gone through once."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self._drawn: list[tuple[Pattern, Costs]] = []
        self.blocks: list[MapBlock] = []
        self._facts: dict[tuple[Any, ...], int] = {}
        self._seen: list[tuple[Row, Op, Row]] = []
        self._patterns: dict[tuple[Any, ...], int] = {}
        self._boxes = _Boxes(volumes(analysis))
        rows = iter(analysis.rows)
        field = 1
        for number, stage in enumerate(analysis.stages):
            for run in stage.stage.runs:
                inside = rows_of(run.block)
                for name in run.names:
                    block_rows = list(islice(rows, inside))
                    self._block(name, run, block_rows, number, field)
                    field = block_rows[-1].receptive_field or 0

    def _block(self, name: str, run: Run, rows: list[Row], stage: int, field: int) -> None:
        prefix = len(name) + 1 if name else 0
        ops = tuple(
            PatternOp(
                row.name[prefix:],
                self._fact(row, op),
                None if row.receptive_field is None else row.receptive_field - field,
            )
            for row, op in zip(rows, _ops(run.block), strict=True)
        )
        key = (replace(run.block, survival=1.0, inverted=False), ops)
        if key not in self._patterns:
            self._patterns[key] = len(self._drawn)
            self._drawn.append((_pattern(run.block, rows, ops), Costs.sum(rows)))
        box = self._boxes.of(name, rows)
        self.blocks.append(MapBlock(name, self._patterns[key], stage, field, box))

    def _fact(self, row: Row, op: Op) -> int:
        """The number of the fact that an op is; of each, the first and the last op are kept."""
        key = (op._replace(name=""), row[7:22], row.jump)  # all but names, the field, and what is alive meanwhile
        number = self._facts.setdefault(key, len(self._seen))
        if number == len(self._seen):
            self._seen.append((row, op, row))
        elif row.receptive_field != self._seen[number][0].receptive_field:
            self._seen[number] = (*self._seen[number][:2], row)
        return number

    def patterns(self) -> list[Pattern]:
        most = Costs.most(costs for _, costs in self._drawn)
        return [pattern._replace(counts=costs.texts, shades=costs.shades(most)) for pattern, costs in self._drawn]

    def facts(self) -> list[Fact]:
        rows = self.analysis.rows
        most, greatest = Costs.most(map(Costs.of, rows)), max(stage.totals.macs for stage in self.analysis.stages) or 1
        return [
            Fact(
                kind=kind(op),
                group=GROUPS[op.kind],
                words=words(op),
                before=units.shape(row.in_shape),
                after=units.shape(row.out_shape),
                kernel=kernel(row),
                params=units.exact(row.params),
                macs=units.count(row.macs),
                counts=Costs.of(row).texts,
                share=round(SHADES * row.macs / greatest),
                shades=Costs.of(row).shades(most),
                lines=tuple(_slotted(row, op, last)),
            )
            for row, op, last in self._seen
        ]


def _ops(block: Block) -> Iterator[Op]:
    """An op for each row of a block, in their order; a join is one too."""
    yield from block.pre
    for path in block.paths:
        for item in path.items:
            if isinstance(item, Block):
                yield from _ops(item)
            else:
                yield item
    if block.join not in ("none", "aside"):
        yield Op(block.join, block.join, 0, 0)
    yield from block.post


def _pattern(block: Block, rows: list[Row], ops: tuple[PatternOp, ...]) -> Pattern:
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


_NUMBER = re.compile(r"\d[\d,]*")


def _slotted(row: Row, op: Op, last: Row) -> Iterator[FormulaLine]:
    """An op's lines, with a slot for each number that follows its field from the first repetition to the last."""
    joins = row.role == "join"
    for one, other in zip(formula(row, None if joins else op), formula(last, None if joins else op), strict=True):
        yield FormulaLine(
            one.label,
            _with_slots(one.working, other.working, row, last),
            _with_slots(one.result, other.result, row, last),
        )


def _with_slots(one: str, other: str, row: Row, last: Row) -> str:
    if one == other:
        return one
    numbers = iter(_NUMBER.findall(other))

    def slot(match: re.Match[str]) -> str:
        ours, theirs = match[0], next(numbers)
        if ours == theirs:
            return ours
        offset = int(ours.replace(",", "")) - (row.receptive_field or 0)
        return f"{{{offset},}}" if "," in theirs else f"{{{offset}}}"

    return _NUMBER.sub(slot, one)


class _Boxes:
    """Which box of the overview each block, and each op outside blocks, is in."""

    def __init__(self, boxes: tuple[Volume, ...]) -> None:
        self.boxes = boxes
        self.at = 0
        self.left = 0

    def of(self, name: str, rows: list[Row]) -> int | tuple[int, ...]:
        if not name:
            return tuple(self._op(row) for row in rows)
        if not self.left:
            self.at += 1
            self.left = self.boxes[self.at].repeats
        self.left -= 1
        return self.at

    def _op(self, row: Row) -> int:
        following = self.at + 1
        if following < len(self.boxes) and self.boxes[following].name == row.name:
            self.at = following
        return self.at
