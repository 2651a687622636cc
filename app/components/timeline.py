"""The evolution of depth over the years, as a figure in which each point opens its network, and as a table of links."""

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import Any

import streamlit as st

from resnet_core import parse, units
from resnet_core.timeline import ADDED, CONCATENATED, ERRORS, KINDS, MACS, NO_SHORTCUT, PARAMETERS, Mark, Series

from ..theme import Colours
from .axes import axis, layout, legend
from .cards import address, link
from .tables import table

_leaving = st.components.v2.component(
    "leaving", html="<span hidden></span>", js="export default ({ data }) => { location.assign(data.address); }"
)

HEIGHT, SIZE = 460, 10
LARGEST, SMALLEST = 36, 7  # diameters in pixels
MOST = 150e6  # parameters of a bubble of the largest diameter
BREAK = 2012  # years before stand apart, left of a gap in the axis
LATE = 2016.5  # from then on a label leans to the left, for the figure ends
SYMBOLS = {NO_SHORTCUT: "circle", ADDED: "circle", CONCATENATED: "diamond"}
LOGARITHMIC = (PARAMETERS, MACS)


def timeline(series: Series, ink: Colours) -> None:
    chosen = st.plotly_chart(
        {"data": _traces(series, ink), "layout": _layout(series, ink)},
        key="timeline_figure",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Networks from 1998 to 2016: {series.axis} over the year; the table beneath says the same.",
    )
    _follow(chosen["selection"]["points"])


def timeline_table(series: Series) -> None:
    """The same in words, each network a link."""
    error = [("error", "n"), ("source", "")] if series.measure in ERRORS else []
    table(
        [("network", ""), ("made public", ""), ("layers", "n"), ("parameters", "n"), ("multiply-adds", "n"), *error],
        [_row(mark, bool(error)) for mark in series.marks],
    )


def _follow(points: list[dict[str, Any]]) -> None:
    """A point was clicked: go where its link leads.

    As a browser does it: st.switch_page makes four entries of the history, in an order that varies.
    """
    if points:
        net = str(parse(points[0]["customdata"][0]))  # it comes from a browser, and is to be a network's name alone
        _leaving(key="timeline_leaving", data={"address": address(net)})


def _row(mark: Mark, with_error: bool) -> list[str]:
    totals = mark.moment.totals
    costs = [units.exact(totals.layers), units.count(totals.params), units.count(totals.macs)]
    error = [f"{mark.value:g} %" if mark.value is not None else "–", escape(mark.source)] if with_error else []
    return [link(mark.moment.net, mark.moment.title), mark.moment.date, *costs, *error]


def _traces(series: Series, ink: Colours) -> list[dict[str, Any]]:
    colour = {NO_SHORTCUT: ink.muted, ADDED: ink.identity, CONCATENATED: ink.identity}
    labelled = _labelled(series)
    large_first = sorted(series.drawn, key=_params, reverse=True)  # so that no bubble hides another
    traces = []
    for kind in KINDS:
        for old in (False, True):
            marks = [m for m in large_first if m.moment.kind == kind and (m.moment.year < BREAK) == old]
            traces.append(
                _points(marks, kind, old, ink, labelled)
                | {
                    "y": [mark.value for mark in marks],
                    "marker": {**_marker(marks, kind, ink), "color": colour[kind], "opacity": 0.75},
                    "text": [mark.moment.title if mark in labelled else "" for mark in marks],
                    "showlegend": not old and any(m.moment.kind == kind for m in series.drawn),
                }
            )
    stacked: Counter[float] = Counter()
    for mark in series.apart:
        old = mark.moment.year < BREAK
        stacked[mark.moment.when] += 1
        traces.append(
            _points([mark], mark.moment.kind, old, ink)
            | {
                "y": [stacked[mark.moment.when]],
                "yaxis": "y2",
                "mode": "markers",
                "marker": {
                    "symbol": SYMBOLS[mark.moment.kind] + "-open",
                    "size": 9,
                    "color": colour[mark.moment.kind],
                },
                "showlegend": False,
            }
        )
    return traces


def _points(
    marks: list[Mark], kind: str, old: bool, ink: Colours, labelled: Mapping[Mark, str] = MappingProxyType({})
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": kind,
        "legendgroup": kind,
        "x": [mark.moment.when for mark in marks],
        "xaxis": "x2" if old else "x",
        "customdata": [[mark.moment.net, mark.told] for mark in marks],
        "hovertemplate": "%{customdata[1]}<extra></extra>",
        "textposition": [
            f"{labelled.get(mark, 'top')} {'left' if mark.moment.when > LATE else 'center'}" for mark in marks
        ],
        "textfont": {"size": 10, "color": ink.text},
        "cliponaxis": False,
        # a click leaves the page: nothing is to fade meanwhile
        "unselected": {"marker": {"opacity": 0.75}},
    }


def _marker(marks: list[Mark], kind: str, ink: Colours) -> dict[str, Any]:
    return {
        "symbol": SYMBOLS[kind],
        "size": [mark.moment.totals.params for mark in marks],
        "sizemode": "area",
        "sizeref": 2 * MOST / LARGEST**2,
        "sizemin": SMALLEST / 2,
        "line": {"width": 1, "color": ink.card},
    }


def _labelled(series: Series) -> dict[Mark, str]:
    """Of a year's networks of one kind, the deepest or costliest, or the best: more labels would cover each other.

    Without shortcuts the largest bubble has a label too, on its other side: VGG beside GoogLeNet, both of 2014.
    """
    sign, beyond, behind = (-1, "bottom", "top") if series.measure in ERRORS else (1, "top", "bottom")
    ascending = sorted(series.drawn, key=lambda mark: sign * (mark.value or 0))
    largest = sorted((mark for mark in ascending if mark.moment.kind == NO_SHORTCUT), key=_params)
    return dict.fromkeys(_last_of_each(largest), behind) | dict.fromkeys(_last_of_each(ascending), beyond)


def _last_of_each(marks: list[Mark]) -> Iterable[Mark]:
    return {(mark.moment.year, mark.moment.kind): mark for mark in marks}.values()


def _params(mark: Mark) -> int:
    return mark.moment.totals.params


def _layout(series: Series, ink: Colours) -> dict[str, Any]:
    low = 0.24 if series.apart else 0
    lowest = "y2" if series.apart else "y"
    return layout(
        ink,
        HEIGHT,
        margin={"l": 52, "r": 12, "t": 34, "b": 30},
        hoverlabel={"align": "left"},
        legend=legend(),
        xaxis=axis(ink, size=SIZE, domain=[0.12, 1], range=[2012.4, 2017.2], dtick=1, tickformat="d", anchor=lowest),
        xaxis2=axis(ink, size=SIZE, domain=[0, 0.09], range=[1998, 1999.8], tickvals=[1998], anchor=lowest),
        yaxis=axis(ink, series.axis, size=SIZE, domain=[low, 1], anchor="x2", **_scale(series.measure)),
        yaxis2=axis(
            ink,
            "not measured so",
            size=SIZE,
            domain=[0, max(low - 0.06, 0.01)],
            showgrid=False,
            showticklabels=False,
            range=[0, 5.5],
            visible=bool(series.apart),
            anchor="x2",
        ),
    )


def _scale(measure: str) -> dict[str, Any]:
    """Depth from zero; what spans orders of magnitude, and errors, which fall by shares, by their logarithm."""
    if measure in ERRORS:
        return {"type": "log", "tickvals": [3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40]}
    if measure in LOGARITHMIC:
        return {"type": "log", "tickformat": "~s", "dtick": 1}
    return {"rangemode": "tozero"}
