"""The errors of bundled trainings, epoch by epoch: training solid, test dotted."""

from typing import Any

import streamlit as st

from resnet_core.curves import Curve

from ..theme import Colours
from .axes import axis, layout, legend

HEIGHT = 300


def training_curves(curves: tuple[Curve, ...], ink: Colours, scale: float = 1) -> None:
    """`scale` enlarges height, type and lines."""
    st.plotly_chart(
        {"data": _traces(curves, ink, scale), "layout": _layout(ink, scale)},
        key="curves_figure",
        config={"displayModeBar": False},
        alt="Training and test error after each epoch: " + "; ".join(curve.said for curve in curves),
    )


def _traces(curves: tuple[Curve, ...], ink: Colours, scale: float) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{curve.title}, {name}",
            "x": curve.epochs,
            "y": errors,
            "line": {"color": _colour(curve, ink), "dash": dash, "width": scale * width},
            "hovertemplate": f"{curve.title}, {name}: %{{y:.1%}}<extra></extra>",
        }
        for curve, width in zip(curves, _widths(curves), strict=True)
        for name, errors, dash in (("training", curve.training, "solid"), ("test", curve.test, "dot"))
    ]


def _colour(curve: Curve, ink: Colours) -> str:
    """Plain nets orange, for they have the residual path alone; those with shortcuts blue."""
    return ink.residual if "plain" in curve.name else ink.identity


def _widths(curves: tuple[Curve, ...]) -> list[float]:
    """The deepest of a kind stands out."""
    deepest = {_colour_name(curve): curve.name for curve in sorted(curves, key=lambda one: (len(one.name), one.name))}
    return [3.2 if deepest[_colour_name(curve)] == curve.name else 1.6 for curve in curves]


def _colour_name(curve: Curve) -> str:
    return "plain" if "plain" in curve.name else "residual"


def _layout(ink: Colours, scale: float) -> dict[str, Any]:
    return layout(
        ink,
        HEIGHT,
        scale,
        legend=legend(scale, y=-0.2, yanchor="top"),
        xaxis=axis(ink, "epoch", scale, showgrid=False, dtick=1),
        yaxis=axis(ink, "error", scale, rangemode="tozero", tickformat=".0%"),
    )
