"""A picture of which a place can be chosen: by mouse and finger, and by arrow keys and Enter."""

from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal, NamedTuple

import streamlit as st

HERE = Path(__file__)
HTML = """
<div class="frame" tabindex="0" role="application"><img><svg aria-hidden="true"></svg></div>
"""
_picture = st.components.v2.component(
    "clickable_picture",
    html=HTML,
    css=HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


class Box(NamedTuple):
    """A frame drawn over the picture, in its pixels: what was chosen, or the field that it sees."""

    x: float
    y: float
    width: float
    height: float
    kind: Literal["chosen", "field"] = "chosen"


def clickable_picture(
    png: bytes,
    size: tuple[int, int],
    label: str,
    key: str,
    on_place: Callable[[float, float], None],
    *,
    step: tuple[float, float],
    boxes: Iterable[Box] = (),
) -> None:
    """`size` is height and width in pixels; `on_place` is told x and y of a click, before the page runs again.

    `step`: how far an arrow key goes, down and across. `label` is heard.
    """
    height, width = size

    def placed() -> None:
        place = st.session_state[key].place
        if place:
            x, y = place
            on_place(float(x), float(y))

    _picture(
        key=key,
        data={
            "source": f"data:image/png;base64,{b64encode(png).decode()}",
            "width": width,
            "height": height,
            "label": f"{label} Choose a place with the arrow keys and Enter, or by a click.",
            "step": [step[1], step[0]],
            "boxes": [box._asdict() for box in boxes],
        },
        on_place_change=placed,
    )
