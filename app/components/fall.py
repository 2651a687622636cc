"""A waterfall: where a number begins, what moves it, and where it ends."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from resnet_core.waterfall import Step, axis_note

from .cards import note


def waterfall(steps: Sequence[Step]) -> None:
    st.html(f'<ol class="rx-fall">{"".join(map(_bar, steps))}</ol>')
    if said := axis_note(steps):
        note(said)


def _bar(step: Step) -> str:
    kind, change = ("residual", f"<i>{escape(step.change)}</i>") if step.change else ("identity", "")
    bar = f'<span class="rx-bar rx-bar-{kind}" style="margin-left:{step.begin}%;width:{step.extent}%"></span>'
    return f"<li><span>{escape(step.words)}</span><div>{bar}</div><b>{change} {escape(step.shown)}</b></li>"
