"""The colours of the configured themes, and which of the two the viewer saw when the script began."""

from dataclasses import dataclass, fields
from functools import cache

import streamlit as st

from resnet_core.block_figure import Ink


@dataclass(frozen=True, slots=True)
class Colours:
    """CSS colours of the light or the dark theme; written once, in .streamlit/config.toml."""

    identity: str
    residual: str
    residual_text: str
    agrees: str
    differs: str
    text: str
    muted: str
    line: str
    card: str
    page: str


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def colours(dark: bool | None = None) -> Colours:
    """Of the viewer's theme, unless one is named."""
    return _configured("dark" if (is_dark() if dark is None else dark) else "light")


@cache  # nobody configures another theme while the server runs, and each run of a page asks for a dozen colours
def _configured(mode: str) -> Colours:
    def option(name: str) -> str:
        return str(st.get_option(f"theme.{mode}.{name}"))

    return Colours(
        identity=option("blueColor"),
        residual=option("orangeColor"),
        residual_text=option("orangeTextColor"),
        agrees=option("greenColor"),
        differs=option("redColor"),
        text=option("textColor"),
        muted=option("grayColor"),
        line=option("borderColor"),
        card=option("secondaryBackgroundColor"),
        page=option("backgroundColor"),
    )


def either_way() -> dict[str, str]:
    """Every colour as CSS that the browser resolves, so that a page in which the theme changes stays legible."""
    light, dark = colours(dark=False), colours(dark=True)
    return {
        field.name: f"light-dark({getattr(light, field.name)}, {getattr(dark, field.name)})" for field in fields(light)
    }


def figure_ink() -> Ink:
    """The colours that a block figure of the core takes."""
    now = colours()
    return Ink(**{name: getattr(now, name) for name in Ink._fields})
