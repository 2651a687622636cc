"""Volumes -> the overview of the network map: boxes, arcs, signs and captions at their pixels, y downwards."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .describe import MEETS
from .diagram import Volume, labels, placed

WIDTH = 1080.0
"""Of the drawing; a window may scale it."""
MARGIN, MOST_SCALE = 30.0, 1.7
HEIGHT = 254.0
"""Of the drawing, whatever the network: more lines of captions make the boxes lower."""
LEAN = (6.0, -7.0)
"""How far the back of a box stands right of its front, and above it."""
RISE = 17.0
"""How far an arc passes above its box."""
TOP, CAPTIONS, CAPTION = 44.0, 44.0, 31.0
"""Above the tallest box, which an arc may go around; from it to the captions; a line of captions."""
BESIDE_GAP, LEAST_HEIGHT = 22.0, 4.0
MOST_SLICES = 16


class Box(NamedTuple):
    """A volume at its place. `arc` is what goes around it, `sign` how its paths meet, at `meeting`; "" for neither."""

    name: str
    x: float
    y: float
    width: float
    height: float
    repeats: int
    around: str
    arc: str
    sign: str
    meeting: float
    slices: tuple[float, ...]
    beside: str


class Caption(NamedTuple):
    """What stands under the boxes of a stage, at the middle of its first line."""

    text: str
    note: str
    x: float
    y: float


class Overview(NamedTuple):
    """The whole drawing. The signal runs from `begin` to `end` at height `line`."""

    width: float
    height: float
    line: float
    begin: float
    end: float
    lean: tuple[float, float]
    boxes: tuple[Box, ...]
    captions: tuple[Caption, ...]


def overview(volumes: Sequence[Volume]) -> Overview:
    """A network from the picture to the classes, as wide as `WIDTH` where it can be."""
    reach = max(box.left + box.width for box in volumes) + LEAN[0]
    scale = min((WIDTH - 2 * MARGIN) / reach, MOST_SCALE)
    begin = (WIDTH - scale * reach) / 2
    captions = list(placed(labels(volumes), scale))
    lines = 1 + max(line for _, line in captions)
    tallest = HEIGHT - TOP - CAPTIONS - CAPTION * lines + CAPTION / 2
    under = TOP + tallest + CAPTIONS
    line = TOP + tallest / 2
    return Overview(
        width=WIDTH,
        height=HEIGHT,
        line=line,
        begin=begin,
        end=min(begin + scale * reach + MARGIN, WIDTH - 4),
        lean=LEAN,
        boxes=tuple(_boxes(volumes, scale, begin, line, tallest)),
        captions=tuple(
            Caption(label.text, label.note, round(begin + scale * label.centre, 1), under + CAPTION * down)
            for label, down in captions
        ),
    )


def _boxes(volumes: Sequence[Volume], scale: float, begin: float, line: float, tallest: float) -> Iterator[Box]:
    tall = tallest / max(box.height for box in volumes)
    bottom = line
    for volume in volumes:
        x, width, height = begin + scale * volume.left, scale * volume.width, max(tall * volume.height, LEAST_HEIGHT)
        y = bottom + BESIDE_GAP if volume.beside else line - height / 2
        if not volume.beside:
            bottom = y + height
        meeting = x + width + LEAN[0] + 9
        every = -(-len(volume.slices) // MOST_SLICES) or 1
        yield Box(
            volume.name,
            round(x, 1),
            round(y, 1),
            round(width, 1),
            round(height, 1),
            volume.repeats,
            volume.shortcut or "",
            _arc(x - 9, meeting, y + LEAN[1] - RISE, line) if volume.shortcut else "",
            MEETS.get(volume.join or "", ("", ""))[0],
            round(meeting, 1),
            tuple(round(x + scale * at, 1) for at in volume.slices[::every]),
            f"M{x + width / 2:.1f} {line:g}V{y:.1f}" if volume.beside else "",
        )


def _arc(begin: float, end: float, top: float, line: float) -> str:
    """As SVG's path data: a curve that is highest, at `top`, in its middle."""
    control = line - (line - top) / 0.75  # a cubic comes to three quarters of the height of its two controls
    return f"M{begin:.1f} {line:g}C{begin:.1f} {control:.1f} {end:.1f} {control:.1f} {end:.1f} {line:g}"
