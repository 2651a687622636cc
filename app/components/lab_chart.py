"""Results of experiments as a figure: lines with intervals, or bars, a colour for each network or quantity."""

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import streamlit as st

from resnet_core.experiments.lab import Cell, Lab, Result

from ..theme import Colours
from .axes import axis, layout, legend

HEIGHT = 360
COVERING = {"factor ½": "dash", "power of ½": "dot"}
"""Lines that lie on others."""
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
    if chart.kind == "bars" and len(measure) > 1 and _is_drawn(lab, result, measure):
        return [_cells(lab, result, measure, ink)]
    names = lab.names(result, measure)
    groups = names if chart.by else (None,)
    colours = dict(zip(names, palette(names, ink), strict=True))
    return [
        trace
        for number, column in enumerate(measure)
        for group in groups
        for trace in _trace(lab, result, column, group, colours[group or column], number > 0)
    ]


def _is_drawn(lab: Lab, result: Result, measure: tuple[str, ...]) -> bool:
    """Whether the columns only say yes or no."""
    return all(row[lab.place(column)] in (0, 1) for column in measure for row in result.rows)


def _cells(lab: Lab, result: Result, measure: tuple[str, ...], ink: Colours) -> dict[str, Any]:
    """A row of cells for each column, filled where it says yes."""
    x = lab.place(lab.chart.x)
    cells = [[row[lab.place(column)] for row in result.rows] for column in measure]
    return {
        "type": "heatmap",
        "x": [row[x] for row in result.rows],
        "y": list(measure),
        "z": cells,
        "colorscale": [[0, ink.page], [1, ink.residual]],
        "zmin": 0,
        "zmax": 1,
        "xgap": 1,
        "ygap": 6,
        "showscale": False,
        "text": [[lab.columns[lab.place(measure[0])].shown(value) for value in line] for line in cells],
        "hovertemplate": "%{x}, %{y}: %{text}<extra></extra>",
    }


def palette(names: Sequence[str], ink: Colours) -> list[str]:
    """The colour of each name: what has shortcuts, or comes by them, is blue, what comes through F orange."""
    free = iter([ink.residual, ink.agrees, ink.muted, ink.text, ink.differs])
    told = {"by the shortcut": ink.identity, "through F": ink.residual, "whole gradient": ink.text}
    told |= {"by shortcuts alone": ink.identity, "identity": ink.identity}
    told |= {"share of all paths": ink.muted, "share of the gradient": ink.residual}
    families = {"resnet": ink.identity, "original": ink.identity, "plain": ink.residual, "vgg": ink.text}
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
    dashed = "dot" if second and chart.by else "dash" if "-20" in name else COVERING.get(name, "solid")
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
    value = axis(ink, measure[0] if len(measure) == 1 else "", automargin=True)
    if set(measure) <= {*chart.log}:
        value |= {"type": "log", "exponentformat": "power", "nticks": 6}
    elif result.rows and lab.columns[lab.place(measure[0])].shown(0.5) == "50.0 %":
        value |= {"tickformat": ".0%", "rangemode": "tozero"}
    elif chart.kind == "bars" and _is_drawn(lab, result, measure):
        value |= {"autorange": "reversed"}
    else:
        value |= {"rangemode": "tozero"}
    along = axis(ink, chart.x, automargin=True, showgrid=False, nticks=14, rangemode="nonnegative")
    if chart.kind == "rows":
        names = list(dict.fromkeys(_label(lab, row) for row in result.rows))
        order = {"categoryorder": "array", "categoryarray": names}  # else what lacks a first bar would come last
        along = axis(ink, chart.beside, size=10, automargin=True, showgrid=False, autorange="reversed", **order)
    rows = chart.kind == "rows"
    levels = _levels(lab, result, measure, ink)
    lowest = min((height for _, height, _ in levels), default=0.0)
    return layout(
        ink,
        90 + 44 * max(1, len(result.rows)) if rows else HEIGHT,
        margin={"l": 8, "r": 8, "t": 34, "b": 8},
        showlegend=bool(chart.by) or len(measure) > 1,
        legend=legend(),
        hovermode="closest",
        xaxis=value if rows else along,
        yaxis=along if rows else value,
        shapes=[_line(height, colour) for _, height, colour in levels],
        annotations=[
            *(_beside(words, height, colour, height == lowest) for words, height, colour in levels),
            *([_across(result.caution, ink)] if result.caution else []),
        ],
    )


def _levels(lab: Lab, result: Result, measure: tuple[str, ...], ink: Colours) -> list[tuple[str, float, str]]:
    """What the groups are held to: in words, as a value, and in their colours."""
    if not lab.chart.level or measure != lab.chart.y[0]:
        return []
    names = lab.names(result, measure)
    place, by = lab.place(lab.chart.level), lab.place(lab.chart.by)
    values = {str(row[by]): row[place] for row in result.rows}
    return [
        (f"{name} in the paper, at the end: {lab.columns[place].shown(value)}", float(value), colour)
        for name, colour in zip(names, palette(names, ink), strict=True)
        if (value := values[name]) is not None
    ]


def _line(height: float, colour: str) -> dict[str, Any]:
    line = {"color": colour, "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height, "line": line}


def _beside(words: str, height: float, colour: str, below: bool) -> dict[str, Any]:
    anchor = "top" if below else "bottom"
    place = {"xref": "paper", "x": 0, "xanchor": "left", "y": height, "yanchor": anchor, "showarrow": False}
    return {"text": words, **place, "font": {"size": 10, "color": colour}}


def _across(words: str, ink: Colours) -> dict[str, Any]:
    """What has to stand on the figure itself."""
    place = {"xref": "paper", "x": 1, "xanchor": "right", "yref": "paper", "y": 1, "yanchor": "top"}
    return {"text": f"<b>{words}</b>", **place, "showarrow": False, "font": {"size": 13, "color": ink.text}}
