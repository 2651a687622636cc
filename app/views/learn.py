"""Learn: a lesson; or all of them, how networks became deep, and whether what is told of them is true."""

import streamlit as st

from app import cached, theme
from app.components import lesson_link
from app.components.cards import heading, note
from app.components.claims import claim_list
from app.components.controls import one_of
from app.components.lesson import lesson_list, lesson_page
from app.components.timeline import timeline, timeline_table
from app.fragments import fragment
from resnet_core import lessons, seed_claims
from resnet_core.timeline import ERRORS, MEASURES, answer, protocols, series


@fragment("depth over the years")
def depth_over_the_years() -> None:
    with st.container(border=True, key="card_timeline"):
        heading(
            "The evolution of depth",
            "click a bubble to open it in Explore; its area is its parameters; 1999 to 2011 are left out",
            2,
        )
        measure = one_of("Over the years", MEASURES, "timeline")
        protocol = next(iter(protocols()))
        if measure in ERRORS:
            protocol = one_of("Measured by", protocols(), "protocol")
        shown = series(measure, protocol)
        note(shown.said)
        timeline(shown, theme.colours())
        with st.expander("The same as a table, with links and sources"):
            timeline_table(shown)


@fragment("what texts say")
def what_texts_say() -> None:
    with st.container(border=True, key="card_claims"):
        heading("What texts say", seed_claims.tally(), 2)
        statuses = st.pills(
            "Verdict",
            seed_claims.STATUSES,
            selection_mode="multi",
            key="claim",
            bind="query-params",
            label_visibility="collapsed",
        )
        words = st.text_input(
            "Search",
            key="about",
            bind="query-params",
            placeholder="search, such as VGG million",
            label_visibility="collapsed",
        )
        claims = seed_claims.search(statuses, words)
        note(seed_claims.found(claims))
        claim_list(claims)


shelf = cached.lessons(lessons.stamp())
if at := lesson_link.current(shelf):
    lesson_page(at)
else:
    heading("How did networks become deep, and is what is told of them true?", answer())
    with st.container(border=True, key="card_lessons"):
        heading("Lessons", "one idea a step, each asked before it is told; for a wall, or for yourself", 2)
        lesson_list(shelf)
    depth_over_the_years()
    what_texts_say()
