"""Few runs work at a time, in the order in which they came; what waits or takes long holds nobody up."""

import threading
import time
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app import page_turns
from app.page_turns import PageTurns

PATIENCE = 10.0


class LeftError(BaseException):
    """As Streamlit ends a run."""


class Run(threading.Thread):
    """A run that stays in its turn until it is let go; `story` is what all of them did, in order."""

    def __init__(self, turns: PageTurns, name: str, story: list[str], *, waits: bool = False) -> None:
        super().__init__(name=name, daemon=True)
        self.turns, self.story, self.waits = turns, story, waits
        self.go, self.answered = threading.Event(), threading.Event()
        self.start()

    def run(self) -> None:
        with self.turns.turn():
            self.story.append(f"{self.name} begins")
            if self.waits:
                with self.turns.outside():
                    self.story.append(f"{self.name} waits")
                    self.answered.wait(PATIENCE)
                self.story.append(f"{self.name} is back")
            self.go.wait(PATIENCE)
            self.story.append(f"{self.name} ends")


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    assert true()


def ended(*runs: Run) -> None:
    for run in runs:
        run.go.set()
        run.join(PATIENCE)
        assert not run.is_alive()


def one_waits_while_another_draws(turns: PageTurns, story: list[str]) -> tuple[Run, Run]:
    asks = Run(turns, "asks", story, waits=True)
    until(lambda: "asks waits" in story)
    draws = Run(turns, "draws", story)
    until(lambda: "draws begins" in story)
    return asks, draws


@pytest.fixture
def turns() -> PageTurns:
    return PageTurns(at_once=1, longest=PATIENCE)


def test_as_many_work_as_may_and_the_others_come_in_their_order(turns: PageTurns) -> None:
    turns.at_once = 2
    story: list[str] = []
    runs = []
    for name in "abcd":
        runs.append(Run(turns, name, story))
        until(lambda: len(turns._working) + len(turns._waiting) == len(runs))
    until(lambda: len(story) == 2)
    ended(runs[0])
    until(lambda: "c begins" in story)
    assert "d begins" not in story
    ended(*runs)
    assert [said for said in story if "begins" in said] == [f"{name} begins" for name in "abcd"]


def test_who_waits_for_an_answer_lets_others_work(turns: PageTurns) -> None:
    story: list[str] = []
    asks, draws = one_waits_while_another_draws(turns, story)
    asks.answered.set()
    time.sleep(0.05)
    assert "asks is back" not in story  # not beside the other
    ended(draws, asks)
    assert story[-3:] == ["draws ends", "asks is back", "asks ends"]


@pytest.mark.parametrize(("later", "first"), [(PATIENCE, "new begins"), (0.0, "asks is back")])
def test_who_comes_back_stands_behind_who_begins_but_not_for_ever(
    later: float, first: str, turns: PageTurns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_turns, "LATER", later)
    monkeypatch.setattr(page_turns, "AT_HAND", 0.0)
    story: list[str] = []
    asks, draws = one_waits_while_another_draws(turns, story)
    asks.answered.set()
    until(lambda: len(turns._waiting) == 1)
    new = Run(turns, "new", story)
    until(lambda: len(turns._waiting) == 2)
    ended(draws)
    until(lambda: first in story)
    assert not {"new begins", "asks is back"} - {first} & {*story}
    for run in (asks, new):
        run.go.set()
    ended(asks, new)


def test_who_works_for_long_holds_nobody_up() -> None:
    turns = PageTurns(at_once=1, longest=0.05)
    story: list[str] = []
    long = Run(turns, "long", story)
    until(lambda: "long begins" in story)
    short = Run(turns, "short", story)
    until(lambda: "short begins" in story)
    assert "long ends" not in story
    ended(short, long)
    assert not turns._working


def test_however_long_runs_take_only_some_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "AT_MOST", PATIENCE / 0.05)
    turns = PageTurns(at_once=1, longest=0.05)
    story: list[str] = []
    long = [Run(turns, f"long {number}", story) for number in range(page_turns.MOST + 1)]
    until(lambda: len(story) == page_turns.MOST)
    time.sleep(0.2)
    assert len(story) == page_turns.MOST
    ended(next(run for run in long if f"{run.name} begins" in story))
    until(lambda: len(story) == page_turns.MOST + 2)
    ended(*long)
    assert not turns._working


def test_who_waits_for_one_in_the_queue_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "AT_MOST", 2)
    turns = PageTurns(at_once=1, longest=0.05)
    story: list[str] = []
    stuck = [Run(turns, "stuck", story) for _ in range(page_turns.MOST)]
    until(lambda: len(story) == page_turns.MOST)
    ended(Run(turns, "last", story))
    ended(*stuck)


def test_a_run_that_fails_gives_its_turn_back(turns: PageTurns) -> None:
    with pytest.raises(ZeroDivisionError), turns.turn(), turns.outside():
        raise ZeroDivisionError
    story: list[str] = []
    ended(Run(turns, "next", story))
    assert story == ["next begins", "next ends"]


def test_without_a_turn_there_is_nothing_to_leave(turns: PageTurns) -> None:
    with turns.outside():
        assert not turns._working
    assert not turns._working


def test_a_crowd_is_more_than_one_person_clicks(turns: PageTurns, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 6):
        with turns.turn():
            assert turns.are_many() == (number >= page_turns.MANY)
    monkeypatch.setattr(page_turns, "LATELY", 0.0)
    assert not turns.are_many()


def test_what_comes_by_itself_makes_no_crowd(turns: PageTurns) -> None:
    for _ in range(2 * page_turns.MANY):
        with turns.turn(asked=False):
            assert not turns.are_many()


def test_what_had_been_there_already_costs_no_place(turns: PageTurns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "AT_HAND", PATIENCE)
    monkeypatch.setattr(page_turns, "LATER", PATIENCE)
    story: list[str] = []
    asks, draws = one_waits_while_another_draws(turns, story)
    new = Run(turns, "new", story)
    until(lambda: len(turns._waiting) == 1)
    asks.answered.set()
    until(lambda: len(turns._waiting) == 2)
    ended(draws)
    until(lambda: "asks is back" in story)
    assert "new begins" not in story
    ended(asks, new)


def test_who_is_stopped_while_it_waits_asks_for_no_other_turn(turns: PageTurns) -> None:
    story: list[str] = []
    draws: list[Run] = []

    def stopped() -> None:
        with turns.turn(), turns.outside():
            draws.append(Run(turns, "draws", story))
            until(lambda: "draws begins" in story)
            raise LeftError

    with pytest.raises(LeftError):
        stopped()
    assert "draws ends" not in story
    ended(*draws)


def test_who_gets_an_error_for_an_answer_draws_it_in_a_turn(turns: PageTurns) -> None:
    with turns.turn():
        with pytest.raises(ZeroDivisionError), turns.outside():
            raise ZeroDivisionError
        assert turns._own.turn in turns._working
    assert not turns._working


def test_whose_visitor_has_left_gets_no_turn_for_an_error() -> None:
    def leave() -> None:
        if has_left.is_set():
            raise LeftError

    def refused() -> None:
        with turns.turn(), turns.outside():
            has_left.set()
            raise ZeroDivisionError

    has_left = threading.Event()
    turns = PageTurns(leave=leave)
    with pytest.raises(LeftError):
        refused()
    assert not turns._working
    assert not turns._waiting


@pytest.mark.parametrize("while_waiting", [True, False])
def test_whose_visitor_has_left_does_not_begin(while_waiting: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_turns, "MOST", 1)
    monkeypatch.setattr(page_turns, "AT_MOST", 10 * PATIENCE / 0.02)
    has_left, ended_by = threading.Event(), []

    def leave() -> None:
        if has_left.is_set() and threading.current_thread() is thread:
            raise LeftError

    def run() -> None:
        try:
            with turns.turn():
                ended_by.append("its end")
        except LeftError:
            ended_by.append("its visitor")

    story: list[str] = []
    thread = threading.Thread(target=run, daemon=True)
    turns = PageTurns(at_once=1, longest=0.02 if while_waiting else PATIENCE, leave=leave)
    first = Run(turns, "first", story)
    until(lambda: story == ["first begins"])
    thread.start()
    until(lambda: len(turns._waiting) == 1)
    has_left.set()
    if while_waiting:
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert "first ends" not in story
    ended(first)
    thread.join(PATIENCE)
    assert ended_by == ["its visitor"]
    assert not turns._waiting
    ended(Run(turns, "next", story))


def test_a_run_that_streamlit_has_stopped_does_not_come_back_from_waiting() -> None:
    def page(reached: list[str]) -> None:
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from app.page_turns import page_turns

        context = get_script_run_ctx()
        assert context
        assert context.script_requests
        with page_turns.turn():
            with page_turns.outside():
                context.script_requests.request_stop()
                reached.append("waited")
            reached.append("worked")

    reached: list[str] = []
    AppTest.from_function(page, args=(reached,)).run()
    assert reached == ["waited"]
    assert not page_turns.page_turns._working
