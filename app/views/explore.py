"""Explore: what does it look like, what does each layer cost?"""

import streamlit as st

from app import cached, theme
from app.components.cards import cards, heading, note
from app.components.controls import one_of
from app.components.depth import depth
from app.components.graph import graph
from app.components.inspector import inspector
from app.components.layers import layer_by_layer
from app.components.network import MEASURES, network
from app.components.tables import block_table
from resnet_core.block_choices import block_choices, usual_block
from resnet_core.block_costs import block_costs, block_sentence
from resnet_core.block_figure import block_figure
from resnet_core.describe import subtitle, title
from resnet_core.summary import explanation

spec = st.session_state["spec"]
analysis = cached.analyse(spec)
ink = theme.colours()

heading(title(spec), subtitle(spec))
cards(cached.summary(spec))
note(explanation(cached.summary(spec)))

with st.container(border=True, key="card_network"):
    with st.container(horizontal=True, vertical_alignment="center"):
        heading("The network", "height √map size, width √channels; like blocks folded", 2)
        measure = one_of("Colour by", MEASURES, "colour", "multiply-adds")
    network(analysis, measure, ink)

usual = usual_block(analysis).name
choices = {choice.name: choice for choice in block_choices(analysis)}
shown = st.session_state.get("unit")
if shown not in choices or shown == st.session_state.get("unit_before"):  # of another net, or nobody's choice
    st.session_state.pop("unit", None)
st.session_state["unit_before"] = usual
left, right = st.columns([1.6, 1])
with left, st.container(border=True, key="card_block_figure", height="stretch"):
    name = st.selectbox(
        "Block",
        list(choices),
        index=list(choices).index(usual),
        format_func=lambda name: choices[name].label,
        key="unit",
        bind="query-params",
        label_visibility="collapsed",
    )
    graph(block_figure(analysis, choices[name], theme.figure_ink()))
with right, st.container(border=True, key="card_block_costs", height="stretch"):
    heading(choices[name].title, block_sentence(analysis, choices[name]), 2)
    block_table(block_costs(analysis, choices[name]))

inspector(spec, analysis, st.query_params.get("op"))

with st.container(border=True, key="card_layers"):
    layers, along = st.tabs(["Layer by layer", "Along the depth"], key="view", on_change="rerun", bind="query-params")
    if layers.open:
        with layers:
            layer_by_layer(spec, analysis)
    if along.open:
        with along:
            note("Every weighted layer, first to last: the shape of its output, its multiply-adds, its parameters.")
            depth(analysis, ink)
