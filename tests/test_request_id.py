"""One id follows a request: taken from outside where it is plain, made where there is none, never mixed up."""

import threading
from typing import Any

import numpy as np
import pytest

from resnet_core import ZOO, request_id
from resnet_core.backend import Request
from resnet_core.weights import require_card

CARD = require_card(ZOO["cifar-resnet-20"])


def _request(**asked: Any) -> Request:
    return Request(CARD, CARD.spec, np.zeros((3, 32, 32), np.float32), **asked)


@pytest.mark.parametrize("given", ["7", "a-b_c.d", "f" * 64])
def test_a_plain_id_from_outside_is_kept(given: str) -> None:
    assert request_id.accepted(given) == given


@pytest.mark.parametrize("given", ["", "f" * 65, "a b", "a\nb", "a\n", "\x1b[31m", "ä", "١", "<b>", None, 7])
def test_any_other_id_from_outside_is_replaced(given: object) -> None:
    made = request_id.accepted(given)
    assert made != given
    assert request_id.accepted(made) == made


def test_a_request_has_the_id_in_whose_course_it_was_made() -> None:
    with request_id.under("outer"):
        with request_id.under("inner"):
            assert _request().id == "inner"
        assert _request().id == "outer"
        assert _request(id="its-own").id == "its-own"
    assert request_id.current() == ""


def test_a_request_that_nobody_named_gets_an_id_of_its_own() -> None:
    assert _request().id != _request().id
    assert request_id.accepted(made := _request().id) == made


def test_an_id_that_has_begun_is_not_that_of_another_thread() -> None:
    seen = []
    request_id.begin("mine")
    other = threading.Thread(target=lambda: seen.append(request_id.current()))
    other.start()
    other.join()
    assert request_id.current() == "mine"
    request_id.begin("")
    assert seen == [""]
