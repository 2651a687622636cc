"""Which two networks are compared: pairs to click, and the other one as text, which stands in the link."""

import streamlit as st

from app import picker
from resnet_core import ArchSpec, SpecError, parse
from resnet_core.compare import read_other
from resnet_core.describe import title
from resnet_core.partners import PAIRS, pair_of, partner

from .cards import refuse

OTHER = "with"


def pick_other(one: ArchSpec) -> ArchSpec:
    """Draw the pairs and the field, and return the network beside `one`. A text that names none leaves the last one."""
    pairs = st.container()
    field, turn = st.columns([5, 1], vertical_alignment="bottom")
    text = field.text_input(
        f"{title(one)} against",
        key=OTHER,
        placeholder=str(partner(one)),
        bind="query-params",
        help="A name and what you change, such as resnet-34,shortcut=A, or changes alone, such as shortcut=A. "
        "The first network is that of the sidebar.",
    )
    other, refusal = _understood(text, one)
    turn.button("⇄ Swap", on_click=take, args=(str(other), str(one)), width="stretch", key="swap")
    with pairs:
        _pairs(one, other)
    if refusal:
        refuse(refusal)
    return other


def take(one: str, other: str) -> None:
    """Turn the page to two networks."""
    picker.show(parse(one))
    st.session_state[OTHER] = other


def _understood(text: str, one: ArchSpec) -> tuple[ArchSpec, str | None]:
    """The network of the text, or the last good one and the sentence that refuses the text."""
    try:
        other = read_other(text, one) if text.strip() else partner(one)
    except SpecError as error:
        last = st.session_state.get("last_good_other")
        return (parse(last) if last else partner(one)), str(error)
    st.session_state["last_good_other"] = str(other)
    return other, None


def _pairs(one: ArchSpec, other: ArchSpec) -> None:
    known = pair_of(one, other)
    st.session_state["pair"] = known.label if known else None
    st.pills("Pairs", list(_PAIRS), key="pair", on_change=_take_pair, label_visibility="collapsed")


def _take_pair() -> None:
    label = st.session_state.get("pair")
    if label in _PAIRS:
        take(_PAIRS[label].one, _PAIRS[label].other)


_PAIRS = {pair.label: pair for pair in PAIRS}
