"""Torchinfo's opinion of the layer table, found in the background and shown when it is there."""

import streamlit as st

from app import cached
from resnet_core import ArchSpec

from .cards import mark

POLL_SECONDS = 0.5


def crosscheck(spec: ArchSpec) -> None:
    """A mark that says how many rows agree; while torchinfo is at work, that it is."""
    if cached.crosscheck(spec).done():
        _answer(spec)
    else:
        _waiting(spec)


@st.fragment(run_every=POLL_SECONDS)
def _waiting(spec: ArchSpec) -> None:
    if cached.crosscheck(spec).done():
        st.rerun()  # the whole page, once, so that the polling ends
    st.html(mark("torchinfo is counting the same network …", "quiet"))


def _answer(spec: ArchSpec) -> None:
    check = cached.crosscheck(spec).result()
    st.html(mark(check.sentence, "differs" if check.differences else "agrees"))
