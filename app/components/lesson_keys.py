"""The keyboard of a lesson: lesson_keys.js presses the buttons of the page."""

from pathlib import Path

import streamlit as st

_keys = st.components.v2.component(
    "lesson_keys",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)
SAID = "→ and ← walk · F fills the wall, Esc leaves it · Q shows the QR code"


def lesson_keys(wall: bool, at: str) -> None:
    """Listen for the keys of a lesson, and fit what stands at a place of it to the wall."""
    with st.container(key="lesson_keys"):
        _keys(key="lesson_keyboard", data={"wall": wall, "at": at})
