"""The ledger: every published figure as a row, and the way to the one that is looked at."""

from html import escape

import streamlit as st

from resnet_core import units
from resnet_core.describe import listed
from resnet_core.solver import Solution
from resnet_core.verdict import Verdict
from resnet_core.verify import SHOWN_FIRST, kept

from .cards import mark, note, opening, tone
from .choosing import pick_of
from .controls import one_of
from .tables import table

FILTERS = ("all", "agree", "differ", "quoted")
MOST_FITS = 12
WIDTHS = {  # in pixels; left to Streamlit, the first rows alone decide
    "": 34,
    "network": 165,
    "quantity": 180,
    "printed": 120,
    "ours": 120,
    "verdict": 205,
    "source": 350,
    "reason": 600,
}


def ledger(verdicts: tuple[Verdict, ...]) -> None:
    """All figures, to be filtered and searched; a click on one shows its way."""
    left, right = st.columns([1.4, 1], vertical_alignment="bottom")
    search = left.text_input(
        "Search",
        key="search",
        bind="query-params",
        placeholder="a network, a quantity, a source, a protocol …",
        label_visibility="collapsed",
    )
    with right:
        verdict = one_of("Verdict", FILTERS, "verdict")
    shown = kept(verdicts, search, verdict)
    st.dataframe(
        {
            "": [mark_of(verdict) for verdict in shown],
            "network": [verdict.network for verdict in shown],
            "quantity": [verdict.words for verdict in shown],
            "printed": [verdict.figure.shown for verdict in shown],
            "ours": [verdict.shown for verdict in shown],
            "verdict": [verdict.conclusion for verdict in shown],
            "source": [verdict.source for verdict in shown],
            "reason": [verdict.reason or "" for verdict in shown],
        },
        key=f"ledger_{search}_{verdict}",  # a selection counts rows, so another table is another widget
        column_config={name: st.column_config.Column(width=width) for name, width in WIDTHS.items()},
        hide_index=True,
        on_select=lambda: _look(shown, f"ledger_{search}_{verdict}"),
        selection_mode=["single-row", "single-cell"],
        alt="Every published figure with our count and the verdict",
    )
    note(f"{units.exact(len(shown))} of {units.exact(len(verdicts))} figures. Choose a row to see the way to it.")


def _look(shown: tuple[Verdict, ...], widget: str) -> None:
    selection = st.session_state[widget].selection
    rows = [*selection.rows, *(row for row, _ in selection.cells)]
    if rows:
        st.session_state["figure"] = shown[rows[0]].label


def mark_of(verdict: Verdict) -> str:
    return {True: "✓", False: "✗", None: "“”"}[verdict.agrees]


def choose_figure(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The figure that is looked at, which is in the link."""
    by_label = {verdict.label: verdict for verdict in verdicts}
    usual = next(verdict.label for verdict in verdicts if verdict.figure.key == SHOWN_FIRST)
    return by_label[pick_of("Figure", list(by_label), usual, "figure", hidden=True)]


def show_solution(found: Solution) -> None:
    """Which ways of counting give the figure, or the row: the shortest, and what all have in common."""
    note(found.sentence)
    fits = found.shortest[:MOST_FITS]
    if fits:
        table(
            [("shortest ways to count it", ""), *((str(target.spec), "n") for target in found.targets)],
            [[escape(fit.sentence), *(units.count(number) for number in fit.numbers)] for fit in fits],
        )
        if len(found.shortest) > MOST_FITS:
            note(f"and {units.exact(len(found.shortest[MOST_FITS:]))} more as short")
    for cut, words in found.shared.items():
        if words:
            st.html(opening(f"every fit that is {escape(cut)}", f"Has in common: {listed(words)}."))


def show_sentence(verdict: Verdict) -> None:
    unconfirmed = "" if verdict.figure.confirmed else mark("entered from memory, not yet read in the source", "differs")
    st.html(
        f'<p class="rx-sentence">{mark(verdict.conclusion, tone(verdict.agrees))} {unconfirmed} '
        f"{escape(verdict.sentence)}</p>"
    )
