"""Which two networks are compared: pairs to click, and the other one as text, which stands in the link."""

from html import escape

import streamlit as st
from streamlit.runtime.state import get_session_state

from app import picker
from resnet_core import ArchSpec, SpecError, parse
from resnet_core.compare import read_other
from resnet_core.describe import title
from resnet_core.partners import PAIRS, pair_of, partner

from .cards import refuse

OTHER = "with"
_TURNED = "turned"


def pick_other(one: ArchSpec) -> ArchSpec:
    """Draw the pairs, both networks and what turns them round, and return the network beside `one`.

    Beside a text that names none stands the usual partner, and the sentence that refuses the text says so.
    """
    pairs = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="both_networks"):
        st.html(f'<p class="rx-one"><span>From, as in the sidebar</span><b>{escape(str(one))}</b></p>')
        turn = st.container(width="content")
        text = st.text_input(
            "To",
            key=OTHER,
            placeholder=str(partner(one)),
            bind="query-params",
            help="A name and what you change, such as resnet-34,shortcut=A, or changes alone, such as shortcut=A.",
        )
    other, refusal = _understood(text, one)
    turn.button("⇄ Swap", on_click=_turn_round, args=(one, other), key="swap")
    with pairs:
        _pairs(one, other)
    if refusal:
        refuse(refusal)
    if said := st.session_state.pop(_TURNED, None):
        st.toast(said)
    return other


def take(one: ArchSpec, other: ArchSpec, said: str = "") -> None:
    """Turn the page to two networks, and say that the sidebar turned as well where it did."""
    before = st.session_state["net"]
    picker.show(one)
    st.session_state[OTHER] = str(other)
    if str(one) != before:
        _announced_together(OTHER, str(other))
        st.session_state[_TURNED] = f"{said}The sidebar now shows {one}. The browser's Back undoes it."


def _announced_together(parameter: str, value: str) -> None:
    """Let the link's next change say this one too: each change alone would be a step of the browser's history, and
    between them lies a pair that nobody has chosen."""
    with get_session_state().query_params() as known:
        known.set_with_no_forward_msg(parameter, value)


def _turn_round(one: ArchSpec, other: ArchSpec) -> None:
    take(other, one, "Turned round. ")


def _understood(text: str, one: ArchSpec) -> tuple[ArchSpec, str | None]:
    """The network of the text; or the usual partner, and why it is not the text's."""
    usual = partner(one)
    try:
        return (read_other(text, one) if text.strip() else usual), None
    except SpecError as error:
        return usual, f"{error} Until then it is held against {title(usual)}."


def _pairs(one: ArchSpec, other: ArchSpec) -> None:
    known = pair_of(one, other)
    st.session_state["pair"] = known.label if known else None
    st.pills("Pairs", list(_PAIRS), key="pair", on_change=_take_pair, label_visibility="collapsed")


def _take_pair() -> None:
    label = st.session_state.get("pair")
    if label in _PAIRS:
        take(parse(_PAIRS[label].one), parse(_PAIRS[label].other))


_PAIRS = {pair.label: pair for pair in PAIRS}
