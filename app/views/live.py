"""Live: does it keep up with video, at 20 frames a second?"""

import streamlit as st

from app import cached
from app.components.cards import heading, note
from app.components.fps import fps_table
from app.components.live import live_video, pick_paint
from app.components.trained import offer, trained
from resnet_core.benchmark_fps import VIDEO
from resnet_core.describe import title
from resnet_core.painting import layers

chosen = st.session_state["spec"]
spec, card, why_not = trained(chosen)

heading(
    f"Does it keep up with video, at {int(VIDEO)} frames a second?",
    f"{title(spec)} answers" if card else "no network has been trained yet",
)
with st.container():  # there with and without the offer, so that the rest keeps its place
    if why_not:
        offer(chosen, card, why_not)

with st.container(border=True, key="card_live"):
    if card is None:
        note(why_not)
    else:
        paint, layer, channel = pick_paint(layers(cached.analyse(spec)))
        live_video(spec, card, paint, layer, channel)
        note(card.choice)

with st.container(border=True, key="card_fps"):
    heading(
        f"{int(VIDEO)} frames a second, on this machine", "each depth and size, decoding and preprocessing included", 2
    )
    fps_table(spec)
