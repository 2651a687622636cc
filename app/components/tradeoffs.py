"""Every network as a point: two axes to choose, the compared ones marked, and a click that takes one."""

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from app import cached
from resnet_core import ArchSpec, SpecError, parse
from resnet_core.describe import title
from resnet_core.tradeoffs import (
    AXES,
    DATASETS,
    ERROR,
    MEASURES,
    Point,
    answer,
    frontier,
    point,
    protocols,
    usual_protocol,
)

from ..theme import Colours
from .cards import heading, link, note
from .choosing import pick_of
from .pairing import take
from .tables import table

SYMBOLS = (
    *("circle", "square", "diamond", "triangle-up", "cross", "x", "pentagon", "star", "triangle-down", "hexagon"),
    *("hourglass", "bowtie", "star-square", "triangle-left", "star-triangle-up", "triangle-right"),
)
PERCENTS = [3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40]
NUMBERS = [digit * 10**power for power in range(12) for digit in (1, 2, 5)]


def tradeoffs(one: ArchSpec, other: ArchSpec, ink: Colours) -> None:
    left, middle, right = st.columns([1, 1, 2])
    with left:
        across = pick_of("Across", MEASURES, "multiply-adds", "across")
    with middle:
        up = pick_of("Up", MEASURES, ERROR, "up")
    protocol, dataset = None, DATASETS[0]
    with right:
        if ERROR in (across, up):
            names = list(protocols())
            protocol = pick_of("Error, and how it was measured", names, usual_protocol(one), "measured_by")
        else:
            dataset = pick_of("Networks for", DATASETS, DATASETS[0], "dataset")
    shown = cached.points(dataset, protocol)
    note(answer(across, up, shown))
    marked = [point(spec, protocol) for spec in (one, other)]
    chosen = st.plotly_chart(
        {"data": _traces(across, up, shown, marked, ink), "layout": _layout(across, up, ink)},
        key="tradeoffs_figure",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"{len(shown)} networks: {up} over {across}; the table beneath says the same.",
    )
    _picked(chosen["selection"]["points"], one)
    unplaced = dict.fromkeys(of.title for of in marked if of.value(across) is None or of.value(up) is None)
    if unplaced:
        note(f"Not in the figure, for it has no such figure: {', '.join(unplaced)}.")
    with st.expander("The same as a table, with links and sources"):
        _table(shown, protocol is not None)


def _picked(points: list[dict[str, Any]], one: ArchSpec) -> None:
    """The network of a clicked point, and where it can be taken."""
    try:  # it comes from a browser
        spec = parse(points[0]["customdata"][0]) if points else None
    except (SpecError, KeyError, IndexError, TypeError, AttributeError):
        spec = None
    with st.container(horizontal=True, vertical_alignment="center", key="picked_point", height=56, border=False):
        if spec is None:
            note("Click a point to take its network.")
            return
        heading(title(spec), "", 3)
        st.button(f"Compare with {title(one)}", key="take_beside", on_click=_beside, args=(one, spec))
        st.html(f'<p class="rx-note rx-said-link">{link(str(spec), "Open in Explore")}</p>')


def _beside(one: ArchSpec, other: ArchSpec) -> None:
    take(one, other)
    st.session_state["compared"] = "What changed"


def _table(shown: Sequence[Point], with_error: bool) -> None:
    measures = [*AXES, *([ERROR] if with_error else [])]
    source = [("source", "")] if with_error else []
    table(
        [("network", ""), *((measure, "n") for measure in measures), *source],
        [
            [
                link(of.net, of.title),
                *(of.shown(measure) for measure in measures),
                *([of.error.source] if of.error else []),
            ]
            for of in shown
        ],
    )


def _told(point: Point) -> str:
    """As Plotly takes it."""
    first, *others = map(escape, point.told)
    return "<br>".join([f"<b>{first}</b>", *others])


def _traces(
    across: str, up: str, shown: Sequence[Point], marked: Sequence[Point], ink: Colours
) -> list[dict[str, Any]]:
    families = list(dict.fromkeys(of.family for of in shown))
    colours = (ink.identity, ink.residual, ink.agrees, ink.muted, ink.differs, ink.text)
    traces = [_edge(across, up, tuple(shown), ink), _rings(across, up, marked, ink)]
    for number, family in enumerate(families):
        of_family = [of for of in shown if of.family == family]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": family,
                "x": [of.value(across) for of in of_family],
                "y": [of.value(up) for of in of_family],
                "customdata": [[of.net, _told(of)] for of in of_family],
                "hovertemplate": "%{customdata[1]}<extra></extra>",
                "marker": {
                    "symbol": SYMBOLS[number % len(SYMBOLS)],
                    "color": colours[number % len(colours)],
                    "size": 11,
                    "line": {"width": 1, "color": ink.card},
                },
                "selected": {"marker": {"size": 16}},
                "unselected": {"marker": {"opacity": 0.55}},
            }
        )
    return traces


def _edge(across: str, up: str, shown: tuple[Point, ...], ink: Colours) -> dict[str, Any]:
    """Along the networks that no other beats on both axes."""
    best = frontier(across, up, shown)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "no other has less of both",
        "x": [of.value(across) for of in best],
        "y": [of.value(up) for of in best],
        "line": {"color": ink.muted, "width": 1.2, "dash": "dot", "shape": "hv"},
        "hoverinfo": "skip",
        "showlegend": bool(best),
    }


def _rings(across: str, up: str, marked: Sequence[Point], ink: Colours) -> dict[str, Any]:
    """Around the two networks that are compared."""
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "compared here",
        "x": [of.value(across) for of in marked],
        "y": [of.value(up) for of in marked],
        "text": [of.title for of in marked],
        "textposition": ["top right", "bottom right"],
        "textfont": {"size": 11, "color": ink.text},
        "marker": {"symbol": "circle-open", "size": 22, "color": ink.text, "line": {"width": 1.6}},
        "unselected": {"marker": {"opacity": 1}, "textfont": {"color": ink.text}},
        "hoverinfo": "skip",
    }


def _layout(across: str, up: str, ink: Colours) -> dict[str, Any]:
    return {
        "height": 400,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 58, "r": 12, "t": 10, "b": 44},
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        "legend": {"font": {"size": 11}, "orientation": "h", "y": -0.14, "yanchor": "top", "x": 0},
        "xaxis": _axis(across, ink),
        "yaxis": _axis(up, ink),
    }


def _axis(measure: str, ink: Colours) -> dict[str, Any]:
    """All span orders of magnitude, and errors fall by shares: logarithms."""
    axis = {
        "type": "log",
        "gridcolor": ink.line,
        "zeroline": False,
        "fixedrange": True,
        "tickfont": {"size": 10},
        "title": {
            "text": f"{ERROR}, %" if measure == ERROR else AXES[measure].title,
            "font": {"size": 11, "color": ink.muted},
            "standoff": 6,
        },
    }
    ticks = {"tickvals": PERCENTS} if measure == ERROR else {"tickvals": NUMBERS, "tickformat": "~s"}
    return {**axis, **ticks}
