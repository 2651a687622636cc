"""What a network sees in a picture: the ways to look at it, and at a glance some of each."""

from collections.abc import Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from app import cached
from app.fragments import fragment
from resnet_core import ArchSpec, Refusal
from resnet_core.sight.blocks import block_taps, block_view
from resnet_core.sight.cam import stage_ends
from resnet_core.sight.maps import grid
from resnet_core.tensors import residual_blocks, tensors

from .cards import heading, refuse
from .picture import figure
from .sight_blocks import block_by_block, equation, middle_block
from .sight_cams import cam_figure, cam_strip
from .sight_depth import norms_chart
from .sight_features import extractor
from .sight_maps import activation_grid, usual_tensor
from .sight_nets import side_by_side
from .sight_number import one_number

if TYPE_CHECKING:
    from resnet_core.prediction import Prediction

Look = Callable[[bytes, ArchSpec], None]


def _by_itself(name: str, draw: Look) -> Look:
    """Its controls run nothing else again, and what is refused then is told in its place."""

    @fragment(name)
    @wraps(draw)
    def drawn(data: bytes, spec: ArchSpec) -> None:
        try:
            draw(data, spec)
        except Refusal as refused:
            refuse(str(refused))

    return drawn


LOOKS: Mapping[str, Look | None] = MappingProxyType(
    {
        "Answer": None,
        **{
            name: _by_itself(name, draw)
            for name, draw in {
                "Feature maps": activation_grid,
                "Residual + shortcut": block_by_block,
                "One number": one_number,
                "Along the depth": norms_chart,
                "Grad-CAM": cam_strip,
                "For a detector": extractor,
                "Several nets": side_by_side,
            }.items()
        },
    }
)
"""What can be looked at, each a function of a picture's bytes and a network; the answer is there at once."""
WIDTHS: Mapping[bool, tuple[float, float]] = MappingProxyType({True: (1.15, 1.0), False: (1.0, 3.2)})
"""Of the picture and what stands beside it: with the answer, and with something else."""
FEW = 16


def glance(data: bytes, spec: ArchSpec, answered: "Prediction") -> None:
    """A little of everything, in one request: Grad-CAM of the answer at the last stage, a tensor's maps, a block."""
    end, tensor = stage_ends(spec)[-1], usual_tensor(spec)
    block = middle_block(spec) if residual_blocks(spec) else None
    taps = (tensor, *(block_taps(spec, block) if block else ()))
    known = tensors(spec)
    likeliest = int(answered.answer.logits.argmax())
    prediction = cached.seen(data, spec, taps=tuple(dict.fromkeys(taps)), cams=(end.output,), target=likeliest)
    where, maps, paths = st.columns([1.15, 1.15, 2.7] if block else [1, 1, 0.01])
    with where:
        _lead(f"Why “{answered.top[0].label}”?", "Grad-CAM")
        st.html(cam_figure(prediction, end.output, end.words))
    with maps:
        _lead(known[tensor].where, "Feature maps")
        drawn = grid(prediction.answer.taps[tensor], most_channels=FEW, side=480)
        st.html(figure(drawn.png(), f"{tensor}: {drawn.sentence}"))
    if block:
        with paths:
            _lead(f"What {known[block].where} adds", "Residual + shortcut")
            st.html(equation(block_view(spec, block, prediction.answer.taps)))


def _lead(words: str, look: str) -> None:
    """A heading, and a button that leads to the rest."""

    def go() -> None:
        st.session_state["look"] = look

    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        heading(words, "", 2)
        st.button(f"{look} →", key=f"to_{look}", type="tertiary", on_click=go)
