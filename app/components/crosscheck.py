"""Torchinfo's opinion of the layer table, found in the background and shown when it is there."""

import streamlit as st

from app import cached
from resnet_core import ArchSpec

from .cards import mark

POLL_SECONDS = 1.0
WAITED_FOR = "crosscheck_waited_for"


def crosscheck(spec: ArchSpec) -> None:
    """A mark that says how many rows agree; while torchinfo is at work, that it is."""
    if st.session_state.get(WAITED_FOR) == spec and cached.crosscheck(spec).done():
        check = cached.crosscheck(spec).result()
        st.html(mark(check.sentence, "differs" if check.differences else "agrees"))
    else:
        st.session_state.pop(WAITED_FOR, None)
        _waiting(spec)


@st.fragment(run_every=POLL_SECONDS)
def _waiting(spec: ArchSpec) -> None:
    """Starts torchinfo on its second run, when the page has been painted: Python runs one thread at a time."""
    if st.session_state.get(WAITED_FOR) != spec:
        st.session_state[WAITED_FOR] = spec
    elif cached.crosscheck(spec).done():
        st.rerun()  # the whole page, once, so that the polling ends
    st.html(mark("torchinfo is counting the same network …", "quiet"))
