"""Logo, icon and style sheet."""

from pathlib import Path

import streamlit as st

from .theme import colours, either_way

ASSETS = Path(__file__).parents[1] / "assets"
ICON = str(ASSETS / "icon.svg")
_LOGO = (ASSETS / "logo.svg").read_text(encoding="utf-8")
_STYLE = Path(__file__).with_name("style.css")


def draw() -> None:
    """Put the logo, in the theme's ink, and the style sheet for either theme on the page."""
    ink = colours()
    logo = _LOGO.replace("INK", ink.text).replace("IDENTITY", ink.identity).replace("RESIDUAL", ink.residual)
    st.logo(logo, size="large")
    variables = "".join(f"--rx-{name.replace('_', '-')}: {colour};" for name, colour in either_way().items())
    st.html(f"<style>:root {{{variables}}}\n{_STYLE.read_text(encoding='utf-8')}</style>")
