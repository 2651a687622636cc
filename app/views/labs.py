"""Labs: why does it work?"""

import streamlit as st

from app import links
from app.components.cards import heading
from app.components.controls import one_of
from app.components.lab_blocks import delete_blocks
from app.components.lab_forms import form_slices
from app.components.lab_live import run_here
from app.components.lab_paths import unraveled
from app.components.lab_result import guessed, show_finished
from app.components.lab_wall import wall
from resnet_core.experiments.table import LABS, lab

heading("Why does it work?", "what the papers claim, measured here, on our nets and on your picture")
links.own("order")  # of the blocks that change places, not of a block's ops
ALL = "all"
name = one_of("Experiment", [ALL, *(one.name for one in LABS)], "lab")

if name == ALL:
    wall()
else:
    chosen = lab(name)
    with st.container(border=True, key="card_lab"):
        shown = guessed(chosen)
        if shown:
            show_finished(chosen)
    given = None
    if shown and name == "lesion":
        with st.container(border=True, key="card_blocks"):
            given = delete_blocks()
    if shown and name == "paths":
        with st.container(border=True, key="card_tree"):
            unraveled()
    if shown and name == "equivalences":
        with st.container(border=True, key="card_forms"):
            form_slices()
    if shown:
        with st.container(border=True, key="card_run"):
            run_here(chosen, given)
