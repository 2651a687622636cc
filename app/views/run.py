"""Run: what does it see in my picture?"""

import streamlit as st

from app import cached, picker
from app.components.cards import heading
from app.components.picture import pick_picture, show_picture, show_seen
from app.components.prediction import show_card, show_prediction
from resnet_core.describe import title
from resnet_core.refusal import Refusal
from resnet_core.weights import NoWeightsError, card_for, nearest_card

chosen = st.session_state["spec"]
card = card_for(chosen) or nearest_card(chosen)
spec = chosen if card_for(chosen) or card is None else card.spec

heading("What does it see in your picture?", f"{title(spec)} answers")
if spec != chosen:
    with st.container(border=True, key="card_no_weights", horizontal=True, vertical_alignment="center"):
        st.markdown(f"{NoWeightsError(chosen, card)} Until then it answers below.")
        st.button(f"Take {spec}", on_click=picker.show, args=(spec,), type="primary")

left, right = st.columns([1.15, 1])
frame = left.container(border=True, key="card_picture")
with frame:
    given = pick_picture()
with right, st.container(border=True, key="card_prediction"):
    if given is None:
        st.info("Choose a picture on the left.")
    else:
        try:
            with st.spinner("Loading the network …", show_time=True):
                picture, prediction = cached.look(given[0], spec)
        except Refusal as refused:
            st.error(str(refused))
        else:
            show_prediction(prediction)
            show_seen(prediction)
            show_card(prediction.card)
            with frame:
                show_picture(picture, given[1])
