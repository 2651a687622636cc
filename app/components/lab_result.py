"""One experiment: its question, a guess before the answer, the finished result, and what was published."""

from html import escape

import streamlit as st

from app import theme
from resnet_core.experiments.answers import NOT_YET
from resnet_core.experiments.lab import Lab, Result, Settings, named
from resnet_core.experiments.recorded import finished
from resnet_core.experiments.told import as_csv, cells, told

from .cards import heading, mark, note
from .controls import one_of
from .lab_chart import lab_chart
from .lab_wall import verdict
from .tables import table

NO_GUESS = "just show me"
NUMERIC = "−–<>0123456789"


def guessed(lab: Lab) -> bool:
    """The question with guesses to choose from, until one is chosen; whether one is. It stands in the link."""
    options = [*lab.guesses, NO_GUESS]
    if st.session_state.get("guess") not in options:
        st.session_state.pop("guess", None)
    above = st.container()
    guess = st.pills("Your guess", options, key="guess", bind="query-params", label_visibility="collapsed")
    with above:
        heading(lab.question, "guess first" if guess is None else "", 2)
    if guess is None:
        note("Choose what you expect, and the result appears.")
        return False
    if guess != NO_GUESS:
        right = guess == lab.guesses[lab.right]
        words = "so it is" if right else f"it is not so: {lab.guesses[lab.right]}"
        st.html(mark(words, "agrees" if right else "differs"))
    return True


def show_finished(lab: Lab) -> None:
    """The recorded result, with what was published beside it."""
    result = finished(lab)
    left, right = st.columns((5, 3), gap="large")
    with left:
        show_result(lab, result, "recorded")
    with right:
        st.html(
            '<div class="rx-lab">'
            f"<h3>The claim</h3><p>{escape(lab.claim)} {verdict(lab.answer(result))}</p>"
            f"<h3>What the paper found</h3><p>{escape(told(lab.paper))}</p><footer>{escape(lab.source)}</footer>"
            f"<h3>What this does not show</h3><p>{escape(told(lab.limits))}</p></div>"
        )
        repeat(lab, result.settings)


def repeat(lab: Lab, settings: Settings, link: str = "") -> None:
    """How a result with these settings is had again: what to type, the same in Python, and the page's own link."""
    note("The same again:")
    words = {"Command line": (lab.command(settings), "bash"), "Python": (lab.lines(settings), "python")}
    words |= {"Link": (link, None)} if link else {}
    for tab, (text, language) in zip(st.tabs([*words]), words.values(), strict=True):
        tab.code(text, language=language, wrap_lines=True)


def show_result(lab: Lab, result: Result, key: str) -> None:
    """What it says, the figure, the table, and the rows to take along."""
    answer = lab.answer(result)
    if answer != NOT_YET or not result.rows:  # a figure that has begun speaks for itself
        st.html(f'<p class="rx-found">{escape(answer.words)}</p>')
    if not result.rows:
        return
    options = {named(columns): columns for columns in lab.chart.y if _has(lab, result, columns)}
    widget = "measure" if key == "recorded" else f"measure_{key}"
    if st.session_state.get(widget, next(iter(options))) not in (None, *options):  # that of another experiment
        st.session_state.pop(widget, None)
    measure = options[one_of("Measure", options, widget)] if len(options) > 1 else next(iter(options.values()))
    lab_chart(lab, result, measure, theme.colours(), f"figure_{key}")
    head, *rows = cells(lab, result)
    with st.expander("The same as a table"):
        aligned = [(name, "n" if _is_number(rows, place) else "") for place, name in enumerate(head)]
        table(aligned, [[escape(cell) for cell in row] for row in rows])
        st.download_button(
            "Download CSV", as_csv(lab, result), f"{lab.name}.csv", "text/csv", on_click="ignore", key=f"csv_{key}"
        )


def _has(lab: Lab, result: Result, columns: tuple[str, ...]) -> bool:
    return any(row[lab.place(column)] is not None for column in columns for row in result.rows)


def _is_number(rows: list[tuple[str, ...]], place: int) -> bool:
    return all(row[place][:1] in NUMERIC for row in rows)
