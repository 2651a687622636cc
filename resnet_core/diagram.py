"""Analysis -> drawing: where the volumes of a network stand, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt

from . import units
from .plan import Block, Op
from .rows import Analysis, Row
from .shapes import Shape

GAP = 30.0
ARC_GAP = 38.0
WIDEST = 45.0
"""The box of a network's most channels; the others are narrower by the root of theirs."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A map, or a run of identical blocks, as a box: height √(map height), width √channels, each in a unit of its own.

    `left` is its left edge; the signal runs along height zero. `shortcut` says what goes around it: "identity",
    "projection", "padding", or None where nothing does. Sums are over all `repeats`.
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
    macs: int
    params: int
    activation_bytes: int


def volumes(analysis: Analysis) -> tuple[Volume, ...]:
    """The boxes of a network from the picture to the classes, identical blocks folded into one."""
    height, width = analysis.spec.size
    unit = WIDEST / sqrt(max(row.out_shape[0] for row in analysis.rows))
    drawn = [_volume("input", "input", "input", (3, height, width), 0.0, unit, (), 1, None)]
    rows = iter(analysis.rows)
    for row_of_stage in analysis.stages:
        for run in row_of_stage.stage.runs:
            inside = [next(rows) for _ in range(_rows_of(run.block) * len(run.names))]
            if run.names[0]:
                parts = [(run.names[0], row_of_stage.title, inside, len(run.names), shortcut_of(run.block))]
            else:
                parts = [
                    (row.name, row.name, [row], 1, None)
                    for row in inside
                    if row.kind in ("conv", "maxpool", "avgpool", "linear")
                ]
            for name, label, counted, repeats, shortcut in parts:
                left = drawn[-1].left + drawn[-1].width + (ARC_GAP if shortcut else GAP)
                shape = counted[-1].out_shape
                drawn.append(_volume(name, row_of_stage.title, label, shape, left, unit, counted, repeats, shortcut))
    return tuple(drawn)


def _volume(
    name: str,
    stage: str,
    label: str,
    shape: Shape,
    left: float,
    unit: float,
    rows: Sequence[Row],
    repeats: int,
    shortcut: str | None,
) -> Volume:
    channels, height = shape[0], shape[1] if len(shape) > 1 else 1
    return Volume(
        name=name,
        stage=stage,
        label=label,
        shape=shape,
        left=left,
        width=unit * sqrt(channels),
        height=sqrt(height),
        repeats=repeats,
        shortcut=shortcut,
        macs=sum(row.macs for row in rows),
        params=sum(row.params for row in rows),
        activation_bytes=sum(row.activation_bytes for row in rows),
    )


def _rows_of(block: Block) -> int:
    return sum(1 for _ in block.ops()) + (block.join != "none")


def shortcut_of(block: Block) -> str | None:
    """What goes around a block: "identity", "projection", "padding", or None for a plain one."""
    for path in block.paths:
        if path.role == "shortcut":
            return _SHORTCUTS[path.items[0].kind if path.items and isinstance(path.items[0], Op) else ""]
    return None


_SHORTCUTS = {"": "identity", "conv": "projection", "zeropad": "padding"}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands under the boxes of one stage, or under a box of its own."""

    text: str
    note: str
    centre: float


def labels(boxes: Sequence[Volume]) -> tuple[Label, ...]:
    """One label for neighbours of the same name: the last map's shape, and how many blocks there are."""
    groups = [tuple(group) for _, group in groupby(boxes, key=lambda box: box.label)]
    return tuple(
        Label(
            text=group[0].label,
            note=" · ".join([_compact(group[-1].shape), *_blocks(sum(box.repeats for box in group), group[-1])]),
            centre=(group[0].left + group[-1].left + group[-1].width) / 2,
        )
        for group in groups
    )


def _compact(shape: Shape) -> str:
    """A square map as 14²×1024."""
    channels, *sides = shape
    square = len(sides) == 2 and sides[0] == sides[1]
    return f"{sides[0]}²×{channels}" if square else units.shape(shape)


def _blocks(number: int, box: Volume) -> tuple[str, ...]:
    inside_blocks = "." in box.name
    return (f"{number} block{'s' if number > 1 else ''}",) if inside_blocks else ()


@dataclass(frozen=True, slots=True)
class Profile:
    """Weighted layers along the depth, as columns: what a chart needs. Roles: "residual", "shortcut", "outside"."""

    names: tuple[str, ...]
    stages: tuple[str, ...]
    roles: tuple[str, ...]
    map_heights: tuple[int, ...]
    channels: tuple[int, ...]
    macs: tuple[int, ...]
    params: tuple[int, ...]


def profile(analysis: Analysis) -> Profile:
    """Every convolution and fully connected layer of a network, first to last."""
    rows = [row for row in analysis.rows if row.kind in ("conv", "linear")]
    return Profile(
        names=tuple(row.name for row in rows),
        stages=tuple(row.stage for row in rows),
        roles=tuple("shortcut" if row.role == "shortcut" else "residual" if row.block else "outside" for row in rows),
        map_heights=tuple(row.out_shape[1] if len(row.out_shape) > 1 else 1 for row in rows),
        channels=tuple(row.out_shape[0] for row in rows),
        macs=tuple(row.macs for row in rows),
        params=tuple(row.params for row in rows),
    )
