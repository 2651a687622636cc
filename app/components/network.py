"""The network as volumes along the depth: a Plotly figure of the boxes that the core places."""

from typing import Any

import streamlit as st

from resnet_core import Analysis, units
from resnet_core.diagram import Volume, labels, placed, volumes

from ..theme import Colours

MEASURES = {"multiply-adds": "macs", "parameters": "params", "activations": "activation_bytes"}
WRITE = {"macs": units.count, "params": units.count, "activation_bytes": units.memory}

SOLID, DASHED = "<i></i>", '<i class="dashed"></i>'
AROUND = {  # what goes around blocks, and how it is drawn
    "identity": (SOLID, "identity: the signal passes unchanged"),
    "projection": (DASHED, "projection"),
    "padding": (DASHED, "zero padding"),
    "pooling": (DASHED, "pooling and zero padding"),
    "gate": (DASHED, "what the gate lets pass"),
    "scaling": (DASHED, "half of the signal"),
    "dropout": (DASHED, "the signal, with dropout"),
}
JOINS = {  # sign, symbol in the figure, words
    "add": ("+", "circle-cross", "sum"),
    "concat": ("‖", "circle", "concatenation"),
    "gate": ("×", "circle-x", "T·H + (1−T)·x"),
}
MOST_SLICES = 16
LEAN = (5.0, 0.12)  # how far the back face of a box stands right of its front, and above, in halves of the tallest box
SAMPLES = 24
NOMINAL = 940
"""Pixels that the figure has at least, which its captions must do with; style.css says so too."""
BESIDE_GAP, ARC_RISE = 0.3, 0.32  # in halves of the tallest box
CAPTION, MARGIN = 32, 4
"""Pixels that a line of captions takes, and that stay free around the figure."""
PIXEL = 0.0122
"""A pixel of height, in halves of the tallest box."""


def network(analysis: Analysis, measure: str, ink: Colours, key: str = "network_figure") -> None:
    boxes = volumes(analysis)
    st.plotly_chart(
        {"data": _traces(boxes, measure, ink), "layout": _layout(boxes, ink)},
        key=key,
        config={"displayModeBar": False, "scrollZoom": False, "doubleClick": False},
        alt=f"The network from the picture to the classes: {len(boxes)} volumes, shortcuts as arcs above them.",
    )
    st.html(_legend(boxes, measure))


def _legend(boxes: tuple[Volume, ...], measure: str) -> str:
    """What the signs in this very figure mean."""
    around = [look for name, look in AROUND.items() if any(box.shortcut == name for box in boxes)]
    joins = [
        (f"<em>{sign}</em>", word) for name, (sign, _, word) in JOINS.items() if any(b.join == name for b in boxes)
    ]
    colour = [('<i class="scale"></i>', f"stronger colour: more {measure}")]
    spans = "".join(f"<span>{sign}{word}</span>" for sign, word in (*around, *joins, *colour))
    return f'<div class="rx-legend">{spans}</div>'


def _traces(boxes: tuple[Volume, ...], measure: str, ink: Colours) -> list[dict[str, Any]]:
    arcs = [box for box in boxes if box.shortcut]
    middles = _middles(boxes)
    meetings = [box for box in boxes if box.join in JOINS]
    values = [getattr(box, MEASURES[measure]) for box in boxes]
    write = WRITE[MEASURES[measure]]
    line = {"mode": "lines", "hoverinfo": "skip", "showlegend": False}
    half = _half(boxes)
    faces = [face for box, middle in zip(boxes, middles, strict=True) for face in _back_faces(box, middle, half)]
    return [
        _lines([_arc(b, half) for b in arcs if b.shortcut == "identity"], {"color": ink.identity, "width": 2.2}, line),
        _lines(
            [_arc(b, half) for b in arcs if b.shortcut != "identity"],
            {"color": ink.identity, "width": 2.2, "dash": "dash"},
            line,
        ),
        {
            **_lines(faces, {"color": ink.muted, "width": 0.7}, line),
            "fill": "toself",
            "fillcolor": ink.page,
        },
        {
            "type": "bar",
            "x": [box.left + box.width / 2 for box in boxes],
            "y": [box.height for box in boxes],
            "base": [middle - box.height / 2 for box, middle in zip(boxes, middles, strict=True)],
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
        _lines([cut for box in boxes for cut in _cuts(box)], {"color": ink.muted, "width": 0.6}, line),
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [_meeting(box) for box in meetings],
            "y": [0] * len(meetings),
            "text": ["‖" if box.join == "concat" else "" for box in meetings],
            "textfont": {"size": 9, "color": ink.text},
            "marker": {
                "symbol": [JOINS[box.join or ""][1] for box in meetings],
                "size": 12,
                "color": ink.card,
                "line": {"color": ink.text, "width": 1.4},
            },
            "hoverinfo": "skip",
            "showlegend": False,
        },
    ]


def _half(boxes: tuple[Volume, ...]) -> float:
    return max(box.height for box in boxes) / 2


def _middles(boxes: tuple[Volume, ...]) -> list[float]:
    """The height of each box's middle: that of the signal, but for heads beside it, which hang below."""
    middles: list[float] = []
    gap = BESIDE_GAP * _half(boxes)
    last = boxes[0]
    for box in boxes:
        middles.append(-(last.height + box.height) / 2 - gap if box.beside else 0.0)
        last = last if box.beside else box
    return middles


def _cuts(box: Volume) -> list[list[tuple[float, float]]]:
    """Where the channels of a concatenation meet; of very many, a few."""
    every = -(-len(box.slices) // MOST_SLICES) or 1
    return [
        [(box.left + at, -box.height / 2), (box.left + at, box.height / 2)]
        for at in box.slices[: len(box.slices) : every]
    ]


def _layout(boxes: tuple[Volume, ...], ink: Colours) -> dict[str, Any]:
    tallest = _half(boxes)
    highest = max([y for box in boxes if box.shortcut for _, y in _arc(box, tallest)], default=tallest)
    begin, end = boxes[0].left - 22, max(box.left + box.width for box in boxes) + 30
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
    beside = [
        {
            "x": box.left + box.width / 2,
            "y": middle - box.height / 2,
            "yshift": -9,
            "text": f"<span style='color:{ink.muted};font-size:10px'>{box.name}</span>",
            "showarrow": False,
        }
        for box, middle in zip(boxes, _middles(boxes), strict=True)
        if box.beside
    ]
    crowded = any(box.repeats > 1 and box.height / 2 == tallest for box in boxes)  # a badge under the tallest box
    captions = list(placed(labels(boxes), NOMINAL / (end - begin)))
    lines = max(line for _, line in captions)
    bottom = (1.95 if crowded else 1.75) * tallest + CAPTION * lines * PIXEL * tallest
    top = max(1.5 * tallest, highest + LEAN[1] * tallest)
    hidden = {"visible": False, "fixedrange": True}
    return {
        "height": (top + bottom) / (PIXEL * tallest) + 2 * MARGIN,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": dict.fromkeys("lrtb", MARGIN),
        "xaxis": {**hidden, "range": [begin, end]},
        "yaxis": {
            **hidden,
            "range": [-bottom, top],
        },
        "bargap": 0,
        "shapes": [  # the signal's way, behind the boxes
            _way(boxes[0].left, end - 6, 0.0, 0.0, ink),
            *(
                _way(box.left + 6, box.left + 6, 0.0, middle, ink)
                for box, middle in zip(boxes, _middles(boxes), strict=True)
                if box.beside
            ),
        ],
        "annotations": [
            *repeated,
            *beside,
            *(
                {
                    "x": label.centre,
                    "y": -tallest,
                    "yshift": (-34 if crowded else -18) - CAPTION * line,
                    "yanchor": "top",
                    "text": f"<b>{label.text}</b><br>"
                    f"<span style='color:{ink.muted};font-size:10px'>{label.note}</span>",
                    "showarrow": False,
                    "font": {"size": 11, "color": ink.text},
                }
                for label, line in captions
            ),
        ],
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }


def _way(x0: float, x1: float, y0: float, y1: float, ink: Colours) -> dict[str, Any]:
    line = {"color": ink.identity, "width": 2.5}
    return {"type": "line", "layer": "below", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": line}


def _lines(strokes: list[list[tuple[float, float]]], line: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    xs: list[float | None] = []
    ys: list[float | None] = []
    for stroke in strokes:
        xs += [x for x, _ in stroke] + [None]
        ys += [y for _, y in stroke] + [None]
    return {"type": "scatter", "x": xs, "y": ys, "line": line, **common}


def _meeting(box: Volume) -> float:
    return box.left + box.width + LEAN[0] + 8


def _arc(box: Volume, half: float) -> list[tuple[float, float]]:
    """Half an ellipse from before the box to where the paths meet."""
    start, end = box.left - 9, _meeting(box)
    top = box.height / 2 + (LEAN[1] + ARC_RISE) * half
    steps = [2 * step / SAMPLES - 1 for step in range(SAMPLES + 1)]
    return [((start + end) / 2 + (end - start) / 2 * t, top * (1 - abs(t) ** 2.6) ** (1 / 2.6)) for t in steps]


def _back_faces(box: Volume, middle: float, half: float) -> list[list[tuple[float, float]]]:
    left, right, top, bottom = box.left, box.left + box.width, middle + box.height / 2, middle - box.height / 2
    dx, dy = LEAN[0], LEAN[1] * half
    return [
        [(left, top), (left + dx, top + dy), (right + dx, top + dy), (right, top), (left, top)],
        [(right, top), (right + dx, top + dy), (right + dx, bottom + dy), (right, bottom), (right, top)],
    ]


def _hover(box: Volume, value: str, measure: str) -> str:
    times = f" and {box.repeats - 1} more" if box.repeats > 1 else ""
    around = f"<br>shortcut: {box.shortcut}" if box.shortcut else ""
    return f"<b>{box.label}</b> {box.name}{times}<br>{units.shape(box.shape)}<br>{value} {measure}{around}"
