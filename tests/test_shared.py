"""Values that all sessions share: found once, however many ask at a time, and found anew after an error."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.shared import KEPT, shared


def test_many_who_ask_at_once_have_one_value_found() -> None:
    asked, begin = [], threading.Event()

    @shared
    def slow(name: str) -> object:
        asked.append(name)
        begin.wait(10)
        return object()

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(slow, "cat") for _ in range(8)]
        begin.set()
        assert len({id(value.result()) for value in found}) == 1
    assert asked == ["cat"]


def test_another_argument_is_not_kept_waiting() -> None:
    begin = threading.Event()

    @shared
    def slow(name: str) -> str:
        if name == "slow":
            assert begin.wait(10)
        return name

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(slow, "slow")
        assert slow("quick") == "quick"
        begin.set()
        assert waits.result() == "slow"


def test_an_error_is_no_value() -> None:
    answers = iter([ValueError("busy"), 7])

    @shared
    def moody() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ValueError, match="busy"):
        moody()
    assert (moody(), moody()) == (7, 7)


def test_what_was_asked_for_longest_ago_is_forgotten() -> None:
    asked = []

    @shared
    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    for number in range(KEPT + 1):
        double(number)
    double(KEPT)
    double(0)
    assert asked == [*range(KEPT + 1), 0]
