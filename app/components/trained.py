"""A network that can answer: the one in the sidebar, or the nearest that somebody trained."""

import streamlit as st

from app import picker
from resnet_core.cards import Card, WeightsError
from resnet_core.published_weights import offer_for
from resnet_core.spec import ArchSpec
from resnet_core.weights import NoWeightsError, nearest_card, require_card

from . import weights_offer


def trained(chosen: ArchSpec) -> tuple[ArchSpec, Card | None, str]:
    """The network that answers, its weights' card, and why another than the chosen one does."""
    try:
        return chosen, require_card(chosen), ""
    except NoWeightsError as refused:
        if refused.nearest is None:
            return chosen, None, str(refused)
        # how to get some from the command line is of no use to who sits before a page
        return refused.nearest.spec, refused.nearest, f"There are no weights for {chosen} here."
    except WeightsError as refused:
        card = nearest_card(chosen)
        return card.spec if card else chosen, card, str(refused)


def offer(chosen: ArchSpec, card: Card | None, why_not: str) -> None:
    """Say why the chosen network does not answer, offer the one of the card, which does, and what could be fetched."""
    if card is None and offer_for(chosen) is None:
        return
    with st.container(border=True, key="card_no_weights"):
        if card:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(f"{why_not} Until then {card.spec} answers below.")
                st.button(f"Take {card.spec}", on_click=picker.show, args=(card.spec,), type="primary")
        weights_offer.offer(chosen)
