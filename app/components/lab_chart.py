"""Results of experiments as a figure: lines with intervals, or bars, a colour for each network or quantity."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import streamlit as st

from resnet_core.experiments.lab import Cell, Lab, Result

from ..theme import Colours

LABEL = 22
"""Letters in a line of a label beside a bar."""


def lab_chart(lab: Lab, result: Result, measure: tuple[str, ...], ink: Colours, key: str) -> None:
    """The columns of a measure; `key` tells two figures of one page apart."""
    st.plotly_chart(
        {"data": _traces(lab, result, measure, ink), "layout": _layout(lab, result, measure, ink)},
        key=key,
        config={"displayModeBar": False},
        alt=f"{' and '.join(measure)} over {lab.chart.x}; the table beneath says the same.",
    )


def _traces(lab: Lab, result: Result, measure: tuple[str, ...], ink: Colours) -> list[dict[str, Any]]:
    chart = lab.chart
    names = lab.names(result, measure)
    groups = names if chart.by else (None,)
    colours = dict(zip(names, palette(names, ink), strict=True))
    return [
        trace
        for number, column in enumerate(measure)
        for group in groups
        for trace in _trace(lab, result, column, group, colours[group or column], number > 0)
    ]


def palette(names: Sequence[str], ink: Colours) -> list[str]:
    """The colour of each name: what has shortcuts, or comes by them, is blue, what comes through F orange."""
    free = iter([ink.residual, ink.agrees, ink.muted, ink.text, ink.differs])
    told = {"by the shortcut": ink.identity, "through F": ink.residual, "whole gradient": ink.text}
    told |= {"by shortcuts alone": ink.identity}
    told |= {"share of all paths": ink.muted, "share of the gradient": ink.residual}
    families = {"resnet": ink.identity, "plain": ink.residual, "vgg": ink.text}
    return [
        told.get(name) or next((families[one] for one in families if one in name), None) or next(free) for name in names
    ]


def _trace(lab: Lab, result: Result, column: str, group: Cell, colour: str, second: bool) -> list[dict[str, Any]]:
    """`second`: a further column of lines that have their colours from the groups."""
    chart = lab.chart
    x, y = lab.place(chart.x), lab.place(column)
    rows = [row for row in result.rows if chart.by == "" or row[lab.place(chart.by)] == group]
    rows = [row for row in rows if row[y] is not None]
    shown = lab.columns[y].shown
    name = column if group is None else f"{group}, {column}" if second else str(group)
    common = {
        "name": name,
        "text": [f"{name}, {lab.columns[x].shown(row[x])}: {shown(row[y])}" for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
    }
    if chart.kind == "rows":
        labels = [_label(lab, row) for row in rows]
        bars = {"type": "bar", "orientation": "h", "y": labels, "x": [row[y] for row in rows]}
        return [common | bars | {"textposition": "none", "marker": {"color": colour}}]
    along = {"x": [row[x] for row in rows], "y": [row[y] for row in rows]}
    if chart.kind == "bars":
        return [common | along | {"type": "bar", "textposition": "none", "marker": {"color": colour}}]
    within = f"{column} ±"
    interval = within in [one.name for one in lab.columns] and any(row[lab.place(within)] for row in rows)
    errors = {"array": [row[lab.place(within)] for row in rows], "thickness": 1.2, "width": 3} if interval else None
    dashed = "dot" if second and chart.by else "dash" if "-20" in name else "solid"
    return [
        common
        | along
        | {
            "type": "scatter",
            "mode": "lines+markers" if len(rows) <= 60 else "lines",
            "marker": {"size": 5},
            "line": {"color": colour, "width": 2, "dash": dashed},
            **({"error_y": {"type": "data", "color": colour, **errors}} if errors else {}),
        }
    ]


def _label(lab: Lab, row: tuple[Cell, ...]) -> str:
    """What stands beside a bar, in short lines."""
    beside = [f"<b>{row[lab.place(lab.chart.beside)]}</b>"] if lab.chart.beside else []
    return "<br>".join([*wrap(str(row[lab.place(lab.chart.x)]), LABEL), *beside])


def _layout(lab: Lab, result: Result, measure: tuple[str, ...], ink: Colours) -> dict[str, Any]:
    chart = lab.chart
    grid = {"gridcolor": ink.line, "zeroline": False, "fixedrange": True, "tickfont": {"size": 11}, "automargin": True}
    title = {"font": {"size": 12, "color": ink.muted}, "standoff": 8}
    words = " and ".join(measure) if len(measure) == 1 else ""
    value = {**grid, "title": {**title, "text": words}}
    if set(measure) <= {*chart.log}:
        value |= {"type": "log", "exponentformat": "power", "nticks": 6}
    elif result.rows and lab.columns[lab.place(measure[0])].shown(0.5) == "50.0 %":
        value |= {"tickformat": ".0%", "rangemode": "tozero"}
    else:
        value |= {"rangemode": "tozero"}
    along = {**grid, "showgrid": False, "title": {**title, "text": chart.x}, "nticks": 14}
    if chart.kind == "rows":
        names = list(dict.fromkeys(_label(lab, row) for row in result.rows))
        order = {"categoryorder": "array", "categoryarray": names}  # else what lacks a first bar would come last
        along |= {
            "autorange": "reversed",
            "title": {**title, "text": chart.beside},
            "nticks": None,
            "tickfont": {"size": 10},
            **order,
        }
    bars = max(1, len(result.rows))
    return {
        "height": 90 + 44 * bars if chart.kind == "rows" else 360,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 34, "b": 8},
        "showlegend": bool(chart.by) or len(measure) > 1,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        "hovermode": "closest",
        "xaxis": value if chart.kind == "rows" else along,
        "yaxis": along if chart.kind == "rows" else value,
    }
