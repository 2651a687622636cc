"""A view whose server was stopped comes back by itself, on the same one or on another that serves the same pages.

Streamlit's frontend connects again, and brings along what every control says and the link. It asks for a run with
them, though, only where something on the page runs on its own from time to time; else the page stands there as before,
but the new server does not know it, and the next click is lost.
"""

from .fragments import fragment

SELDOM = 3600.0
"""Seconds between runs that nobody needs."""


@fragment("return", run_every=SELDOM)
def whatever_happens() -> None:
    """Draws nothing; that it is there is enough."""
