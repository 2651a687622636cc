"""What a link asks for and cannot be had: told above the page in a sentence each, until something else is chosen."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st
from streamlit.runtime.state import get_session_state

from .components.cards import refuse
from .picker import LABELS

MOST_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Missed:
    """A sentence, and what came in place of what the link asks for: it is told again while that stays."""

    sentence: str
    came: str
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What was missed on a page in the run before, and in this one, by parameter; which parameters were looked at."""

    page: str
    before: dict[str, Missed]
    missed: dict[str, Missed] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)


@contextmanager
def followed(page: str) -> Iterator[None]:
    """What is inside draws a page, whose controls take from the link what they can; what they cannot take is told."""
    above = st.container()
    last: Run | None = st.session_state.get("followed")
    run = Run(page, last.missed if last and last.page == page else {})
    st.session_state["followed"] = run
    with get_session_state().query_params() as link:
        asked = {name: link.get_all(name) for name in link if not link.is_bound(name)}
    try:
        yield
    finally:  # a page that is run again at once ends by an exception
        for name in [name for name in {**run.before, **asked} if name not in run.read]:
            _of_control(name, [value for value in asked.get(name, ()) if value])
        with above:
            for missed in run.missed.values():
                refuse(missed.sentence)


def got(name: str, asked: str, came: str, sentence: str = "") -> None:
    """Of a parameter without a control: what the link asks for, "" for nothing, and what came."""
    run: Run = st.session_state["followed"]
    run.read.add(name)
    told, link = run.before.get(name), tuple(st.query_params.get_all(name))
    if asked not in ("", came):
        run.missed[name] = Missed(sentence or _sentence(name, asked, came), came, link)
    elif told and not asked and told.came == came:
        run.missed[name] = replace(told, asked=link)


def own(name: str) -> None:
    """A parameter is this page's, though a choice of the network is called so too: where no control has it, that is
    no fault of the link."""
    run: Run = st.session_state["followed"]
    run.read.add(name)


def take_out(name: str) -> None:
    """The link says it no more. Streamlit's own way refuses that where a control had it in an earlier run."""
    with get_session_state().query_params() as link:
        link.remove_param(name)


def still_true() -> None:
    """Of a part that runs alone, which draws no sentence: where something else is chosen than was told, the whole page
    runs again."""
    run: Run | None = st.session_state.get("followed")
    if run and any(_is_over(name, missed) for name, missed in run.missed.items()):
        st.rerun()


def _is_over(name: str, missed: Missed) -> bool:
    if not _has_control(name):
        return tuple(st.query_params.get_all(name)) not in ((), missed.asked)
    return name in st.session_state and ", ".join(_texts(st.session_state[name])) != missed.came


def _sentence(name: str, asked: str, came: str) -> str:
    short = asked if len(asked) <= MOST_LETTERS else f"{asked[:MOST_LETTERS]}…"
    instead = f"{name}={came}" if came else "the usual"
    return f"The link asked for {name}={short}, which cannot be had here: {instead} came instead."


def _of_control(name: str, asked: list[str]) -> None:
    """The same of a parameter that a control has. What the control cannot show Streamlit passes over."""
    run: Run = st.session_state["followed"]
    has_control = _has_control(name)
    if has_control and name not in st.session_state:  # forgotten, and the page has ended before it was drawn again
        run.missed.update({name: told} if (told := run.before.get(name)) else {})
    elif has_control:
        value = st.session_state[name]
        got(name, "" if _says(asked, value) else ", ".join(asked), ", ".join(_texts(value)))
    elif asked and name in LABELS:
        got(name, asked[-1], "", _beside(name, asked[-1]))


def _has_control(name: str) -> bool:
    with get_session_state().query_params() as link:
        return link.is_bound(name)


def _says(asked: list[str], value: Any) -> bool:
    """Whether a link says this value of a control, whose options are the words that a link says; or nothing."""
    if not asked:
        return True
    if isinstance(value, list):
        return asked == _texts(value)
    if isinstance(value, bool):
        return [asked[-1].lower()] == _texts(value)
    if isinstance(value, int | float):
        try:
            return float(asked[-1]) == value
        except ValueError:
            return False
    return asked[-1] == value


def _texts(value: Any) -> list[str]:
    several = value if isinstance(value, list) else [] if value is None else [value]
    return [
        f"{one:g}" if isinstance(one, float) else json.dumps(one) if isinstance(one, bool) else str(one)
        for one in several
    ]


def _beside(name: str, asked: str) -> str:
    """Of a choice of the network that stands beside the network's text, where nothing reads it."""
    net = f"net={st.session_state['spec']},{name}={asked[:MOST_LETTERS]}"
    return f"The link asked for {name} beside the network, which knows it only within its own text: {net}."
