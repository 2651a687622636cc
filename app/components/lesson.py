"""A lesson on the page, one step a screen, and the list of all lessons."""

from html import escape
from pathlib import Path
from urllib.parse import quote

import streamlit as st

from resnet_core.lesson import Step
from resnet_core.lesson_views import View
from resnet_core.lesson_walk import Place
from resnet_core.lessons import HOW, Shelf

from .cards import heading, link, note, refuse
from .figures import beside, draw
from .lesson_exercise import exercise, plain, prediction
from .lesson_keys import SAID, lesson_keys
from .lesson_link import go, on_wall
from .lesson_qr import qr_button

_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_WALL = Path(__file__).with_name("lesson_wall.css").read_text(encoding="utf-8")
WALL = 1.6
"""How much larger things are on a wall; lesson_wall.css says so too."""


def lesson_list(shelf: Shelf) -> None:
    """Every lesson with its question and minutes; what is wrong with those that cannot be read."""
    st.html(f"<style>{_STYLE}</style>")
    with st.grid(min_column_width=270, gap="small"):
        for lesson in shelf.lessons:
            st.button(
                f"**{plain(lesson.title)}** {plain(lesson.question)} *{lesson.minutes} minutes*",
                key=f"lesson_open_{lesson.name}",
                width="stretch",
                wrap=True,
                on_click=go,
                args=(Place(lesson),),
            )
    for fault in shelf.faults:
        refuse(fault)
    note(HOW)


def lesson_page(at: Place) -> None:
    """The step of a lesson: what it says, what it asks, what it shows."""
    wall = on_wall()
    st.html(f"<style>{_STYLE}{_WALL if wall else ''}</style>")
    _bar(at, wall)
    with st.container(key="lesson_step"):
        heading(at.step.title, "")
        view = at.step.told if at.told and at.step.told else at.step.view
        _body(at, view)
        _foot(at.step, view)
    lesson_keys(at)


def _bar(at: Place, wall: bool) -> None:
    """Where one is, and buttons that do what the keys do."""
    lesson = at.lesson
    with st.container(key="lesson_bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<div class="rx-progress"><a href="{_all_lessons()}" target="_self">Lessons</a>'
            f'<b>{escape(lesson.title)}</b><span>{at.progress}</span><i aria-hidden="true">{_dots(at)}</i></div>'
        )
        with st.container(key="lesson_buttons", horizontal=True, horizontal_alignment="right", gap="small"):
            qr_button(at)
            st.button(
                "Leave the wall" if wall else "Wall",
                key="lesson_wall",
                type="tertiary",
                icon=":material/fullscreen_exit:" if wall else ":material/fullscreen:",
                help=SAID,
                on_click=go,
                args=(at, not wall),
            )
            st.button("Back", key="lesson_back", disabled=at.back is None, on_click=go, args=(at.back,))
            st.button(
                "Reveal" if at.asks else "Next",
                key="lesson_forward",
                type="primary",
                disabled=at.forward is None,
                on_click=go,
                args=(at.forward,),
            )


def _all_lessons() -> str:
    """Where all lessons are listed, with the picker as it is."""
    return f"./learn?net={quote(str(st.session_state['spec']), safe=',=')}"


def _dots(at: Place) -> str:
    steps = range(1, len(at.lesson.steps) + 1)
    return "".join(f'<u class="{"rx-done" if number <= at.number else ""}"></u>' for number in steps)


def _body(at: Place, view: View | None) -> None:
    """Text and question beside each other over a wide figure, or over each other beside a narrow one."""
    step = at.step
    asks = step.prediction or step.exercise
    if beside(view):
        left, right = st.columns([1, 1.15], gap="medium")
        with left:
            _text(step)
            _question(at)
        figure = right
    else:
        if asks and step.text:
            left, right = st.columns(2, gap="medium")
            with left:
                _text(step)
            with right:
                _question(at)
        else:
            _text(step)
            _question(at)
        figure = st.container()
    if view:
        with figure, st.container(border=True, key="card_lesson_figure"):
            draw(view, WALL if on_wall() else 1)


def _text(step: Step) -> None:
    if step.text:
        st.markdown(step.text)


def _question(at: Place) -> None:
    step = at.step
    if step.prediction or step.exercise:
        with st.container(key="lesson_ask"):
            if step.prediction:
                prediction(at, step.prediction)
            elif step.exercise:
                exercise(at, step.exercise)


def _foot(step: Step, view: View | None) -> None:
    """Where quoted numbers stand, and the way to the networks in Explore."""
    nets = view.nets if view else ()
    opened = [f"open in Explore: {', '.join(link(str(net), str(net)) for net in nets)}"] if nets else []
    parts = "".join(f"<span>{part}</span>" for part in (*opened, *map(escape, step.sources)))
    if parts:
        st.html(f'<footer class="rx-foot">{parts}</footer>')
