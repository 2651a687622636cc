"""The keyboard of a lesson: lesson_keys.js says which keys were pressed, and the lesson goes there."""

from pathlib import Path
from typing import Any

import streamlit as st

from resnet_core.lesson_walk import Place, place, walked

from .lesson_link import go, on_wall

_keys = st.components.v2.component(
    "lesson_keys",
    html="<span hidden></span>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)
SAID = "→ and ← walk · F fills the wall, Esc leaves it · Q shows the QR code"
_ANSWERED = "lesson_keys_answered"


def lesson_keys(at: Place) -> None:
    """Listen for the keys of a lesson, and fit what stands at a place of it to the wall."""

    def pressed() -> None:
        _take(at, st.session_state["lesson_keyboard"].pressed)

    with st.container(key="lesson_keys"):
        data = {"wall": on_wall(), "at": at.text, "answered": st.session_state.get(_ANSWERED, 0)}
        _keys(key="lesson_keyboard", data=data, on_pressed_change=pressed)


def _take(at: Place, message: Any) -> None:
    """Go where keys lead from the place at which the first of them was pressed."""
    try:  # it comes from a browser
        number, wall = int(message["number"]), bool(message["wall"])
        keys = list(map(str, message["keys"]))
        begin = place(at.lesson, str(message["from"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return
    st.session_state[_ANSWERED] = number
    for key in keys:
        wall = not wall if key == "wall" else wall and key != "leave"
    go(walked(begin, keys), wall)
