"""What was done to a network by hand, in numbers: on the picture at once, and behind the page on test pictures."""

from dataclasses import replace
from functools import lru_cache
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

import streamlit as st

from app import laboratory
from app.fragments import fragment
from resnet_core.experiments.by_hand import Outcome, compared, remarks
from resnet_core.labs.candidates import Operation
from resnet_core.refusal import Refusal
from resnet_core.spec import ArchSpec
from resnet_core.weights import require_card

from .cards import note, refuse
from .lab_live import POLL_SECONDS
from .tables import table

if TYPE_CHECKING:
    from resnet_core.labs.differences import Differences

TESTS = "tests by hand"
"""What the experiment on the test pictures is called among those of a visitor."""


def give_up_tests() -> None:
    """Nothing is asked of the test pictures any more."""
    laboratory.give_up(TESTS)


def show_numbers(found: tuple[Outcome, ...], asked: Operation, spec: ArchSpec) -> None:
    """What changed on the picture, at once, and on test pictures, as soon as that is known: of the network and its
    plain twin."""
    if not found[0].testable:
        _table(found, asked)
        return
    known = _known(tuple(require_card(one.spec).sha256 for one in found), asked)
    if known:
        laboratory.give_up(TESTS)
        _table(_with_tests(found, known[0]), asked)
        return
    from resnet_core.experiments.operating import on_tests

    try:
        run = laboratory.kept_up(TESTS, (spec, asked), lambda: on_tests(spec, asked))
    except Refusal as busy:
        _table(found, asked)
        note(f"Not yet on the test pictures: {busy}")
        return
    (_so_far if run.experiment.is_over else _polled)(found, asked, known)


@fragment("test pictures", run_every=POLL_SECONDS)
def _polled(found: tuple[Outcome, ...], asked: Operation, known: "list[tuple[Differences, ...]]") -> None:
    run = laboratory.current(TESTS)
    if run is None or run.experiment.is_over:
        st.rerun()  # the whole page, once, so that the polling ends
    _so_far(found, asked, known)


def _so_far(found: tuple[Outcome, ...], asked: Operation, known: "list[tuple[Differences, ...]]") -> None:
    """With how far the test pictures are, and a button that stops them or begins again."""
    run = laboratory.current(TESTS)
    tests = run.experiment.latest if run else None
    _table(_with_tests(found, tests.found if tests else ()), asked)
    if run is None:
        return
    if tests and tests.done == 1:
        known.append(tests.found)
        return
    if why := laboratory.why_failed(run.experiment):
        refuse(why)
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.experiment.is_over:
            st.button("Try the test pictures", key="tests_run", on_click=laboratory.give_up, args=(TESTS,))
        else:
            st.button("Stop", key="tests_stop", on_click=laboratory.stop, args=(TESTS,))
            st.progress(tests.done if tests else 0.0, "the same on test pictures")


def _with_tests(found: tuple[Outcome, ...], tests: "tuple[Differences, ...]") -> tuple[Outcome, ...]:
    """The outcomes, with those of the tests that are known, which come in the same order."""
    return tuple(replace(one, tests=seen) for one, seen in zip_longest(found, tests))


@lru_cache(maxsize=64)
def _known(weights: tuple[str, ...], asked: Operation) -> "list[tuple[Differences, ...]]":
    """Where what is found on the test pictures is kept for everybody: empty until it is."""
    return []


def _table(found: tuple[Outcome, ...], asked: Operation) -> None:
    head, *rows = compared(found)
    table(
        [(name, "n" if place > 1 else "") for place, name in enumerate(head)],
        [[escape(cell) for cell in row] for row in rows],
    )
    if words := remarks(found, asked):
        note(words)
