"""Analysis -> drawing: where the volumes of a network stand, in closed form."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, islice
from math import sqrt

from . import units
from .algebra import WEIGHTED, Block, Op
from .counts import JOINED
from .rows import Analysis, Row
from .shapes import Shape

GAP = 40.0
NEAR_GAP = 16.0
"""Between boxes under one label."""
ARC_GAP = 38.0
WIDEST = 45.0
"""The box of a network's most channels; the others are narrower by the root of theirs."""
DRAWN = frozenset({"conv", "maxpool", "avgpool", "adaptivepool", "linear", "rbf"})
"""Ops outside blocks that have a box."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A map, or a run of like blocks, as a box: height √(map height), width √channels, each in a unit of its own.

    `left` is its left edge; the signal runs along height zero. `join` is how the paths of its blocks meet, and
    `shortcut` says what goes around them: both are None where there is nothing of the kind. `slices` are where, from
    its left edge, the channels of a concatenation meet. `beside` is a head that leaves the signal's way. Sums are
    over all `repeats`.
    """

    name: str
    stage: str
    label: str
    shape: Shape
    left: float
    width: float
    height: float
    repeats: int
    shortcut: str | None
    join: str | None
    slices: tuple[float, ...]
    macs: int
    params: int
    activation_bytes: int

    @property
    def beside(self) -> bool:
        return self.join == "aside"


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes a box: an op, or blocks that look alike. `channels` are those after each part of a concatenation."""

    name: str
    stage: str
    label: str
    rows: tuple[Row, ...]
    repeats: int = 1
    block: Block | None = None
    channels: tuple[int, ...] = ()

    @property
    def shape(self) -> Shape:
        return self.rows[-1].out_shape


def volumes(analysis: Analysis) -> tuple[Volume, ...]:
    """The boxes of a network from the picture to the classes, neighbouring blocks that look alike folded into one."""
    parts = list(_folded(_parts(analysis)))
    picture = (analysis.spec.channels, *analysis.spec.size)
    unit = WIDEST / sqrt(max(picture[0], *(part.shape[0] for part in parts)))
    drawn = [_volume(_Part("input", "input", "input", ()), picture, 0.0, unit)]
    for part in parts:
        last = next(box for box in reversed(drawn) if not box.beside)
        beside = part.block and part.block.join == "aside"
        drawn.append(
            _volume(part, part.shape, last.left if beside else last.left + last.width + _gap(part, last), unit)
        )
    return tuple(drawn)


def _gap(part: _Part, last: Volume) -> float:
    """What stays free before a box: more where an arc begins or a sign stands."""
    if part.block and (part.block.join != "none" or last.join not in (None, "none")):
        return ARC_GAP
    return NEAR_GAP if part.label == last.label else GAP


def _parts(analysis: Analysis) -> Iterator[_Part]:
    rows = iter(analysis.rows)
    for stage in analysis.stages:
        for run in stage.stage.runs:
            inside = tuple(islice(rows, rows_of(run.block) * len(run.names)))
            if run.names[0]:
                block = replace(run.block, survival=1.0)  # which changes nothing of how it looks
                yield _Part(run.names[0], stage.title, stage.title, inside, len(run.names), block, _meetings(run.block))
            else:
                for row in inside:
                    if row.kind in DRAWN and not (row.kind == "adaptivepool" and row.in_shape == row.out_shape):
                        own = stage.blocks or (stage is analysis.stages[-1] and "." not in row.name)
                        yield _Part(row.name, stage.title, row.name if own else stage.title, (row,))


def _meetings(block: Block) -> tuple[int, ...]:
    """Channels after each path of a concatenation."""
    if block.join != "concat":
        return ()
    widths = [path.items[-1].c_out for path in block.paths if path.items and isinstance(path.items[-1], Op)]
    return tuple(accumulate(widths))


def _folded(parts: Iterable[_Part]) -> Iterator[_Part]:
    """Blocks of one stage as one: those that change neither shape nor shortcut, and all of a dense block."""
    before: _Part | None = None
    for part in parts:
        if before and _look_alike(before, part):
            dense = () if not _is_dense(part) else (*before.channels, part.shape[0])
            before = replace(
                before, rows=before.rows + part.rows, repeats=before.repeats + part.repeats, channels=dense
            )
            continue
        if before:
            yield before
        before = replace(part, channels=(part.rows[0].in_shape[0], part.shape[0])) if _is_dense(part) else part
    if before:
        yield before


def _is_dense(part: _Part) -> bool:
    return bool(part.block and part.block.join == "concat" and shortcut_of(part.block))


def _look_alike(one: _Part, other: _Part) -> bool:
    if one.stage != other.stage or not one.block or not other.block or one.block.join != other.block.join:
        return False
    if _is_dense(one):
        return _is_dense(other)
    if one.block.join in ("concat", "aside"):
        return False
    return one.shape == other.shape and shortcut_of(one.block) == shortcut_of(other.block)


def _volume(part: _Part, shape: Shape, left: float, unit: float) -> Volume:
    return Volume(
        name=part.name,
        stage=part.stage,
        label=part.label,
        shape=shape,
        left=left,
        width=unit * sqrt(shape[0]),
        height=sqrt(shape[1] if len(shape) > 1 else 1),
        repeats=part.repeats,
        shortcut=shortcut_of(part.block) if part.block else None,
        join=part.block.join if part.block else None,
        slices=tuple(unit * sqrt(channels) for channels in part.channels[:-1]),
        macs=sum(row.macs for row in part.rows),
        params=sum(row.params for row in part.rows),
        activation_bytes=sum(row.activation_bytes for row in part.rows),
    )


def rows_of(block: Block) -> int:
    """How many rows of an analysis a block has: its ops, and its joins."""
    inside = sum(rows_of(item) if isinstance(item, Block) else 1 for path in block.paths for item in path.items)
    return len(block.pre) + inside + (block.join in JOINED) + len(block.post)


def shortcut_of(block: Block) -> str | None:
    """What goes around a block: "identity", "projection", "padding", "gate" ...; None where nothing does."""
    if block.join == "gate":
        return "gate"
    if block.join == "aside":
        return None
    for path in block.paths:
        if path.role == "shortcut":
            first = path.items[0] if path.items else None
            return "gate" if isinstance(first, Block) else _SHORTCUTS[first.kind if first else ""]
    return None


_SHORTCUTS = {
    "": "identity",
    "conv": "projection",
    "zeropad": "padding",
    "avgpool": "pooling",
    "scale": "scaling",
    "dropout": "dropout",
}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands under the boxes of one stage, or under a box of its own."""

    text: str
    note: str
    centre: float


def labels(boxes: Sequence[Volume]) -> tuple[Label, ...]:
    """One label for neighbours of the same name: the last map's shape, and how many blocks there are."""
    on_the_way = [box for box in boxes if not box.beside]
    groups = [tuple(group) for _, group in groupby(on_the_way, key=lambda box: box.label)]
    return tuple(
        Label(
            text=group[0].label,
            note=" · ".join([_compact(group[-1].shape), *_blocks(group)]),
            centre=(group[0].left + group[-1].left + group[-1].width) / 2,
        )
        for group in groups
    )


LETTER, SMALL_LETTER, SPACE = 6.6, 5.8, 6.0
"""Pixels that a letter of a label's text takes, one of its note, and what stays free between two labels."""


def placed(captions: Sequence[Label], scale: float) -> Iterator[tuple[Label, int]]:
    """Labels with the line in which each stands: the first where it meets no other, at `scale` pixels a unit."""
    ends: list[float] = []
    for label in captions:
        half = max(LETTER * len(label.text), SMALL_LETTER * len(label.note)) / 2
        begin, end = label.centre * scale - half, label.centre * scale + half + SPACE
        line = next((line for line, taken in enumerate(ends) if taken <= begin), len(ends))
        ends[line : line + 1] = [end]
        yield label, line


def _compact(shape: Shape) -> str:
    """A square map as 14²×1024."""
    channels, *sides = shape
    square = len(sides) == 2 and sides[0] == sides[1]
    return f"{sides[0]}²×{channels}" if square else units.shape(shape)


def _blocks(group: Sequence[Volume]) -> Iterator[str]:
    number = sum(box.repeats for box in group if box.join)
    if number > 1:
        dense = group[-1].join == "concat" and group[-1].shortcut
        yield f"{number} {'layers' if dense else 'blocks'}"


@dataclass(frozen=True, slots=True)
class Profile:
    """Weighted layers along the depth, as columns: what a chart needs. Roles: a path's, or "outside"."""

    names: tuple[str, ...]
    stages: tuple[str, ...]
    roles: tuple[str, ...]
    map_heights: tuple[int, ...]
    channels: tuple[int, ...]
    macs: tuple[int, ...]
    params: tuple[int, ...]


def profile(analysis: Analysis) -> Profile:
    """Every weighted layer of a network, first to last."""
    rows = [row for row in analysis.rows if row.kind in WEIGHTED]
    return Profile(
        names=tuple(row.name for row in rows),
        stages=tuple(row.stage for row in rows),
        roles=tuple(row.role if row.block else "outside" for row in rows),
        map_heights=tuple(row.out_shape[1] if len(row.out_shape) > 1 else 1 for row in rows),
        channels=tuple(row.out_shape[0] for row in rows),
        macs=tuple(row.macs for row in rows),
        params=tuple(row.params for row in rows),
    )
