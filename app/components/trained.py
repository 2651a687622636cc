"""A network that can answer: the one in the sidebar, or the nearest that somebody trained."""

import streamlit as st

from app import picker
from resnet_core.cards import Card, WeightsError
from resnet_core.spec import ArchSpec
from resnet_core.weights import nearest_card, require_card


def trained(chosen: ArchSpec) -> tuple[ArchSpec, Card | None, str]:
    """The network that answers, its weights' card, and why another than the chosen one does."""
    try:
        return chosen, require_card(chosen), ""
    except WeightsError as refused:
        card = nearest_card(chosen)
        return card.spec if card else chosen, card, str(refused)


def offer(spec: ArchSpec, why_not: str) -> None:
    """Say why the chosen network does not answer, and offer the one that does."""
    with st.container(border=True, key="card_no_weights", horizontal=True, vertical_alignment="center"):
        st.text(f"{why_not} Until then {spec} answers below.")
        st.button(f"Take {spec}", on_click=picker.show, args=(spec,), type="primary")
