"""A run of a page's script: named, timed, counted and logged. A fragment that runs alone is none."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from resnet_core import request_id

from . import metrics
from .page_turns import page_turns
from .request_ids import HEADER

_log = logging.getLogger(__name__)


@contextmanager
def page_run(page: str) -> Iterator[None]:
    """What is inside is one run of a page. Its id is that of the visitor's connection, and the number of the run."""
    state = st.session_state
    connection = state.setdefault("request_id", request_id.accepted(st.context.headers.get(HEADER)))
    state["runs"] = state.get("runs", 0) + 1
    begun = time.perf_counter()
    with request_id.under(request_id.part(connection, state["runs"])):
        try:
            with page_turns.turn():
                yield
        finally:  # a page that is left, or turns to another network, ends by an exception too
            seconds = time.perf_counter() - begun
            metrics.PAGES.labels(page).observe(seconds)
            _log.info("a page was shown", extra={"fields": {"page": page, "milliseconds": round(seconds * 1e3, 1)}})
