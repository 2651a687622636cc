"""What a window says of an experiment that was begun in it, and that its page does not know: lab_lost.js."""

from pathlib import Path
from typing import Literal

import streamlit as st

from resnet_core.experiments.lab import Lab

Known = Literal["at work", "over", "unknown"]
LOST = "An experiment was begun here, and what it found is not on this page any more."
AGAIN = " Run begins one with the settings above."

_lost = st.components.v2.component(
    "lab_lost",
    html='<p class="rx-note" role="status"></p>',
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def tell_if_lost(lab: Lab, known: Known, can_begin: bool) -> None:
    """Of the experiment of a lab: what the server knows, and whether there is all that it takes to begin another."""
    with st.container(key="lab_lost"):
        _lost(key=f"lost_{lab.name}", data={"lab": lab.name, "known": known, "sentence": LOST + AGAIN * can_begin})
