"""Along the depth: how large what passes a block is, how large what the block adds, and the one over the other."""

from typing import Any

import streamlit as st

from app import cached, theme
from app.theme import Colours
from resnet_core import ArchSpec
from resnet_core.sight.norms import BlockNorms, about

from .cards import note, refuse
from .controls import one_of

MEASURES = {"‖·‖ of the tensor": "norm", "per value": "rms"}


def norms_chart(data: bytes, spec: ArchSpec) -> None:
    """‖x‖ and ‖F(x)‖ of each block, and their ratio."""
    found = cached.norms(data, spec)
    if not found:
        refuse(about(spec))
        return
    measure = MEASURES[one_of("Measure", MEASURES, "norm_as")]
    st.plotly_chart(
        {"data": _traces(found, measure, theme.colours()), "layout": _layout(found, measure, theme.colours())},
        key="norms_figure",
        config={"displayModeBar": False},
        alt="Norms of what the shortcut and the residual path of each block bring, along the depth, and their ratio.",
    )
    note(about(spec))
    note(
        "Frobenius norms of this picture's tensors. A stage with half the map and twice the channels has half the "
        "values: per value (root of the mean square) stages compare."
        if measure == "norm"
        else "The root of the mean square of this picture's values."
    )


def _traces(found: tuple[BlockNorms, ...], measure: str, ink: Colours) -> list[dict[str, Any]]:
    names = [block.block for block in found]
    lines = {"type": "scatter", "mode": "lines+markers", "x": names}
    some = [block for block in found if block.residual is not None]
    traces = [
        {
            **lines,
            "name": "x, the shortcut" if some else "what the block puts out",
            "y": [getattr(block.x, measure) for block in found],
            "line": {"color": ink.identity, "width": 2.4},
            "hovertemplate": "%{x}: %{y:.4g}<extra>x</extra>",
        }
    ]
    if some:
        traces += [
            {
                **lines,
                "name": "F(x), the residual path",
                "x": [block.block for block in some],
                "y": [getattr(block.residual, measure) for block in some],
                "line": {"color": ink.residual, "width": 2.4},
                "marker": {"symbol": "diamond", "size": 7},
                "hovertemplate": "%{x}: %{y:.4g}<extra>F(x)</extra>",
            },
            {
                "type": "bar",
                "name": "ratio ‖F(x)‖ / ‖x‖",
                "x": [block.block for block in some],
                "y": [block.ratio for block in some],
                "yaxis": "y2",
                "marker": {"color": ink.muted},
                "hovertemplate": "%{x}: %{y:.3g}<extra>ratio</extra>",
            },
        ]
    return traces


def _layout(found: tuple[BlockNorms, ...], measure: str, ink: Colours) -> dict[str, Any]:
    grid = {"gridcolor": ink.line, "zeroline": False, "fixedrange": True, "rangemode": "tozero"}
    title = {"font": {"size": 11, "color": ink.muted}, "standoff": 6}
    both = found[0].residual is not None
    return {
        "height": 440 if both else 300,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 58, "r": 8, "t": 30, "b": 76},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "xaxis": {"fixedrange": True, "tickangle": -45 if len(found) > 6 else 0, "anchor": "y2" if both else "y"},
        "yaxis": {**grid, "domain": [0.4, 1] if both else [0, 1], "title": {**title, "text": _AXES[measure]}},
        "yaxis2": {**grid, "domain": [0, 0.3], "title": {**title, "text": "ratio"}, "visible": both},
        "hovermode": "x",
    }


_AXES = {"norm": "Frobenius norm", "rms": "per value"}
