"""Torchinfo's opinion of the layer table, found in the background and shown when it is there."""

from html import escape

import streamlit as st

from app import cached
from app.fragments import fragment
from resnet_core import ArchSpec

from .cards import mark, note

POLL_SECONDS = 1.0
MOST_ROWS = 5_000
"""Torchinfo takes about a millisecond a row, and every page waits for the same interpreter."""
WAITED_FOR = "crosscheck_waited_for"


def crosscheck(spec: ArchSpec) -> None:
    """A mark that says how many rows agree, and what was compared; while torchinfo is at work, that it is."""
    if len(cached.analyse(spec).rows) > MOST_ROWS:
        note(f"torchinfo is not asked about more than {MOST_ROWS:,} rows: it would keep everyone waiting.")
    elif check := cached.crosschecks().answer(spec):
        st.session_state.pop(WAITED_FOR, None)
        verdict = mark(check.sentence, "differs" if check.differences else "agrees")
        st.html(f'<p class="rx-note">{verdict} {escape(check.scope)}</p>')
    else:
        _waiting(spec)


@fragment("crosscheck", run_every=POLL_SECONDS)
def _waiting(spec: ArchSpec) -> None:
    """Asks torchinfo from its second run on, when the page has been painted: Python runs one thread at a time."""
    if st.session_state.get(WAITED_FOR) == spec:
        cached.crosschecks().ask(spec)
        if cached.crosschecks().answer(spec):
            st.rerun()  # the whole page, once, so that the polling ends
    st.session_state[WAITED_FOR] = spec
    st.html(mark("torchinfo is counting the same network …", "quiet"))
