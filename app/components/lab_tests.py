"""What was done to a network by hand, in numbers: on the picture at once, and behind the page on test pictures."""

from contextlib import suppress
from dataclasses import replace
from html import escape
from itertools import zip_longest
from typing import TYPE_CHECKING

import streamlit as st

from app import cached, laboratory
from app.fragments import fragment
from resnet_core.backend import BusyError
from resnet_core.experiments.by_hand import Outcome, compared, remarks
from resnet_core.labs.differences import Differed
from resnet_core.operation import Operation
from resnet_core.spec import ArchSpec
from resnet_core.weights import require_card

from .cards import note, refuse
from .lab_live import POLL_SECONDS
from .tables import table

if TYPE_CHECKING:
    from resnet_core.experiments.operating import OnTests

TESTS = "tests by hand"
"""What the experiment on the test pictures is called among those of a visitor."""


def give_up_tests() -> None:
    """Nothing is asked of the test pictures any more."""
    laboratory.give_up(TESTS)


def show_numbers(found: tuple[Outcome, ...], asked: Operation, spec: ArchSpec) -> None:
    """What changed on the picture, at once, and on test pictures, as soon as that is known: of the network and its
    plain twin."""
    known = cached.tests_by_hand().found(_weights(found), asked) if found[0].testable else ()
    if known or not found[0].testable:
        give_up_tests()
        _table(_with_tests(found, known), asked)
        return
    run = _kept_up(spec, asked)
    if run and run.experiment.is_over:
        _drawn(found, asked, run)
    else:
        _polled(found, asked, spec)


@fragment("test pictures", run_every=POLL_SECONDS)
def _polled(found: tuple[Outcome, ...], asked: Operation, spec: ArchSpec) -> None:
    run = _kept_up(spec, asked)
    if (run and run.experiment.is_over) or cached.tests_by_hand().found(_weights(found), asked):
        st.rerun()  # the whole page, once, so that the polling ends
    _drawn(found, asked, run)


def _kept_up(spec: ArchSpec, asked: Operation) -> laboratory.Run | None:
    """None while there is no room for it among the experiments: it is asked for again and again."""
    from resnet_core.experiments.operating import on_tests

    with suppress(BusyError):
        return laboratory.kept_up(TESTS, (spec, asked), lambda: on_tests(spec, asked))
    return None


def _drawn(found: tuple[Outcome, ...], asked: Operation, run: laboratory.Run | None) -> None:
    """With how far the test pictures are, and a button that stops them or begins again."""
    if run is None:
        _table(found, asked)
        note("Not yet on the test pictures, for other experiments are at work: they follow by themselves.")
        return
    is_over = run.experiment.is_over  # before what is known, which may grow until then
    tests: OnTests | None = run.experiment.latest
    _table(_with_tests(found, tests.found if tests else ()), asked)
    if tests and tests.done == 1:
        cached.tests_by_hand().keep(_weights(found), asked, tests.found)
        return
    if why := laboratory.why_failed(run.experiment):
        refuse(why)
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_over:
            st.button("Try the test pictures", key="tests_run", on_click=laboratory.give_up, args=(TESTS,))
        else:
            st.button("Stop", key="tests_stop", on_click=laboratory.stop, args=(TESTS,))
            st.progress(tests.done if tests else 0.0, "the same on test pictures")


def _weights(found: tuple[Outcome, ...]) -> tuple[str, ...]:
    return tuple(require_card(one.spec).sha256 for one in found)


def _with_tests(found: tuple[Outcome, ...], tests: tuple[Differed, ...]) -> tuple[Outcome, ...]:
    """The outcomes, with those of the tests that are known, which come in the same order."""
    return tuple(replace(one, tests=seen) for one, seen in zip_longest(found, tests))


def _table(found: tuple[Outcome, ...], asked: Operation) -> None:
    head, *rows = compared(found)
    table(
        [(name, "n" if place > 1 else "") for place, name in enumerate(head)],
        [[escape(cell) for cell in row] for row in rows],
    )
    if words := remarks(found, asked):
        note(words)
