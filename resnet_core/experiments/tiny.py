"""A result as a tiny picture, for cards: its first measure as lines or bars, without axes or words."""

import math
from collections.abc import Mapping, Sequence

from ..svg import element
from .lab import Lab, Result

WIDE, HIGH, EDGE = 240, 72, 4
NARROWEST = 2.0
Line = Sequence[float]


def tiny(lab: Lab, result: Result, colours: Mapping[str, str]) -> str:
    """An SVG; `colours` has one for each name of `Lab.names`. What goes together in lines is drawn together, of bars
    the last column alone; a logarithmic axis begins at the least value, any other at 0 or below."""
    chart, measure = lab.chart, lab.chart.y[0]
    logarithmic = set(measure) <= {*chart.log}
    series = [
        (colours[group or column], _values(lab, result, column, group, logarithmic))
        for column in (measure if chart.kind == "lines" else measure[-1:])
        for group in (lab.names(result, measure) if chart.by else ("",))
    ]
    values = [value for _, line in series for value in line]
    ends = min(values if logarithmic else [*values, 0.0]), max(values)
    draw = _polyline if chart.kind == "lines" else _bars
    return element(
        "svg",
        *(draw(line, ends, colour) for colour, line in series),
        xmlns="http://www.w3.org/2000/svg",
        width=WIDE,
        height=HIGH,
        viewBox=f"0 0 {WIDE} {HIGH}",
        preserveAspectRatio="none",
    )


def _values(lab: Lab, result: Result, column: str, group: str, logarithmic: bool) -> Line:
    """A column's numbers, or their logarithms, in the rows of a group; those of all rows where it is ""."""
    rows = [row for row in result.rows if not group or row[lab.place(lab.chart.by)] == group]
    values = [float(value) for row in rows if isinstance(value := row[lab.place(column)], float | int)]
    return [math.log(value) for value in values if value > 0] if logarithmic else values


def _at(number: int, of: int, value: float, ends: tuple[float, float]) -> tuple[float, float]:
    low, high = ends
    x = EDGE + (WIDE - 2 * EDGE) * number / max(1, of - 1)
    return x, HIGH - EDGE - (HIGH - 2 * EDGE) * (value - low) / ((high - low) or 1)


def _polyline(line: Line, ends: tuple[float, float], colour: str) -> str:
    places = (_at(number, len(line), value, ends) for number, value in enumerate(line))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return element("polyline", points=points, fill="none", stroke=colour, stroke_width=2)


def _bars(line: Line, ends: tuple[float, float], colour: str) -> str:
    wide = max(NARROWEST, 0.8 * WIDE / max(1, len(line)) - 1)
    places = (_at(number, len(line) + 1, value, ends) for number, value in enumerate(line))
    return "".join(element("rect", x=x, y=y, width=wide, height=HIGH - EDGE - y, fill=colour) for x, y in places)
