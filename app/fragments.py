"""Parts of pages that run alone, as `st.fragment` has them; each such run is counted as those of whole pages are.

What is told of the link above the page a part does not draw: where it makes that untrue the whole page runs.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from . import links
from .page_runs import part_run

P = ParamSpec("P")


def fragment(part: str, run_every: float | None = None) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A part of a page, under which name it is counted and logged; it runs again every so many seconds where any are
    given."""

    def alone(draw: Callable[P, None]) -> Callable[P, None]:
        @st.fragment(run_every=run_every)
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
            with part_run(part, polls=run_every is not None):
                draw(*args, **kwargs)
                links.still_true()

        return drawn

    return alone
