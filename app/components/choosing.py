"""Choices whose options depend on the network: one of another network's is forgotten, rather than shown or obeyed."""

import math
from collections.abc import Sequence
from typing import Literal

import streamlit as st

from app import links


def pick_of(label: str, options: Sequence[str], usual: str, key: str, hidden: bool = False) -> str:
    """A list of which one is chosen, which stands in the link; `usual` until then. `hidden`: the label is heard.

    Without words beside the names: what is shown in the list is what a link says.
    """
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)
    chosen: str = st.selectbox(
        label,
        options,
        index=options.index(usual),
        key=key,
        bind="query-params",
        label_visibility="collapsed" if hidden else "visible",
    )
    return chosen


def pick_number(label: str, below: int, key: str, usual: str) -> int | None:
    """A number from 0 up to one less than `below`, which stands in the link; None, which `usual` names, until then."""
    if not (isinstance(now := st.session_state.get(key), int) and 0 <= now < below):
        st.session_state.pop(key, None)
    return st.number_input(label, 0, below - 1, value=None, step=1, key=key, bind=in_link(key), placeholder=usual)


def in_link(key: str, usual: str = "") -> Literal["query-params"] | None:
    """How a whole number stands in the link: not at all in a run whose link asks for one without end, such as 1e999,
    at which Streamlit would fail: that is told, and that `usual` came instead."""
    asked = st.query_params.get(key, "")
    try:
        if math.isfinite(float(asked)):
            return "query-params"
    except ValueError:  # no number: Streamlit passes it over
        return "query-params"
    links.got(key, asked, usual)
    links.take_out(key)
    return None


def step_through(options: Sequence[str], usual: str, key: str) -> str:
    """A list with a button on either side that leads to the one before and the one behind."""
    now = st.session_state.get(key)
    place = options.index(now if now in options else usual)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _leads("←", "The block before", options, place - 1, key)
        chosen = pick_of("Block", options, usual, key, hidden=True)
        _leads("→", "The next block", options, place + 1, key)
    return chosen


def _leads(sign: str, words: str, options: Sequence[str], place: int, key: str) -> None:
    inside = 0 <= place < len(options)

    def go() -> None:
        st.session_state[key] = options[place]

    st.button(sign, key=f"{key}_{sign}", help=words, on_click=go if inside else None, disabled=not inside)
