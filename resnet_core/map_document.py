"""Analysis -> the document that the network map shows: every text, every place and every shade, as compact JSON.

What repeats is said once. A `Pattern` is a block as it is drawn, a `Fact` an op as it is counted; blocks and ops point
to theirs by number. Both are `packed`, so that what differs only in its numbers is said once too.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from . import units
from .algebra import Run
from .block_choices import usual_block
from .counts import CONVENTION
from .describe import composition, title
from .diagram import Volume, rows_of, volumes
from .map_facts import Facts
from .map_overview import overview
from .map_packing import packed
from .map_patterns import ops_of, pattern_of
from .map_records import SHADES, Costs, Fact, MapBlock, MapStage, Pattern, PatternOp
from .map_words import GROUPS, legend
from .rows import Analysis, Row, StageRow


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
        "facts": packed(found.facts.records())._asdict(),
        "patterns": packed(found.patterns())._asdict(),
        "blocks": found.blocks,
    }


def lacking(analysis: Analysis, op: str | None) -> str:
    """A line about an op that a link asks for and this network does not have; "" where there is nothing to say."""
    if not op or any(row.name == op for row in analysis.rows):
        return ""
    return f"{title(analysis.spec)} has no {op}: pick another op."


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
            params_percent=units.share(stage.totals.params, analysis.totals.params),
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
        self.facts = Facts(analysis)
        self._drawn: list[tuple[Pattern, Costs]] = []
        self.blocks: list[MapBlock] = []
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
                self.facts.number(row, op),
                None if row.receptive_field is None else row.receptive_field - field,
            )
            for row, op in zip(rows, ops_of(run.block), strict=True)
        )
        key = (replace(run.block, survival=1.0, inverted=False), ops)
        if key not in self._patterns:
            self._patterns[key] = len(self._drawn)
            self._drawn.append((pattern_of(run.block, rows, ops), Costs.sum(rows)))
        box = self._boxes.of(name, rows)
        self.blocks.append(MapBlock(name, self._patterns[key], stage, field, box))

    def patterns(self) -> list[Pattern]:
        most = Costs.most(costs for _, costs in self._drawn)
        return [pattern._replace(counts=costs.texts, shades=costs.shades(most)) for pattern, costs in self._drawn]


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
