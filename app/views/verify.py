"""Verify: does the paper's table hold?"""

import streamlit as st

from app import cached
from app.components.cards import heading, note
from app.components.verdicts import figures_table, network_verdicts, paper_table, tally
from resnet_core.describe import title
from resnet_core.verify import table_one_note

spec = st.session_state["spec"]
verdicts = cached.all_verdicts()

heading("Does the paper's table hold?", tally(verdicts))

with st.container(border=True, key="card_table_one"):
    heading("He 2015, Table 1, cell by cell", "what is printed, and what our rows of data give", 2)
    paper_table(cached.table_one())
    note(table_one_note())

with st.container(border=True, key="card_network_verdicts"):
    heading(f"What was published of {title(spec)}", "the network in the sidebar", 2)
    network_verdicts(cached.claims(spec))

with st.container(border=True, key="card_figures"):
    heading("All figures", "every number quoted here, with its source", 2)
    figures_table(verdicts)
