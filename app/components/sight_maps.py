"""The feature maps of a tensor: all channels as one picture, one of them large over the photograph, a cell of it."""

import streamlit as st

from app import cached
from resnet_core import ArchSpec, units
from resnet_core.sight.maps import SCALES, Grid, as_maps, grid, strongest
from resnet_core.sight.overlay import overlay, png, shown_size
from resnet_core.sight.receptive import receptive_field
from resnet_core.sight.scale import css
from resnet_core.tensors import Tensor, residual_blocks, tensors

from .cards import note
from .choosing import pick_number, pick_of
from .clickable import Box, clickable_picture
from .controls import one_of


def usual_tensor(spec: ArchSpec) -> str:
    """What is looked at first: what the first block puts out, or else the first map that is not below zero."""
    blocks = residual_blocks(spec)
    known = tensors(spec)
    return blocks[0] if blocks else next(name for name, found in known.items() if found.words in ("ReLU", "tanh"))


def activation_grid(data: bytes, spec: ArchSpec) -> None:
    """Choose a tensor, a channel of it by a click, and a cell of that one by another."""
    known = tensors(spec)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        name = pick_of("Tensor", list(known), usual_tensor(spec), "tensor")
    with right:
        scale = one_of("Brightness", SCALES, "brightness")
    prediction = cached.seen(data, spec, taps=(name,))
    values = prediction.answer.taps[name]
    drawn = grid(values, "common" if scale == "common" else "per channel")
    many, one = st.columns([1.25, 1])
    with one:
        chosen = pick_number("Channel", len(as_maps(values)), "channel", "the most energetic")
        channel = strongest(values)[0] if chosen is None else chosen
        _cell(prediction.pixels, as_maps(values)[channel], spec, known[name], channel)
    with many:
        _channels(drawn, known[name], channel, common=scale == "common")


def _channels(drawn: Grid, tensor: Tensor, channel: int, common: bool) -> None:
    def chosen(x: float, y: float) -> None:
        if (found := drawn.channel_at(x, y)) is not None:
            st.session_state["channel"] = found

    box = drawn.box(channel)
    clickable_picture(
        drawn.png(),
        drawn.size,
        f"The channels of {tensor.title}.",
        "channels",
        chosen,
        step=drawn.step,
        boxes=[Box(*box)] if box else [],
    )
    legend(drawn.signed, drawn.most if common else None)
    note(f"{tensor.label}. {drawn.sentence}")


def _cell(pixels, values, spec: ArchSpec, tensor: Tensor, channel: int) -> None:  # type: ignore[no-untyped-def]
    """One channel over the picture, and what one of its cells sees."""
    (height, width), (cells_down, cells_across) = shown_size(pixels), values.shape
    down, across = height / cells_down, width / cells_across

    def chosen(x: float, y: float) -> None:
        st.session_state["row"], st.session_state["column"] = int(y / down), int(x / across)

    brightest, furthest = divmod(int(abs(values).argmax()), cells_across)
    with st.container(horizontal=True):
        row = pick_number("Row", cells_down, "row", str(brightest))
        column = pick_number("Column", cells_across, "column", str(furthest))
    row, column = brightest if row is None else row, furthest if column is None else column
    field = receptive_field(spec, tensor.name, row, column)
    left, top, wide, high = field.box
    scale_down, scale_across = height / pixels.shape[0], width / pixels.shape[1]
    clickable_picture(
        png(overlay(pixels, values)),
        (height, width),
        f"Channel {channel} of {tensor.title} over the picture.",
        "cells",
        chosen,
        step=(down, across),
        boxes=[
            Box(left * scale_across, top * scale_down, wide * scale_across, high * scale_down, "field"),
            Box(column * across, row * down, across, down),
        ],
    )
    where = f"The cell in row {row}, column {column}" if tensor.is_map else f"Feature {channel}"
    note(f"Channel {channel} of {tensor.title}. {where} (orange) is {units.measured(float(values[row, column]))}.")
    note(f"It sees (blue) {field.sentence}")


def legend(signed: bool, most: float | None) -> None:
    """The scale, from the least to the most; None: of every channel its own."""
    end = "each channel's own most" if most is None else units.measured(most)
    least = f"−{end}" if signed and most is not None else "its negative" if signed else "0"
    st.html(
        f'<div class="rx-scale"><span>{least}</span><i style="background:{css(signed)}"></i><span>{end}</span></div>'
    )
