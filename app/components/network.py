"""The network as volumes along the depth: a Plotly figure of the boxes that the core places."""

from typing import Any

import streamlit as st

from resnet_core import Analysis, units
from resnet_core.diagram import Volume, labels, volumes

from ..theme import Colours

MEASURES = {"multiply-adds": "macs", "parameters": "params", "activations": "activation_bytes"}
WRITE = {"macs": units.count, "params": units.count, "activation_bytes": units.memory}

_LEGEND = (
    '<div class="rx-legend"><span><i></i>identity: the signal passes unchanged</span>'
    '<span><i class="dashed"></i>projection or zero padding</span><span><em>+</em>sum</span>'
    '<span><i class="scale"></i>stronger colour: more {measure}</span></div>'
)
LEAN = (5.0, 0.9)  # how far the back face of a box stands right of and above its front
SAMPLES = 24


def network(analysis: Analysis, measure: str, ink: Colours) -> None:
    boxes = volumes(analysis)
    st.plotly_chart(
        {"data": _traces(boxes, measure, ink), "layout": _layout(boxes, ink)},
        key="network_figure",
        config={"displayModeBar": False, "scrollZoom": False, "doubleClick": False},
        alt=f"The network from the picture to the classes: {len(boxes)} volumes, shortcuts as arcs above them.",
    )
    st.html(_LEGEND.format(measure=measure))


def _traces(boxes: tuple[Volume, ...], measure: str, ink: Colours) -> list[dict[str, Any]]:
    arcs = [box for box in boxes if box.shortcut]
    values = [getattr(box, MEASURES[measure]) for box in boxes]
    write = WRITE[MEASURES[measure]]
    line = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    return [
        _lines([_arc(b) for b in arcs if b.shortcut == "identity"], {"color": ink.identity, "width": 2.2}, line),
        _lines(
            [_arc(b) for b in arcs if b.shortcut != "identity"],
            {"color": ink.identity, "width": 2.2, "dash": "dash"},
            line,
        ),
        {
            **_lines([face for box in boxes for face in _back_faces(box)], {"color": ink.muted, "width": 0.7}, line),
            "fill": "toself",
            "fillcolor": ink.page,
        },
        {
            "type": "bar",
            "x": [box.left + box.width / 2 for box in boxes],
            "y": [box.height for box in boxes],
            "base": [-box.height / 2 for box in boxes],
            "width": [box.width for box in boxes],
            "marker": {
                "color": values,
                "colorscale": [[0, ink.card], [1, ink.residual]],
                "line": {"color": ink.muted, "width": 0.8},
            },
            "customdata": [_hover(box, write(value), measure) for box, value in zip(boxes, values, strict=True)],
            "hovertemplate": "%{customdata}<extra></extra>",
            "showlegend": False,
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [_meeting(box) for box in arcs],
            "y": [0] * len(arcs),
            "marker": {
                "symbol": "circle-cross",
                "size": 12,
                "color": ink.card,
                "line": {"color": ink.text, "width": 1.4},
            },
            "hoverinfo": "skip",
            "showlegend": False,
        },
    ]


def _layout(boxes: tuple[Volume, ...], ink: Colours) -> dict[str, Any]:
    tallest = max(box.height for box in boxes) / 2
    highest = max([y for box in boxes if box.shortcut for _, y in _arc(box)], default=tallest)
    end = boxes[-1].left + boxes[-1].width
    repeated = [
        {
            "x": box.left + box.width / 2,
            "y": -box.height / 2,
            "yshift": -14,
            "text": f"<b>×{box.repeats}</b>",
            "showarrow": False,
            "font": {"size": 11, "color": ink.page},
            "bgcolor": ink.text,
            "borderpad": 3,
        }
        for box in boxes
        if box.repeats > 1
    ]
    crowded = any(box.repeats > 1 and box.height / 2 == tallest for box in boxes)  # a badge under the tallest box
    captions = [
        {
            "x": label.centre,
            "y": -tallest,
            "yshift": -34 if crowded else -18,
            "yanchor": "top",
            "text": f"<b>{label.text}</b><br><span style='color:{ink.muted};font-size:10px'>{label.note}</span>",
            "showarrow": False,
            "font": {"size": 11, "color": ink.text},
        }
        for label in labels(boxes)
    ]
    hidden = {"visible": False, "fixedrange": True}
    return {
        "height": 290,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "xaxis": {**hidden, "range": [boxes[0].left - 22, end + 30]},
        "yaxis": {**hidden, "range": [-1.95 * tallest, max(1.5 * tallest, highest + LEAN[1])]},
        "bargap": 0,
        "shapes": [  # the signal's way, behind the boxes
            {
                "type": "line",
                "layer": "below",
                "x0": boxes[0].left,
                "x1": end + 24,
                "y0": 0,
                "y1": 0,
                "line": {"color": ink.identity, "width": 2.5},
            }
        ],
        "annotations": repeated + captions,
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }


def _lines(strokes: list[list[tuple[float, float]]], line: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for stroke in strokes:
        xs += [x for x, _ in stroke] + [None]
        ys += [y for _, y in stroke] + [None]
    return {"type": "scatter", "x": xs, "y": ys, "line": line, **common}


def _meeting(box: Volume) -> float:
    return box.left + box.width + LEAN[0] + 8


def _arc(box: Volume) -> list[tuple[float, float]]:
    """Half an ellipse from before the box to where the paths meet."""
    start, end = box.left - 9, _meeting(box)
    top = box.height / 2 + LEAN[1] + 2.4
    steps = [2 * step / SAMPLES - 1 for step in range(SAMPLES + 1)]
    return [((start + end) / 2 + (end - start) / 2 * t, top * (1 - abs(t) ** 2.6) ** (1 / 2.6)) for t in steps]


def _back_faces(box: Volume) -> list[list[tuple[float, float]]]:
    left, right, top, bottom = box.left, box.left + box.width, box.height / 2, -box.height / 2
    dx, dy = LEAN
    return [
        [(left, top), (left + dx, top + dy), (right + dx, top + dy), (right, top), (left, top)],
        [(right, top), (right + dx, top + dy), (right + dx, bottom + dy), (right, bottom), (right, top)],
    ]


def _hover(box: Volume, value: str, measure: str) -> str:
    times = f", {box.repeats} identical blocks" if box.repeats > 1 else ""
    around = f"<br>shortcut: {box.shortcut}" if box.shortcut else ""
    return f"<b>{box.label}</b> {box.name}{times}<br>{units.shape(box.shape)}<br>{value} {measure}{around}"
