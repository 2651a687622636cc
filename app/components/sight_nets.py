"""Several networks on the same picture, side by side."""

from html import escape

import streamlit as st

from app import cached
from resnet_core import ArchSpec, Refusal
from resnet_core.describe import title
from resnet_core.weights import cards

from .cards import note
from .prediction import brief

MOST = 4


def side_by_side(data: bytes, spec: ArchSpec) -> None:
    """The five likeliest classes of each of some networks that have weights."""
    known = {str(card.spec): card for card in cards()}
    usual = list(dict.fromkeys([name for name in (str(spec),) if name in known] + list(known)))[:MOST]
    kept = [name for name in st.session_state.get("nets") or [] if name in known]
    if kept != (st.session_state.get("nets") or []):
        st.session_state["nets"] = kept
    names = st.multiselect("Networks", list(known), default=usual, key="nets", bind="query-params", max_selections=MOST)
    columns = [_column(data, known[name].spec) for name in names]
    st.html(f'<div class="rx-nets">{"".join(columns)}</div>')
    if len(known) == 1:
        note("There are weights for one network only: choose another at the side, and fetch what is published of it.")


def _column(data: bytes, spec: ArchSpec) -> str:
    try:
        prediction = cached.seen(data, spec)
    except Refusal as refused:
        return f"<div><h3>{escape(title(spec))}</h3><p class='rx-refusal'>{escape(str(refused))}</p></div>"
    return f"<div><h3>{escape(title(spec))}</h3>{brief(prediction)}</div>"
