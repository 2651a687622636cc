"""A lesson's place in the address: learn?lesson=shortcuts&step=3-told&wall=1. A change is one step of the history."""

from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from app import links
from resnet_core.lesson_walk import Place, place
from resnet_core.lessons import Shelf

_TOLD = "lesson_told"


def current(shelf: Shelf) -> Place | None:
    """Where the address leads; None where it names no lesson that there is."""
    asked = st.query_params.get("lesson", "")
    lesson = shelf.lesson(asked)
    links.got(
        "lesson", asked, lesson.name if lesson else "", f"There is no lesson called {asked[:60]}: pick one below."
    )
    if lesson is None:
        return None
    step, wall = (st.query_params.get(name, "") for name in ("step", "wall"))
    at = place(lesson, step)
    links.got("step", step, at.text)
    links.got("wall", wall, "1" if on_wall() else "0")
    return at


def go(to: Place | None, wall: bool | None = None) -> None:
    """Turn to a place; nowhere, at an end of the lesson. And onto the wall or off it, where `wall` says so.

    All at once, for each change of the address is remembered, and only what changes: from what the browser says, and
    from what it was told last, which may have been on its way to it when it said so.
    """
    if to is None:
        return
    now = {"wall": "0", **st.query_params.to_dict()}
    goal = {"lesson": to.lesson.name, "step": to.text}
    if wall is not None:
        goal["wall"] = "1" if wall else "0"
    told = {**goal, **st.session_state.get(_TOLD, {})}
    if said := {name: value for name, value in goal.items() if value != now.get(name) or value != told[name]}:
        st.query_params.update(said)
        st.session_state[_TOLD] = told | goal


def on_wall() -> bool:
    return st.query_params.get("wall") == "1"


def address(at: Place) -> str:
    """The address that brings a telephone to the same view, which is not to fill its own wall."""
    scheme, host, path, _, _ = urlsplit(str(st.context.url or ""))
    return urlunsplit((scheme, host, path, urlencode({"lesson": at.lesson.name, "step": at.text}), ""))
