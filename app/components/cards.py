"""A row of cards, and the small marks that verdicts wear, as one piece of HTML."""

from html import escape
from typing import Literal
from urllib.parse import quote

import streamlit as st

from resnet_core.summary import Fact, most_in_need

Tone = Literal["agrees", "differs", "quiet"]
_SIGN = {"agrees": "✓ ", "differs": "✗ ", "quiet": ""}


def cards(facts: tuple[Fact, ...]) -> None:
    st.html(cards_html(facts))


def cards_html(facts: tuple[Fact, ...]) -> str:
    """In words what each is, but for the one whose sentence stands beneath them all."""
    beneath = most_in_need(facts)
    return f'<div class="rx-cards">{"".join(_card(fact, fact is not beneath) for fact in facts)}</div>'


def heading(title: str, subtitle: str, level: int = 1) -> None:
    st.html(heading_html(title, subtitle, level))


def heading_html(title: str, subtitle: str, level: int = 1) -> str:
    return f'<div class="rx-heading"><h{level}>{escape(title)}</h{level}><span>{escape(subtitle)}</span></div>'


def mark(text: str, tone: Tone) -> str:
    return f'<span class="rx-mark rx-{tone}">{_SIGN[tone]}{escape(text)}</span>'


def opening(html: str, sentence: str) -> str:
    """HTML that opens a sentence beneath itself, by mouse, finger or keyboard."""
    return f'<details class="rx-why"><summary>{html}</summary><p>{escape(sentence)}</p></details>'


def tone(agrees: bool | None) -> Tone:
    return "quiet" if agrees is None else "agrees" if agrees else "differs"


def width(share: str) -> str:
    """A share, as text, as CSS takes it: "<0.1 %" -> "0.1%"."""
    return share.lstrip("<>").replace(" ", "")


def note(text: str) -> None:
    st.html(note_html(text))


def note_html(text: str) -> str:
    return f'<p class="rx-note">{escape(text)}</p>'


def refuse(sentence: str) -> None:
    """Why something cannot be. HTML, for it may quote a stranger's link, and Streamlit obeys Markdown in errors."""
    st.html(f'<p class="rx-refusal" role="alert">{escape(sentence)}</p>')


def _card(fact: Fact, in_words: bool) -> str:
    badge = mark(fact.verdict, tone(fact.agrees)) if fact.verdict else ""
    words = opening("in words", fact.explanation) if in_words else ""
    return (
        f'<div class="rx-card"><b>{escape(fact.label)}</b><strong>{escape(fact.value)}</strong>'
        f"<p><span>{escape(fact.note)}</span>{badge}</p>{words}</div>"
    )


def link(net: str, text: str) -> str:
    """A link that opens a network in Explore, as HTML."""
    return f'<a href="{address(net)}" target="_self">{escape(text)}</a>'


def address(net: str) -> str:
    """Where Explore shows a network, from any page."""
    return f"./?net={quote(net, safe=',=')}"
