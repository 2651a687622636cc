"""A drawing of the core in which what belongs together lights up together, and says what it is."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__)
HTML = """
<div class="scroll"><div class="drawing" role="group"></div></div><p class="said" role="status"></p>
"""
_drawing = st.components.v2.component(
    "linked_drawing",
    html=HTML,
    css=HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def linked_drawing(svg: str, label: str, resting: str, key: str) -> None:
    """An SVG whose pieces name what they belong to (`data-of`) and what they are (`data-at`); `label` is heard, and
    `resting` is said while nothing is pointed at."""
    _drawing(key=key, data={"svg": svg, "label": label, "resting": resting})
