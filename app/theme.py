"""The colours of the configured theme, as the viewer sees it now."""

from dataclasses import dataclass

import streamlit as st

from resnet_core.block_figure import Ink


@dataclass(frozen=True, slots=True)
class Colours:
    """CSS colours of the light or the dark theme; written once, in .streamlit/config.toml."""

    identity: str
    residual: str
    agrees: str
    differs: str
    text: str
    muted: str
    line: str
    card: str
    page: str


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def colours() -> Colours:
    mode = "dark" if is_dark() else "light"

    def option(name: str) -> str:
        return str(st.get_option(f"theme.{mode}.{name}"))

    return Colours(
        identity=option("blueColor"),
        residual=option("orangeColor"),
        agrees=option("greenColor"),
        differs=option("redColor"),
        text=option("textColor"),
        muted=option("grayColor"),
        line=option("borderColor"),
        card=option("secondaryBackgroundColor"),
        page=option("backgroundColor"),
    )


def figure_ink() -> Ink:
    """The colours that a block figure of the core takes."""
    now = colours()
    return Ink(**{name: getattr(now, name) for name in Ink._fields})
