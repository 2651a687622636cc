"""What can be fetched for a network whose weights are not here, and how far that is."""

from uuid import uuid4

import streamlit as st

from app import cached
from app.fragments import fragment
from resnet_core import ArchSpec, units
from resnet_core.cards import Card
from resnet_core.published_weights import Offer, PublishedWeights, offer_for, published_as
from resnet_core.refusal import Refusal
from resnet_core.weights import card_for

from .cards import note, refuse

POLL_SECONDS = 0.5
VISITOR = "weights_visitor"


def offer(spec: ArchSpec) -> None:
    """Offer to fetch a network's weights, or those of the network whose tensors fit it, with the reason.

    Nothing is said of a network that has weights here, or of which none are published.
    """
    found = offer_for(spec)
    if found and not card_for(spec):
        _offer(spec, found)


def offer_again(card: Card) -> None:
    """Offer to fetch the published file that a card is of in place of the one that cannot be used."""
    if weights := published_as(card):
        with st.container(border=True, key="card_weights_again"):
            _offer(card.spec, Offer((weights,)))


def _offer(spec: ArchSpec, found: Offer) -> None:
    if found.why:
        note(f"torchvision publishes weights of {found.spec}. {found.why}")
        if card_for(found.spec):
            _cost(spec, found.spec)
            return
    visitor = st.session_state.setdefault(VISITOR, uuid4().hex)
    for weights in found.weights:
        if (state := cached.fetches().state(weights)) and state.running:
            _progress(weights)
        elif state and state.refusal:
            refuse(state.refusal)
    with st.container(horizontal=True):
        for weights in found.weights:
            if not cached.fetches().wants(weights, visitor) or not _running(weights):
                st.button(
                    _label(weights, several=len(found.weights) > 1),
                    key=f"fetch_{weights.name}",
                    on_click=cached.fetches().want,
                    args=(weights, visitor),
                )


def _label(weights: PublishedWeights, several: bool) -> str:
    which = f"{weights.label}, right on {weights.top1} %," if several else f"weights right on {weights.top1} %,"
    return f"Fetch {which} {units.memory(weights.size)}"


def _running(weights: PublishedWeights) -> bool:
    state = cached.fetches().state(weights)
    return state is not None and state.running


@fragment("fetching", run_every=POLL_SECONDS)
def _progress(weights: PublishedWeights) -> None:
    """How far it is, until it is over."""
    state = cached.fetches().state(weights)
    if state is None or not state.running:
        st.rerun()  # the whole page, once: it has weights now, or a reason why not
    visitor = st.session_state[VISITOR]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(state.progress.share, text=f"{weights.file}: {state.progress.words}")
        if cached.fetches().wants(weights, visitor) and st.button("Stop", key=f"stop_{weights.name}"):
            cached.fetches().leave(weights, visitor)
            st.rerun()


def _cost(spec: ArchSpec, trained: ArchSpec) -> None:
    """What the same tensors are worth in the network that was asked for, for who wants to wait for it."""
    if not st.toggle(f"Try them in {spec} all the same", key="transplant", bind="query-params"):
        return
    try:
        with st.spinner(f"Showing the sample pictures to {spec} and to {trained} …", show_time=True):
            note(cached.transplant(spec, trained).sentence)
    except Refusal as refused:
        refuse(str(refused))
