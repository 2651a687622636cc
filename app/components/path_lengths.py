"""How many ways through a network have which length: a binomial distribution, and where the gradient comes from."""

from typing import Any

import streamlit as st

from resnet_core import units
from resnet_core.paths import EFFECTIVE, path_lengths, share

from ..theme import Colours

HEIGHT = 280


def path_length_figure(modules: int, ink: Colours, scale: float = 1) -> None:
    """Bars over the number of modules that a path goes through; those of Veit's effective paths orange.

    `scale` enlarges height and type.
    """
    st.plotly_chart(
        {"data": [_bars(modules, ink)], "layout": _layout(modules, ink, scale)},
        key="paths_figure",
        config={"displayModeBar": False},
        alt=f"The share of the paths through {modules} modules by their length.",
    )


def _bars(modules: int, ink: Colours) -> dict[str, Any]:
    lengths = list(range(modules + 1))
    effective = range(EFFECTIVE.first, EFFECTIVE.last + 1) if modules == EFFECTIVE.modules else range(0)
    return {
        "type": "bar",
        "x": lengths,
        "y": [float(share(modules, length, length)) for length in lengths],
        "marker": {"color": [ink.residual if length in effective else ink.identity for length in lengths]},
        "customdata": [units.count(number) for number in path_lengths(modules)],
        "hovertemplate": "%{x} modules: %{customdata} paths<extra></extra>",
    }


def _layout(modules: int, ink: Colours, scale: float) -> dict[str, Any]:
    grid = {"gridcolor": ink.line, "zeroline": False, "fixedrange": True, "tickfont": {"size": 11 * scale}}
    title = {"font": {"size": 12 * scale, "color": ink.muted}, "standoff": 6 * scale}
    return {
        "height": HEIGHT * scale,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 54 * scale, "r": 8, "t": 8, "b": 40 * scale},
        "bargap": 0.15,
        "showlegend": False,
        "xaxis": {**grid, "showgrid": False, "title": {**title, "text": f"modules gone through, of {modules}"}},
        "yaxis": {**grid, "tickformat": ".0%", "title": {**title, "text": "share of paths"}},
    }
