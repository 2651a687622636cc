"""The wall of experiments: question, a tiny picture of the result, claim and verdict, on one card each."""

import math
from base64 import b64encode
from html import escape

import streamlit as st

from app import theme
from resnet_core.experiments.lab import Answer, Lab, Result
from resnet_core.experiments.recorded import finished
from resnet_core.experiments.table import LABS

from .cards import mark, tone
from .lab_chart import palette

WIDE, HIGH, EDGE = 240, 72, 4


def wall() -> None:
    """Every experiment; a card's button opens it."""
    with st.grid(columns="auto", min_column_width=300, key="wall"):
        for lab in LABS:
            with st.container(
                border=True, key=f"card_lab_{lab.name}", height="stretch", vertical_alignment="distribute"
            ):
                result = finished(lab)
                st.html(
                    f'<div class="rx-lab"><h2>{escape(lab.question)}</h2>{_tiny(lab, result)}'
                    f"<p>{escape(lab.claim)}</p>{verdict(lab.answer(result))}</div>"
                )
                st.button("Open", key=f"open_{lab.name}", on_click=_open, args=(lab,), help=lab.question)


def verdict(answer: Answer) -> str:
    """Whether the claim holds here, as a mark."""
    return mark(answer.verdict, tone(answer.holds))


def _open(lab: Lab) -> None:
    st.session_state["lab"] = lab.name
    st.session_state.pop("guess", None)


def _tiny(lab: Lab, result: Result) -> str:
    """The first measure as an SVG without axes."""
    chart, measure = lab.chart, lab.chart.y[0]
    groups = list(dict.fromkeys(row[lab.place(chart.by)] for row in result.rows)) if chart.by else [None]
    logarithmic = set(measure) <= {*chart.log}
    lines = []
    for column in measure if chart.kind == "lines" else measure[-1:]:
        for group in groups:
            rows = [row for row in result.rows if group is None or row[lab.place(chart.by)] == group]
            values = [value for row in rows if isinstance(value := row[lab.place(column)], float | int)]
            lines.append([math.log(v) for v in values if v > 0] if logarithmic else [float(v) for v in values])
    names = [str(group) for group in groups] if chart.by else list(measure)
    colours = palette(names, theme.colours()) * len(lines)
    low = min([value for line in lines for value in line] + ([] if logarithmic else [0.0]))
    high = max(value for line in lines for value in line)
    draw = _line if chart.kind == "lines" else _bars
    shapes = "".join(draw(line, low, high, colour) for line, colour in zip(lines, colours, strict=False))
    size = f'width="{WIDE}" height="{HIGH}" viewBox="0 0 {WIDE} {HIGH}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} preserveAspectRatio="none">{shapes}</svg>'
    address = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"  # st.html passes no SVG
    return f'<img src="{address}" alt="{escape(" and ".join(measure))} over {escape(chart.x)}">'


def _place(number: int, of: int, value: float, low: float, high: float) -> tuple[float, float]:
    x = EDGE + (WIDE - 2 * EDGE) * number / max(1, of - 1)
    return x, HIGH - EDGE - (HIGH - 2 * EDGE) * (value - low) / ((high - low) or 1)


def _line(line: list[float], low: float, high: float, colour: str) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_place(n, len(line), v, low, high) for n, v in enumerate(line)))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _bars(line: list[float], low: float, high: float, colour: str) -> str:
    wide = max(2.0, 0.8 * WIDE / max(1, len(line)) - 1)
    places = (_place(n, len(line) + 1, v, low, high) for n, v in enumerate(line))
    return "".join(
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{HIGH - EDGE - y:.1f}" fill="{colour}"/>'
        for x, y in places
    )
