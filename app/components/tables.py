"""Small tables as HTML."""

from html import escape
from typing import Literal

import streamlit as st

Align = Literal["", "n", "m"]


def table(head: list[tuple[str, Align]], body: list[list[str]]) -> None:
    """Cells are HTML: escape what comes from outside."""
    columns = "".join(f'<th class="{align}">{escape(name)}</th>' for name, align in head)
    rows = "".join(
        "<tr>"
        + "".join(f'<td class="{align}">{cell}</td>' for cell, (_, align) in zip(row, head, strict=True))
        + "</tr>"
        for row in body
    )
    st.html(
        f'<div class="rx-scroll"><table class="rx"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
