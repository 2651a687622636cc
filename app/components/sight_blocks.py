"""One residual block: what the residual path brings, what the shortcut brings, and what comes of both."""

from html import escape

import streamlit as st

from app import cached
from resnet_core import ArchSpec, units
from resnet_core.sight.blocks import BlockView, Part, block_taps, block_view, changed_by_output
from resnet_core.tensors import residual_blocks, tensor

from .cards import note, refuse
from .choosing import step_through
from .picture import figure
from .sight_maps import legend

NONE = "Nothing goes around the layers of this network: take a residual net to see what is added to what."


def middle_block(spec: ArchSpec) -> str:
    """The block that is shown first: the middle one."""
    blocks = residual_blocks(spec)
    return blocks[len(blocks) // 2]


def block_by_block(data: bytes, spec: ArchSpec) -> None:
    """Residual ⊕ shortcut = sum, block after block."""
    blocks = residual_blocks(spec)
    if not blocks:
        refuse(NONE)
        return
    name = step_through(blocks, middle_block(spec), "at")
    note(f"Block {blocks.index(name) + 1} of {len(blocks)}: {tensor(spec, name).title}.")
    prediction = cached.seen(data, spec, taps=block_taps(spec, name))
    view = block_view(spec, name, prediction.answer.taps)
    st.html(equation(view))
    after, words = st.columns([1, 2])
    if changed_by_output(view):
        after.html(f'<div class="rx-sum"><em>→</em>{_part(view.part("output"))}</div>')
    with words:
        legend(signed=True, most=view.parts[0].grid.most)
        shown = len(view.parts[0].grid.channels)
        alike = "The same channels in each" if view.join != "concat" else "The most energetic channels of each"
        note(f"{alike}: the {shown} with most energy. All on one scale, so that what is brighter adds more.")
        note(f"‖F(x)‖ / ‖x‖ = {view.ratio} in this block, for this picture.")


def equation(view: BlockView) -> str:
    """The block as a line of pictures, as HTML."""
    residual, shortcut, meeting, _ = (_part(part) for part in view.parts)
    line = (residual, f"<em>{view.sign}</em>", shortcut, "<em>=</em>", meeting)
    return f'<div class="rx-sum">{"".join(line)}</div>'


def _part(part: Part) -> str:
    said = f"{part.words} · {units.shape(part.shape)} · norm {units.measured(part.norm.norm)}"
    return f'<div class="rx-part rx-{escape(part.role)}">{figure(part.grid.png(), said)}</div>'
