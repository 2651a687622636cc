"""One number of a feature map: what it is the sum of, and what becomes of the sum."""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from resnet_core import ArchSpec, units
from resnet_core.sight.course import convolutions, course, usual_layer
from resnet_core.sight.maps import strongest
from resnet_core.sight.waterfall import Bar, waterfall
from resnet_core.tensors import tensors

from .cards import heading, note
from .choosing import pick_number, pick_of
from .sight_maps import pick_cell

if TYPE_CHECKING:
    from resnet_core.sight.scale import Values
    from resnet_core.sight.trace import Share, Trace

HEAT = 55
"""Percent of the colour that the largest number of a grid has."""


def one_number(data: bytes, spec: ArchSpec) -> None:
    """Choose a convolution, a channel of it, and by a click a cell: its products, their sum, and the way of the sum."""
    known = tensors(spec)
    left, right = st.columns([1.6, 1], vertical_alignment="bottom")
    with left:
        way = course(spec, pick_of("Layer", convolutions(spec), usual_layer(spec), "layer"))
    prediction = cached.seen(data, spec, taps=way.taps)
    channels = known[way.name].shape[0]
    values = prediction.answer.taps[way.tensor][way.offset :][:channels]
    with right:
        chosen = pick_number("Channel", channels, "channel", "the most energetic")
    channel = strongest(values)[0] if chosen is None else chosen
    one, followed = st.columns([1, 1.5])
    with one:
        cell = pick_cell(prediction.pixels, values[channel], spec, known[way.tensor], way.offset + channel)
    found = cached.trace(data, spec, way, (channel, *cell))
    with followed, st.container(key="number_way"):
        _way(found)
    _products(found)


def _way(found: "Trace") -> None:
    """The steps in a line, and as a waterfall."""
    st.html(f'<p class="rx-way">{escape(found.sentence)}</p>')
    bars, zero = waterfall(found)
    st.html(f'<ol class="rx-fall" style="--zero: {zero}%">{"".join(map(_bar, bars))}</ol>')
    for written in found.notes:
        note(written)
    note(
        f"In the end {units.measured(found.value)}; the engine's own {found.course.tensor} has "
        f"{units.measured(found.engine)} there."
    )


def _bar(bar: Bar) -> str:
    kind = {"shortcut": "identity", "residual": "residual"}.get(bar.role, "plain")
    drawn = f'<span class="rx-bar rx-bar-{kind}" style="margin-left:{bar.begin}%;width:{bar.extent}%"></span>'
    words = f"{escape(bar.words)} <small>{bar.change}</small>"
    return f"<li><span>{words}</span><div>{drawn}</div><b>{bar.value}</b></li>"


def _products(found: "Trace") -> None:
    """Inputs, weights and products of the channels that bring most."""
    shown, kernel = found.shown, found.course.op.kernel
    few = len(shown) < len(found.shares)
    which = f"the {len(shown)} that bring most of {units.exact(len(found.shares))}" if few else "all of them"
    heading(f"Input · weights = products, {kernel}×{kernel}", f"input channels: {which}; dashed: padding", 2)
    ends = [max(float(abs(of(share)).max()) for share in shown) for of in (_inputs, _weights, _made)]
    st.html(f'<div class="rx-products">{"".join(_product(share, found.inside, ends) for share in shown)}</div>')


def _inputs(share: "Share") -> "Values":
    return share.inputs


def _weights(share: "Share") -> "Values":
    return share.weights


def _made(share: "Share") -> "Values":
    return share.products


def _product(share: "Share", inside: "Values", ends: list[float]) -> str:
    inputs, weights, products = (
        _grid(of(share), inside, end, f"{words} of channel {share.channel}")
        for of, end, words in zip(
            (_inputs, _weights, _made), ends, ("input values", "weights", "products"), strict=True
        )
    )
    total = units.measured(share.sum)
    return (
        f'<div class="rx-product"><b>channel {share.channel}<small>Σ = {total}</small></b>'
        f"{inputs}<span>· {weights}</span><span>= {products}</span></div>"
    )


def _grid(values: "Values", inside: "Values", end: float, label: str) -> str:
    """Numbers in their places, the further from zero the more of their colour; those of the padding apart."""
    rows = "".join(
        "<tr>" + "".join(_number(float(value), bool(there), end) for value, there in zip(*row, strict=True)) + "</tr>"
        for row in zip(values, inside, strict=True)
    )
    return f'<table class="rx-grid" aria-label="{escape(label)}">{rows}</table>'


def _number(value: float, inside: bool, end: float) -> str:
    kind = "rx-outside" if not inside else "rx-below" if value < 0 else ""
    heat = round(HEAT * abs(value) / end) if end else 0
    return f'<td class="{kind}" style="--heat: {heat}%">{units.beside(value, end)}</td>'
