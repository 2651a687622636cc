"""About this server: what does it run on, and what may be asked of it?"""

import streamlit as st

from app.components.about import show_limits, show_shares, show_state, show_versions, show_weights, state
from app.components.cards import heading
from resnet_core.about import own_version

now = state()

heading("About this server", f"ResNet Explorer {own_version()}")
show_state(now)
left, right = st.columns([3, 2])
with left, st.container(border=True, key="card_limits", height="stretch"):
    heading("What may be asked", "and what happens beyond it", 2)
    show_limits(now)
with right, st.container(border=True, key="card_versions", height="stretch"):
    heading("What it is made of", "the versions that run here", 2)
    show_versions()
with st.container(border=True, key="card_shares"):
    heading("How much a person may ask, and an address", "so many at once, and then so many a minute", 2)
    show_shares()
with st.container(border=True, key="card_weights"):
    heading("Who can answer", "the trained networks of this server", 2)
    show_weights()
