"""Cardinality against width at one cost, as curves and as tables."""

from typing import Any

import streamlit as st

from resnet_core import units
from resnet_core.iso_cost import (
    CARDINALITIES,
    DEPTHS,
    LEAST_BUDGET,
    MOST_BUDGET,
    PRESERVED,
    QUANTITIES,
    Setting,
    budget,
    curve,
    network,
    paper_settings,
    preserved_sentence,
    whole_settings,
)

from ..theme import Colours
from .cards import heading, link, mark, note, tone
from .controls import one_of
from .tables import table


def iso_cost(ink: Colours) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        layers = int(one_of("Layers", [str(depth) for depth in DEPTHS], "iso_layers"))
        words = one_of("Cost in", QUANTITIES, "iso_cost")
    quantity = QUANTITIES[words]
    note(preserved_sentence(layers))
    percent = st.slider(
        f"Budget in percent of ResNet-{layers}’s {words}",
        LEAST_BUDGET,
        MOST_BUDGET,
        100,
        5,
        key="budget",
        bind="query-params",
    )
    paper, whole = paper_settings(layers, quantity), whole_settings(layers, quantity, percent)
    st.plotly_chart(
        {"data": _traces(layers, quantity, percent, paper, whole, ink), "layout": _layout(ink)},
        key="iso_cost_figure",
        config={"displayModeBar": False},
        alt="Width of a path over the number of paths at one cost; the tables beneath say the same.",
    )
    left, right = st.columns(2)
    with left:
        heading("Xie 2017, Table 2", f"against ResNet-{layers}, in {words}", 3)
        _settings(layers, paper)
    with right:
        aim = units.count(budget(layers, quantity, percent))
        heading("The nearest whole width", f"to {aim} {words}", 3)
        _settings(layers, whole)


def _settings(layers: int, settings: tuple[Setting, ...]) -> None:
    table(
        [("C × d", ""), ("multiply-adds", "n"), ("parameters", "n"), (f"within ±{PRESERVED} %", "n")],
        [
            [
                link(str(network(layers, one.cardinality, one.width)), one.name),
                units.count(one.macs),
                units.count(one.params),
                mark(one.off, tone(one.preserved)),
            ]
            for one in settings
        ],
    )


def _traces(
    layers: int, quantity: str, percent: int, paper: tuple[Setting, ...], whole: tuple[Setting, ...], ink: Colours
) -> list[dict[str, Any]]:
    lower, middle, upper = (curve(layers, quantity, percent * (100 + off) / 100) for off in (-PRESERVED, 0, PRESERVED))
    faint = {"color": ink.muted, "width": 1, "dash": "dot"}
    return [
        _line(lower, f"−{PRESERVED} %", faint),
        {**_line(upper, f"+{PRESERVED} %", faint), "fill": "tonexty", "fillcolor": "rgba(127,127,127,0.13)"},
        _line(middle, "the budget", {"color": ink.identity, "width": 2.2}),
        _points(whole, "nearest whole width", "circle-open", ink.identity, 10),
        {
            **_points(paper, "Xie 2017, Table 2", "diamond", ink.residual, 12),
            "mode": "markers+text",
            "text": [f"{one.name} {one.off}" for one in paper],
            "textposition": "top right",
            "textfont": {"size": 11, "color": ink.text},
        },
    ]


def _line(points: tuple[tuple[int, float], ...], name: str, line: dict[str, Any]) -> dict[str, Any]:
    drawn = [(paths, width) for paths, width in points if width]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [paths for paths, _ in drawn],
        "y": [width for _, width in drawn],
        "line": line,
        "hovertemplate": "C = %{x}: d = %{y:.2f}<extra></extra>",
    }


def _points(settings: tuple[Setting, ...], name: str, symbol: str, colour: str, size: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [one.cardinality for one in settings],
        "y": [one.width for one in settings],
        "customdata": [f"{one.name}: {one.off}" for one in settings],
        "hovertemplate": "%{customdata}<extra></extra>",
        "marker": {"symbol": symbol, "size": size, "color": colour, "line": {"width": 1.6, "color": colour}},
        "cliponaxis": False,
    }


def _layout(ink: Colours) -> dict[str, Any]:
    grid = {"gridcolor": ink.line, "zeroline": False, "fixedrange": True, "tickfont": {"size": 10}, "type": "log"}
    title = {"font": {"size": 11, "color": ink.muted}, "standoff": 6}
    return {
        "height": 380,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 52, "r": 90, "t": 34, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 11}},
        "dragmode": False,
        "xaxis": {**grid, "tickvals": CARDINALITIES, "title": {**title, "text": "cardinality C: how many paths"}},
        "yaxis": {
            **grid,
            "tickvals": [1, 2, 4, 8, 16, 32, 64, 128],
            "title": {**title, "text": "width d of one path in the first stage"},
        },
    }
