"""Logo, icon and style sheet."""

from pathlib import Path
from threading import Event

import streamlit as st

from .theme import colours, either_way

ASSETS = Path(__file__).parents[1] / "assets"
ICON = str(ASSETS / "icon.svg")
_LOGO = (ASSETS / "logo.svg").read_text(encoding="utf-8")
_STYLE = Path(__file__).with_name("style.css")
_in_the_page = Event()


def draw() -> None:
    """Put the logo, in the theme's ink, on the page, and the style sheet where the server has not."""
    ink = colours()
    logo = _LOGO.replace("INK", ink.text).replace("IDENTITY", ink.identity).replace("RESIDUAL", ink.residual)
    st.logo(logo, size="large")
    if not _in_the_page.is_set():
        st.html(_style())


def in_the_page() -> str:
    """The style sheet for the page itself, after which `draw` draws none."""
    _in_the_page.set()
    return _style()


def _style() -> str:
    """For either theme, as HTML."""
    variables = "".join(f"--rx-{name.replace('_', '-')}: {colour};" for name, colour in either_way().items())
    return f"<style>:root {{{variables}}}\n{_STYLE.read_text(encoding='utf-8')}</style>"
