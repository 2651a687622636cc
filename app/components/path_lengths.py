"""How many ways through a network have which length: a binomial distribution, and some lengths marked."""

from typing import Any

import streamlit as st

from resnet_core import units
from resnet_core.lesson_views import Paths
from resnet_core.paths import path_lengths, share

from ..theme import Colours
from .axes import axis, layout

HEIGHT = 280
FEW = 12
"""So many lengths each have their number."""


def path_length_figure(paths: Paths, ink: Colours, scale: float = 1) -> None:
    """Bars over the number of modules that a path goes through; the marked lengths orange.

    `scale` enlarges height and type.
    """
    st.plotly_chart(
        {"data": [_bars(paths, ink)], "layout": _layout(paths.modules, ink, scale)},
        key="paths_figure",
        config={"displayModeBar": False},
        alt=f"The share of the paths through {paths.modules} modules by their length.",
    )


def _bars(paths: Paths, ink: Colours) -> dict[str, Any]:
    modules, lengths = paths.modules, list(range(paths.modules + 1))
    return {
        "type": "bar",
        "x": lengths,
        "y": [float(share(modules, length, length)) for length in lengths],
        "marker": {"color": [ink.residual if length in paths.marked else ink.identity for length in lengths]},
        "customdata": [units.count(number) for number in path_lengths(modules)],
        "hovertemplate": "%{x} modules: %{customdata} paths<extra></extra>",
    }


def _layout(modules: int, ink: Colours, scale: float) -> dict[str, Any]:
    return layout(
        ink,
        HEIGHT,
        scale,
        bargap=0.15,
        showlegend=False,
        xaxis=axis(
            ink, f"modules gone through, of {modules}", scale, showgrid=False, dtick=1 if modules <= FEW else 10
        ),
        yaxis=axis(ink, "share of paths", scale, tickformat=".0%"),
    )
