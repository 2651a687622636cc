"""Run: what does it see in my picture?"""

import streamlit as st

from app import cached, picker
from app.components.cards import heading, note, refuse
from app.components.controls import one_of
from app.components.picture import pick_picture, show_picture
from app.components.prediction import place_in_queue, show_brief, show_card, show_prediction
from app.components.sight import LOOKS, WIDTHS, glance
from app.components.weights_offer import offer
from resnet_core.cards import WeightsError
from resnet_core.describe import title
from resnet_core.refusal import Refusal
from resnet_core.weights import nearest_card, require_card

spec = chosen = st.session_state["spec"]
why_not = ""
try:
    card = require_card(chosen)
except WeightsError as refused:
    card, why_not = nearest_card(chosen), str(refused)
    spec = card.spec if card else chosen

heading("What does it see in your picture?", f"{title(spec)} answers" if card else "no network has been trained yet")
with st.container():  # there with and without the offer, so that the rest keeps its place
    if card and why_not:
        with st.container(border=True, key="card_no_weights", horizontal=True, vertical_alignment="center"):
            st.text(f"{why_not} Until then {spec} answers below.")
            st.button(f"Take {spec}", on_click=picker.show, args=(spec,), type="primary")
    if why_not:
        offer(chosen)

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
                glance(given.data, spec)
except Refusal as refused:
    with beside:
        refuse(str(refused))
