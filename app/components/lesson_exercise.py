"""What a lesson asks: predictions with their choices, exercises with hints; the core judges what is answered."""

import re
from html import escape
from string import punctuation

import streamlit as st

from resnet_core import Refusal
from resnet_core.lesson import Exercise, Prediction
from resnet_core.lesson_answers import Judgement, judged
from resnet_core.lesson_walk import Place

from .cards import mark, note
from .lesson_link import go

_MARKDOWN = re.compile(f"([{re.escape(punctuation)}])")


def plain(text: str) -> str:
    """A text that a button's label shows as it is, though labels are Markdown."""
    return _MARKDOWN.sub(r"\\\1", text)


def prediction(at: Place, asked: Prediction) -> None:
    """The question; its choices as buttons, or a field for a number; and the answer once it is told."""
    st.markdown(f"**{asked.question}**" if "\n" not in asked.question else asked.question)
    if at.told:
        _told(at, asked)
    elif asked.choices:
        for number, choice in enumerate(asked.choices):
            st.button(
                plain(choice.text),
                key=f"lesson_choice_{number}",
                type="primary" if number == at.chosen else "secondary",
                width="stretch",
                wrap=True,
                on_click=go,
                args=(at.choosing(number),),
            )
    else:
        _field(at)


def _field(at: Place) -> str:
    """What somebody guesses. It stays in their own window: only choices stand in the link."""
    return st.text_input(
        "Your guess",
        key=f"lesson_guess_{at.lesson.name}_{at.number}",
        persist_state="session",
        placeholder="such as 3.8 G or 12 %",
    )


def _told(at: Place, asked: Prediction) -> None:
    if asked.choices:
        st.html(
            f'<ul class="rx-choices">{"".join(_choice(at, asked, number) for number in range(len(asked.choices)))}</ul>'
        )
    elif asked.answer:
        guess = st.session_state.get(f"lesson_guess_{at.lesson.name}_{at.number}")
        said = f"You said {escape(guess)}. " if guess else ""
        st.html(f'<p class="rx-answer">{said}It is <b>{escape(asked.answer.text)}</b>.</p>')
    st.markdown(asked.reveal)


def _choice(at: Place, asked: Prediction, number: int) -> str:
    choice = asked.choices[number]
    chosen = number == at.chosen
    right = mark("right, as you said" if chosen else "right", "agrees")
    sign = right if choice.right else mark("your choice", "quiet") if chosen else ""
    kind = "rx-right" if choice.right else "rx-chosen" if chosen else ""
    return f'<li class="{kind}"><span>{escape(choice.text)}</span>{sign}</li>'


def exercise(at: Place, asked: Exercise) -> None:
    """A field for the answer, which is judged at once; hints one after the other, and then the solution."""
    name = f"{at.lesson.name}_{at.number}"
    st.markdown(asked.question)
    answer = st.text_input(
        "Your answer",
        key=f"lesson_answer_{name}",
        persist_state="session",
        placeholder="such as 3.86 G, 231 M, 5 % or 9 × 64 × 64",
    )
    taken = st.session_state.get(f"lesson_hints_{name}", 0)
    with st.container(horizontal=True, gap="small"):
        st.button("Check", key="lesson_check", type="primary")
        st.button(
            "Hint" if taken < len(asked.hints) else "Solution",
            key="lesson_hint",
            disabled=taken > len(asked.hints),
            on_click=_take_hint,
            args=(name,),
        )
    if answer:
        _say(asked, answer)
    for hint in asked.hints[:taken]:
        st.markdown(f"*Hint:* {hint}")
    if taken > len(asked.hints):
        note(f"The answer is {asked.answer.text}.")
        st.markdown(asked.solution)


def _take_hint(name: str) -> None:
    key = f"lesson_hints_{name}"
    st.session_state[key] = st.session_state.get(key, 0) + 1


def _say(asked: Exercise, answer: str) -> None:
    try:
        found = judged(asked.answer, answer, asked.tolerance)
    except Refusal as refusal:
        found = Judgement(False, str(refusal))
    kind = "agrees" if found.right else "differs"
    st.html(f'<p class="rx-judged rx-{kind}" role="status">{escape(found.sentence)}</p>')
