"""The wall of experiments: its name, which the buttons above have, question, a tiny picture of the result, claim and
verdict, on one card each."""

from base64 import b64encode
from html import escape

import streamlit as st

from app import theme
from resnet_core.experiments.lab import Answer, Lab, Result
from resnet_core.experiments.recorded import finished
from resnet_core.experiments.table import LABS
from resnet_core.experiments.tiny import tiny

from .cards import mark, tone
from .lab_chart import palette


def wall() -> None:
    """Every experiment; a card's button opens it."""
    with st.grid(columns="auto", min_column_width=300, key="wall"):
        for lab in LABS:
            with st.container(
                border=True, key=f"card_lab_{lab.name}", height="stretch", vertical_alignment="distribute"
            ):
                result = finished(lab)
                st.html(
                    f'<div class="rx-lab"><small>{lab.name}</small><h2>{escape(lab.question)}</h2>{_tiny(lab, result)}'
                    f"<p>{escape(lab.claim)}</p>{verdict(lab.answer(result))}</div>"
                )
                st.button("Open", key=f"open_{lab.name}", on_click=_open, args=(lab,), help=lab.question)


def verdict(answer: Answer) -> str:
    """Whether the claim holds here, as a mark."""
    return mark(answer.verdict, tone(answer.holds))


def _open(lab: Lab) -> None:
    st.session_state["lab"] = lab.name
    st.session_state.pop("guess", None)


def _tiny(lab: Lab, result: Result) -> str:
    """The first measure as a picture without axes."""
    measure = lab.chart.y[0]
    names = lab.names(result, measure)
    svg = tiny(lab, result, dict(zip(names, palette(names, theme.colours()), strict=True)))
    address = f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"  # st.html passes no SVG
    return f'<img src="{address}" alt="{escape(" and ".join(measure))} over {escape(lab.chart.x)}">'
