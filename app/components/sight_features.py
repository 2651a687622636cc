"""A network as a feature extractor: its levels as a detector takes them, where anchors stand, files, a program."""

import streamlit as st

from app import cached
from resnet_core import ArchSpec, units
from resnet_core.sight.anchors import anchor_picture
from resnet_core.sight.extraction import WRITERS
from resnet_core.sight.overlay import png
from resnet_core.sight.pyramid import ANCHOR_RATIOS, PYRAMID_CHANNELS, Level, pyramid
from resnet_core.sight.snippet import snippet

from .cards import note
from .choosing import pick_of
from .picture import figure
from .tables import table


def extractor(data: bytes, spec: ArchSpec) -> None:
    """Every level of the network, for this picture."""
    levels = {level.name: level for level in pyramid(spec)}
    names = tuple(level.tensor for level in levels.values())
    prediction = cached.seen(data, spec, taps=names)
    _levels(tuple(levels.values()))
    found = {level.name: prediction.answer.taps[level.tensor] for level in levels.values()}
    with st.container(horizontal=True):
        for ending, write in WRITERS.items():
            st.download_button(
                f"All levels as {ending}",
                lambda write=write: write(found),
                f"{spec}-features{ending}",
                key=f"features_{ending}",
                on_click="ignore",
            )
    left, right = st.columns([1, 1.2])
    with left:
        usual = list(levels)[-1]
        level = levels[pick_of("Anchors of", list(levels), usual, "level")]
        said = (
            f"{units.exact(level.anchors)} anchors: {' · '.join(ANCHOR_RATIOS)} of {level.anchor}² pixels at each of "
            f"{level.shape[1]}×{level.shape[2]} cells; drawn are those of the middle one"
        )
        st.html(figure(png(anchor_picture(prediction.pixels, level)), said))
    with right:
        note("The same with nothing but torch, for the weights' own file or any state_dict of this network:")
        st.code(snippet(spec), language="python", height=420)
        note(f"In Python: extract(picture, {list(levels)}, spec=parse({str(spec)!r}))")


def _levels(levels: tuple[Level, ...]) -> None:
    table(
        [("level", ""), ("tensor", ""), ("stride", "n"), ("shape", "n"), ("sees", "n"), ("lateral", "n"), ("P", "n")],
        [
            [
                f"<b>{level.name}</b>",
                level.tensor,
                str(level.stride),
                units.shape(level.shape),
                units.pixels(level.receptive_field),
                f"1×1, {level.channels} → {PYRAMID_CHANNELS}",
                f"{level.pyramid}: {units.shape(level.lateral)}",
            ]
            for level in levels
        ],
    )
    note(
        "C of level l has stride 2^l; lateral: the 1×1 convolution that a feature pyramid puts beside it "
        "(Lin 2017, section 3); anchors of 8 strides (section 4.1)."
    )
