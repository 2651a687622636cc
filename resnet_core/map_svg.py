"""The network as volumes along the depth, as an SVG file for paper: on white, and readable in grey."""

from collections.abc import Iterator, Mapping, Sequence
from math import cos, pi
from textwrap import wrap
from types import MappingProxyType
from typing import NamedTuple

from .block_figure import Ink
from .counts import CONVENTION
from .describe import AROUND, MEETS, subtitle, title
from .diagram import LETTER, SMALL_LETTER, Volume, labels, placed, volumes
from .rows import Analysis
from .svg import Point, drawing, element, line, polygon, text

PAPER_INK = Ink(identity="#0072B2", residual="#D55E00", text="#1b1f24", muted="#5f6b7a", line="#d9dee5", card="#ffffff")
"""The colours of the light theme, on white."""
MEASURES: Mapping[str, str] = MappingProxyType(
    {"macs": "multiply-adds", "params": "parameters", "activation_bytes": "activations"}
)
"""What the shade of a box may stand for, by the field of a volume."""

NARROWEST, MARGIN = 940.0, 24.0
HALF = 82.0
"""Half the height of the tallest box."""
LEAN: Point = (5.0, 0.12 * HALF)
"""How far the back face of a box stands right of its front, in units of the depth, and above it, in pixels."""
BEFORE, AFTER = 22.0, 30.0
"""Units of the depth that stay free before the first box and after the last."""
ARC_BEGIN, ARC_RISE, ARC_POWER, ARC_STEPS = 9.0, 0.32 * HALF, 2.6, 32
BESIDE_GAP = 0.3 * HALF
SIGN = 6.0
MOST_SLICES = 16
TITLE, NOTE, CAPTION, LEGEND = 27.0, 16.0, 32.0, 18.0
"""Pixels that the title, a line beneath it, a line of captions and a line of the legend take."""
DASHES: Mapping[str, str] = MappingProxyType(
    {
        "identity": "none",
        "projection": "6 4",
        "padding": "1.5 3.5",
        "pooling": "8 3 2 3",
        "gate": "10 3",
        "scaling": "2 2",
        "dropout": "1.5 5",
    }
)
"""What tells apart, without colour, the ways around a block."""


class _Scale(NamedTuple):
    """From the units of the volumes to pixels: x to the right, y down from the signal."""

    per_unit: float
    per_height: float
    signal: float

    def x(self, units_right: float) -> float:
        return MARGIN + (units_right + BEFORE) * self.per_unit

    def y(self, pixels_up: float) -> float:
        return self.signal - pixels_up


class _Box(NamedTuple):
    """A volume in pixels: `middle` is how far its middle is above the signal."""

    volume: Volume
    left: float
    right: float
    half: float
    middle: float


def map_svg(analysis: Analysis, measure: str = "macs", ink: Ink = PAPER_INK) -> str:
    """The drawing: boxes from the picture to the classes, shortcuts as arcs, how they meet, what each sign means."""
    drawn = volumes(analysis)
    extent = max(volume.left + volume.width for volume in drawn) + BEFORE + AFTER
    per_unit = max(1.0, NARROWEST / extent)
    tallest = max(volume.height for volume in drawn) / 2
    arcs = [HALF / tallest * volume.height / 2 + LEAN[1] + ARC_RISE for volume in drawn if volume.shortcut]
    width = extent * per_unit + 2 * MARGIN
    heading = wrap(f"{analysis.spec} · {subtitle(analysis.spec)}", int((width - 2 * MARGIN) / SMALL_LETTER))
    scale = _Scale(per_unit, HALF / tallest, TITLE + NOTE * len(heading) + 22 + max([HALF + LEAN[1], *arcs]))
    boxes = list(_boxes(drawn, scale))
    crowded = any(box.volume.repeats > 1 and box.half == HALF for box in boxes)  # a badge under the tallest box
    captions = list(placed(labels(drawn), scale.per_unit))
    lowest = max([HALF, *(box.half - box.middle + 14 for box in boxes if box.volume.beside)])
    below = scale.signal + lowest + (38 if crowded else 22)
    bottom = below + CAPTION * (1 + max(line for _, line in captions))
    legend = list(_legend(boxes, measure, ink, bottom + 4, width))
    end = legend[-1][1] + LEGEND + 8
    notes = (
        "Height: root of the map's side; width: root of its channels; like blocks folded.",
        f"Counting: {CONVENTION}.",
    )
    return drawing(
        width,
        end + 2 * LEGEND,
        f"{title(analysis.spec)} ({analysis.spec})",
        f"The network from the picture to the classes: {len(drawn)} volumes, shortcuts as arcs above them. "
        f"Counting: {CONVENTION}.",
        [
            text(title(analysis.spec), MARGIN, TITLE, 16, ink.text, font_weight="700"),
            *(text(words, MARGIN, TITLE + NOTE * row, 11, ink.muted) for row, words in enumerate(heading, 1)),
            line(
                (scale.x(drawn[0].left), scale.signal), (scale.x(extent - BEFORE - 6), scale.signal), ink.identity, 2.5
            ),
            *_ways_down(boxes, scale, ink),
            *_arcs(boxes, scale, ink),
            *(part for box in boxes for part in _faces(box, scale, _shade(box, boxes, measure, ink), ink)),
            *(part for box in boxes for part in _joined(box, scale, ink)),
            *(part for box in boxes for part in _marks(box, scale, ink)),
            *(
                part
                for label, row in captions
                for part in _caption(scale.x(label.centre), below + CAPTION * row, label.text, label.note, ink)
            ),
            *(part for part, _ in legend),
            *(text(note, MARGIN, end + LEGEND * row, 10, ink.muted) for row, note in enumerate(notes)),
        ],
    )


def _boxes(drawn: Sequence[Volume], scale: _Scale) -> Iterator[_Box]:
    """Boxes on the signal's way; heads beside it hang below the one before."""
    last = HALF
    for volume in drawn:
        half = volume.height / 2 * scale.per_height
        middle = -last - half - BESIDE_GAP if volume.beside else 0.0
        yield _Box(volume, scale.x(volume.left), scale.x(volume.left + volume.width), half, middle)
        last = last if volume.beside else half


def _shade(box: _Box, boxes: Sequence[_Box], measure: str, ink: Ink) -> str:
    """Between the card's colour and the residual's, by the share of the most."""
    most = max(getattr(one.volume, measure) for one in boxes)
    share = getattr(box.volume, measure) / most if most else 0.0
    return _mixed(ink, share)


def _mixed(ink: Ink, share: float) -> str:
    pale, strong = ([int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (ink.card, ink.residual))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(pale, strong, strict=True))


def _faces(box: _Box, scale: _Scale, shade: str, ink: Ink) -> Iterator[str]:
    left, right = box.left, box.right
    top, bottom = scale.y(box.middle + box.half), scale.y(box.middle - box.half)
    dx, dy = LEAN[0] * scale.per_unit, LEAN[1]
    yield polygon([(left, top), (left + dx, top - dy), (right + dx, top - dy), (right, top)], ink.card, ink.muted, 0.7)
    yield polygon(
        [(right, top), (right + dx, top - dy), (right + dx, bottom - dy), (right, bottom)], ink.card, ink.muted, 0.7
    )
    yield polygon([(left, top), (right, top), (right, bottom), (left, bottom)], shade, ink.muted, 0.8)
    every = -(-len(box.volume.slices) // MOST_SLICES) or 1
    for at in box.volume.slices[::every]:
        x = left + at * scale.per_unit
        yield line((x, top), (x, bottom), ink.muted, 0.6)


def _arcs(boxes: Sequence[_Box], scale: _Scale, ink: Ink) -> Iterator[str]:
    """What goes around a block, from before the box to where the paths meet: half an ellipse, nearly a rectangle."""
    for box in boxes:
        if box.volume.shortcut:
            start, end = box.left - ARC_BEGIN * scale.per_unit, _meeting(box, scale)
            rise = box.half + LEAN[1] + ARC_RISE
            steps = [-cos(pi * step / ARC_STEPS) for step in range(ARC_STEPS + 1)]  # closer where it bends most
            points = " ".join(
                f"{(start + end) / 2 + (end - start) / 2 * t:.1f},"
                f"{scale.y(rise * (1 - abs(t) ** ARC_POWER) ** (1 / ARC_POWER)):.1f}"
                for t in steps
            )
            yield element("polyline", points=points, fill="none", **_stroke(box.volume.shortcut, ink))


def _meeting(box: _Box, scale: _Scale) -> float:
    return box.right + (LEAN[0] + 8) * scale.per_unit


def _ways_down(boxes: Sequence[_Box], scale: _Scale, ink: Ink) -> Iterator[str]:
    """From the signal to the heads beside it."""
    for box in boxes:
        if box.volume.beside:
            x = box.left + 6
            yield line((x, scale.signal), (x, scale.y(box.middle)), ink.identity, 2.5)


def _joined(box: _Box, scale: _Scale, ink: Ink) -> Iterator[str]:
    if box.volume.join in MEETS:
        yield _sign(box.volume.join, _meeting(box, scale), scale.signal, ink)


def _sign(join: str | None, x: float, y: float, ink: Ink) -> str:
    """A circle with a cross for a sum, two bars for a concatenation, a saltire for a gated sum."""
    arm, slant, bar = SIGN - 1.2, SIGN * 0.66, 2.0
    strokes = {
        "add": [((x - arm, y), (x + arm, y)), ((x, y - arm), (x, y + arm))],
        "concat": [((x - bar, y - 3.4), (x - bar, y + 3.4)), ((x + bar, y - 3.4), (x + bar, y + 3.4))],
        "gate": [((x - slant, y - slant), (x + slant, y + slant)), ((x - slant, y + slant), (x + slant, y - slant))],
    }[join or "add"]
    return element(
        "g",
        element("circle", cx=x, cy=y, r=SIGN, fill=ink.card, stroke=ink.text, stroke_width=1.4),
        *(line(start, end, ink.text, 1.4) for start, end in strokes),
    )


def _marks(box: _Box, scale: _Scale, ink: Ink) -> Iterator[str]:
    """How often a folded block stands, and the name of a head beside the way."""
    x, bottom = (box.left + box.right) / 2, scale.y(box.middle - box.half)
    if box.volume.repeats > 1:
        words = f"×{box.volume.repeats}"
        wide = LETTER * len(words) + 8
        yield element("rect", x=x - wide / 2, y=bottom + 5, width=wide, height=16, rx=3, fill=ink.text)
        yield text(words, x, bottom + 17, 11, ink.card, text_anchor="middle", font_weight="700")
    if box.volume.beside:
        yield text(box.volume.name, x, bottom + 13, 10, ink.muted, text_anchor="middle")


def _caption(x: float, y: float, words: str, note: str, ink: Ink) -> Iterator[str]:
    yield text(words, x, y, 11, ink.text, text_anchor="middle", font_weight="700")
    yield text(note, x, y + 13, 10, ink.muted, text_anchor="middle")


def _legend(boxes: Sequence[_Box], measure: str, ink: Ink, top: float, width: float) -> Iterator[tuple[str, float]]:
    """What the signs in this very drawing mean, each with the height of its line."""
    x, y = MARGIN, top + LEGEND
    present = [box.volume for box in boxes]
    around = [name for name in AROUND if any(volume.shortcut == name for volume in present)]
    joins = [name for name in MEETS if any(volume.join == name for volume in present)]
    shown = [(name, AROUND[name]) for name in around] + [(name, MEETS[name][1]) for name in joins]
    for name, words in (*shown, ("shade", f"darker: more {MEASURES[measure]}")):
        taken = 30 + SMALL_LETTER * len(words) + 18
        if x > MARGIN and x + taken > width - MARGIN:
            x, y = MARGIN, y + LEGEND
        yield _key(name, x, y - 4, ink) + text(words, x + 30, y, 11, ink.muted), y
        x += taken


def _key(name: str, x: float, y: float, ink: Ink) -> str:
    if name in MEETS:
        return _sign(name, x + 12, y, ink)
    if name == "shade":
        shades = (ink.card, _mixed(ink, 0.5), ink.residual)
        return "".join(
            element("rect", x=x + 8 * i, y=y - 5, width=8, height=10, fill=shade, stroke=ink.muted, stroke_width=0.6)
            for i, shade in enumerate(shades)
        )
    return element("line", x1=x, y1=y, x2=x + 26, y2=y, **_stroke(name, ink))


def _stroke(shortcut: str, ink: Ink) -> Mapping[str, str | float]:
    """The line of a shortcut."""
    return {"stroke": ink.identity, "stroke_width": 2.2, "stroke_dasharray": DASHES[shortcut]}
