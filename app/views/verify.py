"""Verify: do the printed numbers hold?"""

import streamlit as st

from app import cached
from app.components.cards import heading, note
from app.components.fall import waterfall
from app.components.ledger import choose_figure, ledger, show_sentence, show_solution
from app.components.tools import tools
from app.components.verdicts import network_verdicts, paper_table
from app.components.which import which
from app.fragments import fragment
from resnet_core.describe import title
from resnet_core.verify import Verdict, tally
from resnet_core.way import can_be_tried, printed_rows

spec = st.session_state["spec"]
verdicts = cached.all_verdicts()

heading("Do the printed numbers hold?", tally(verdicts))

with st.container(border=True, key="card_table_one"):
    heading("He 2015, Table 1, cell by cell", "what is printed, and what our rows of data give", 2)
    paper_table(cached.table_one())
    note(cached.table_one_note())


@fragment("figures")
def figures(verdicts: tuple[Verdict, ...]) -> None:
    """The ledger, and the way to the figure that is chosen in it: neither changes the rest of the page."""
    with st.container(border=True, key="card_ledger"):
        heading("The ledger", "every number quoted here, with its source; errors with their protocol, never mixed", 2)
        ledger(verdicts)
    with st.container(border=True, key="card_way"):
        heading("The way to one figure", "from the network as libraries build it to the printed digits", 2)
        verdict = choose_figure(verdicts)
        show_sentence(verdict)
        if can_be_tried(verdict):
            waterfall(cached.way(verdict))
            show_solution(cached.solution((verdict,)))


@fragment("whole row")
def whole_row(verdicts: tuple[Verdict, ...]) -> None:
    with st.container(border=True, key="card_rows"):
        heading("One rule for a whole row?", "every convention and variant tried on figures printed side by side", 2)
        rows = printed_rows(verdicts)
        chosen = st.selectbox("Row", list(rows), key="row", bind="query-params", label_visibility="collapsed")
        show_solution(cached.solution(rows[chosen]))


@fragment("which network")
def yours() -> None:
    with st.container(border=True, key="card_which"):
        heading("Which network is yours?", "by its parameters, its multiply-adds, or its state_dict", 2)
        which()


figures(verdicts)
whole_row(verdicts)
yours()
left, right = st.columns(2)
with left, st.container(border=True, key="card_network_verdicts", height="stretch"):
    heading(f"What was published of {title(spec)}", "the network in the sidebar", 2)
    network_verdicts(cached.claims(spec))
with right, st.container(border=True, key="card_tools", height="stretch"):
    heading(f"What tools say of {title(spec)}", "each by its own convention, reproduced to the digit", 2)
    tools(cached.analyse(spec))
