"""Explore: what does it look like, what does each layer cost?"""

import streamlit as st

from app import cached, links, theme
from app.components.cards import cards, heading, note
from app.components.crosscheck import crosscheck
from app.components.depth import depth
from app.components.inspector import inspector
from app.components.network_map import COLOURS, USUAL, look, network_map
from app.components.take_away import take_away
from app.fragments import fragment
from resnet_core.describe import subtitle, title
from resnet_core.map_document import lacking
from resnet_core.summary import explanation

spec = st.session_state["spec"]
analysis = cached.analyse(spec)
asked = st.query_params.get("op", "")
said = lacking(analysis, asked)
links.got("op", asked, str(spec) if said else asked or str(spec), said)  # the map takes it out of the link
colour = st.query_params.get("colour", "")
links.got("colour", colour, colour if colour in COLOURS else USUAL)


def fix(op: str) -> None:
    """Put an op into the link, or take it out."""
    if op:
        st.query_params["op"] = op
    else:
        st.query_params.pop("op", None)


@fragment("op")
def looked_at() -> None:
    """What follows a fixed op, without the rest of the page."""
    op = st.query_params.get("op")
    look(spec, op, st.query_params.get("colour"), fix)
    inspector(spec, analysis, op)


with st.container(horizontal=True, vertical_alignment="bottom", key="title_line"):
    heading(title(spec), subtitle(spec))
    take_away(spec)
cards(cached.summary(spec))
note(explanation(cached.summary(spec)))
network_map(spec)
looked_at()
with st.container(border=True, key="card_layers"):
    crosscheck(spec)
    along = st.expander("Along the depth", key="along", on_change="rerun", bind="query-params")
    if along.open:
        with along:
            note("Every weighted layer, first to last: the shape of its output, its multiply-adds, its parameters.")
            depth(analysis, theme.colours())
