"""A run of a page's script, or of a part of one that runs alone: named, timed, counted and logged, in its turn."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st

from resnet_core import request_id

from . import metrics
from .page_turns import page_turns
from .request_ids import HEADER

WHOLE = ""
"""What the metrics call the part that is the whole page."""
_log = logging.getLogger(__name__)
_is_within: ContextVar[bool] = ContextVar("is_within_a_run", default=False)


@contextmanager
def page_run(page: str) -> Iterator[None]:
    """What is inside is one run of a page. Its id is that of the visitor's connection, and the number of the run."""
    st.session_state["page"] = page
    with _run(WHOLE, polls=False):
        yield


@contextmanager
def part_run(part: str, polls: bool = False) -> Iterator[None]:
    """What is inside is a part of a page. In its page's run nothing is added; alone it is a run too. `polls`: it runs
    from time to time, and nobody asked for that."""
    if _is_within.get():
        yield
        return
    with _run(part, polls):
        yield


@contextmanager
def _run(part: str, polls: bool) -> Iterator[None]:
    state = st.session_state
    connection = state.setdefault("request_id", request_id.accepted(st.context.headers.get(HEADER)))
    number = state["runs"] = state.get("runs", 0) + 1
    page = state.get("page", "")  # now: where the visitor has left, a look into the state raises
    begun = time.perf_counter()
    with request_id.under(request_id.part(connection, number)):
        before = _is_within.set(True)
        try:
            with page_turns.turn(asked=not polls):
                yield
        finally:  # a page that is left, or turns to another network, ends by an exception too
            _is_within.reset(before)
            _told(page, part, time.perf_counter() - begun, polls)


def _told(page: str, part: str, seconds: float, polls: bool) -> None:
    if not polls:  # nobody asked for one that comes by itself, again and again
        metrics.PAGES.labels(page, part).observe(seconds)
    fields = {"page": page, **({"part": part} if part else {}), "milliseconds": round(seconds * 1e3, 1)}
    level = logging.DEBUG if polls else logging.INFO
    _log.log(level, "a part was shown" if part else "a page was shown", extra={"fields": fields})
