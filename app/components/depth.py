"""What each layer costs along the depth: map size and channels, multiply-adds, parameters, one over the other."""

from typing import Any

import streamlit as st

from resnet_core import Analysis, units
from resnet_core.diagram import Profile, profile

from ..theme import Colours
from .axes import axis, layout, legend

BAR = 0.85
HEIGHT = 420
SIZE = 10
NAMES = {
    "residual": "residual path",
    "branch": "branch or plain block",
    "gate": "gate",
    "shortcut": "shortcut",
    "outside": "outside blocks",
}


def depth(analysis: Analysis, ink: Colours, height: float = HEIGHT, scale: float = 1) -> None:
    """`height` in pixels; `scale` enlarges both it and the type."""
    layers = profile(analysis)
    st.plotly_chart(
        {"data": _traces(layers, ink), "layout": _layout(layers, ink, height, scale)},
        key="depth_figure",
        config={"displayModeBar": False},
        alt="Map size, channels, multiply-adds and parameters of every weighted layer along the depth.",
    )


def _traces(layers: Profile, ink: Colours) -> list[dict[str, Any]]:
    where = list(range(1, len(layers.names) + 1))
    colour = dict(zip(NAMES, (ink.residual, ink.residual, ink.text, ink.identity, ink.muted), strict=True))
    bars = [
        {
            "type": "bar",
            "width": BAR,
            "name": NAMES[role],
            "legendgroup": role,
            "showlegend": axis == "y2",
            "yaxis": axis,
            "x": [where[i] for i in chosen],
            "y": [values[i] for i in chosen],
            "text": [f"{layers.names[i]}: {units.count(values[i])}" for i in chosen],
            "textposition": "none",
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": colour[role], "line": {"width": 0}},
        }
        for axis, values in (("y2", layers.macs), ("y", layers.params))
        for role in NAMES
        if (chosen := [i for i, found in enumerate(layers.roles) if found == role])
    ]
    steps = {"type": "scatter", "mode": "lines", "x": where, "yaxis": "y3", "line": {"shape": "hvh", "width": 2}}
    main = [i for i, role in enumerate(layers.roles) if role not in ("shortcut", "gate")]
    steps["x"] = [where[i] for i in main]
    return [
        {
            **steps,
            "name": "map height, pixels",
            "y": [layers.map_heights[i] for i in main],
            "line": {**steps["line"], "color": ink.text},
            "text": [layers.names[i] for i in main],
            "hovertemplate": "%{text}: %{y} px<extra></extra>",
        },
        {
            **steps,
            "name": "channels",
            "y": [layers.channels[i] for i in main],
            "line": {**steps["line"], "color": ink.muted, "dash": "dot"},
            "text": [layers.names[i] for i in main],
            "hovertemplate": "%{text}: %{y} channels<extra></extra>",
        },
        *bars,
    ]


def _layout(layers: Profile, ink: Colours, height: float, scale: float) -> dict[str, Any]:
    def row(title: str, *domain: float, **more: Any) -> dict[str, Any]:
        return axis(ink, title, scale, SIZE, domain=domain, **more)

    return layout(
        ink,
        height,
        scale,
        margin={"l": 62 * scale, "r": 8, "t": 30 * scale, "b": 36 * scale},
        barmode="overlay",
        legend=legend(scale),
        xaxis=axis(
            ink,
            "weighted layer, first to last",
            scale,
            SIZE,
            showgrid=False,
            anchor="y",
            range=[0, len(layers.names) + 1],
        ),
        yaxis=row("parameters", 0, 0.29, tickformat="~s"),
        yaxis2=row("multiply-adds", 0.355, 0.645, tickformat="~s"),
        yaxis3=row("shape", 0.71, 1, type="log", dtick=1),
    )
