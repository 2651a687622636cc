"""Compare: what changed between these two?"""

import streamlit as st

from app import cached, theme
from app.components.cards import heading, note
from app.components.comparison import by_op, by_stage, falls, sentences, totals_of_both
from app.components.iso_cost import iso_cost
from app.components.pairing import pick_other
from app.components.take_away import take_comparison_away
from app.components.tradeoffs import tradeoffs
from app.components.two_maps import two_maps
from resnet_core.partners import question

one = st.session_state["spec"]
top = st.container()
with st.container(border=True, key="card_pairing"):
    other = pick_other(one)
found = cached.compare(one, other)
with top, st.container(key="compared_title"):
    heading(question(one, other), found.answer)
with st.container(key="compared_away"):
    take_comparison_away(found)
changed, trades = st.tabs(["What changed", "Trade-offs"], key="compared", on_change="rerun", bind="query-params")
if changed.open:
    with changed:
        totals_of_both(found.totals)
        if found.same:
            note("A network differs from itself in nothing: change a choice in the sidebar, or take one of the pairs.")
        else:
            with st.container(border=True, key="card_changes"):
                heading("What was changed", "from " + " to ".join(found.names), 2)
                sentences(found)
                falls(found)
        with st.container(border=True, key="card_maps"):
            two_maps(found)
        with st.container(border=True, key="card_stages"):
            heading("Stage by stage", "stages that have the same part, beside each other", 2)
            by_stage(found)
        with st.container(border=True, key="card_ops"):
            heading("Op by op", "→ differs · − only in the first · + only in the second", 2)
            by_op(found)
if trades.open:
    with trades:
        with st.container(border=True, key="card_tradeoffs"):
            heading("Which network gives most for what it costs?", "every network as a point", 2)
            tradeoffs(one, other, theme.colours())
        with st.container(border=True, key="card_iso_cost"):
            heading("How wide may each of C paths be?", "ResNeXt: cardinality against width at one cost", 2)
            iso_cost(theme.colours())
