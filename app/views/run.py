"""Run: what does it see in my picture?"""

import streamlit as st

from app import cached
from app.components import weights_offer
from app.components.cards import heading, note, refuse
from app.components.controls import one_of
from app.components.picture import pick_picture, show_picture
from app.components.prediction import place_in_queue, show_brief, show_card, show_prediction
from app.components.sight import LOOKS, WIDTHS, glance
from app.components.trained import offer, trained
from resnet_core.cards import WeightsError
from resnet_core.describe import title
from resnet_core.refusal import Refusal

chosen = st.session_state["spec"]
spec, card, why_not = trained(chosen)

heading("What does it see in your picture?", f"{title(spec)} answers" if card else "no network has been trained yet")
with st.container():  # there with and without the offer, so that the rest keeps its place
    if why_not:
        offer(chosen, card, why_not)

look = LOOKS[one_of("What to look at", LOOKS, "look")]
left, right = st.columns(WIDTHS[look is None])
frame = left.container(border=True, key="card_picture")
with frame:
    given = pick_picture()
beside = right.container(border=True, key="card_sight" if look else "card_prediction")
try:
    if given is None:
        with beside:
            note("Choose a picture, and the network answers here.")
    else:
        with beside, st.spinner("Loading the network …", show_time=True):
            picture, prediction = cached.look(given.data, spec, place_in_queue())
        with frame:
            show_picture(picture, given, prediction)
            if look:
                show_brief(prediction)
        with beside:
            if look:
                look(given.data, spec)
            else:
                show_prediction(prediction, given.sample)
                show_card(prediction.card)
        if not look:
            with st.container(border=True, key="card_glance"):
                glance(given.data, spec, prediction)
except Refusal as refused:
    with beside:
        refuse(str(refused))
        if card and isinstance(refused, WeightsError):
            weights_offer.offer_again(card)
