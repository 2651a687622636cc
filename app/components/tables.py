"""Small tables as HTML."""

from html import escape
from typing import Literal

import streamlit as st

Align = Literal["", "n", "m"]


def table(head: list[tuple[str, Align]], body: list[list[str]], kind: str = "") -> None:
    """Cells are HTML: escape what comes from outside. The keyboard reaches the table, so that it can be scrolled.
    `kind` is a class for style sheets."""
    columns = "".join(
        f'<th class="{align}" scope="col">{escape(name)}</th>' if name else f'<td class="{align}"></td>'
        for name, align in head
    )
    named = escape(", ".join(name for name, _ in head if name))
    rows = "".join(
        "<tr>"
        + "".join(f'<td class="{align}">{cell}</td>' for cell, (_, align) in zip(row, head, strict=True))
        + "</tr>"
        for row in body
    )
    st.html(
        f'<div class="rx-scroll" tabindex="0" role="region" aria-label="Table: {named}">'
        f'<table class="{f"rx {kind}".rstrip()}"><thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
