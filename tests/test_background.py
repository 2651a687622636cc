"""Questions to torchinfo: one at a time, none for pages that are gone, and a link opens no endless queue."""

import time
from collections.abc import Callable
from threading import Event

from app.background import KEPT, WAITING, Crosschecks
from resnet_core import ArchSpec, parse
from resnet_core.crosscheck import CrossCheck

NETS = [parse(f"resnet-18,classes={number}") for number in range(1, KEPT + 20)]


class Torchinfo:
    """Notes what it is asked, and answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[ArchSpec] = []
        self.may_answer = Event()

    def __call__(self, spec: ArchSpec) -> CrossCheck:
        self.asked.append(spec)
        assert self.may_answer.wait(10)
        return CrossCheck(spec.classes, (), ())


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_an_answer_is_known_to_all_once_it_is_found() -> None:
    torchinfo = Torchinfo()
    crosschecks = Crosschecks(torchinfo)
    crosschecks.ask(NETS[0])
    crosschecks.ask(NETS[0])
    assert crosschecks.answer(NETS[0]) is None
    torchinfo.may_answer.set()
    eventually(lambda: crosschecks.answer(NETS[0]))
    crosschecks.ask(NETS[0])
    assert torchinfo.asked == [NETS[0]]
    assert crosschecks.answer(NETS[1]) is None


def test_what_no_page_asks_for_any_more_is_not_looked_for() -> None:
    torchinfo = Torchinfo()
    crosschecks = Crosschecks(torchinfo, patience=0)
    for net in NETS[:3]:
        crosschecks.ask(net)
        eventually(lambda: torchinfo.asked)  # the first has begun, so that it is finished
    torchinfo.may_answer.set()
    eventually(lambda: crosschecks.answer(NETS[2]))
    assert torchinfo.asked == [NETS[0], NETS[2]]


def test_a_full_queue_takes_no_more_until_there_is_room() -> None:
    torchinfo = Torchinfo()
    crosschecks = Crosschecks(torchinfo)
    for net in NETS[: WAITING + 1]:
        crosschecks.ask(net)
    torchinfo.may_answer.set()
    eventually(lambda: crosschecks.answer(NETS[WAITING - 1]))
    assert NETS[WAITING] not in torchinfo.asked
    crosschecks.ask(NETS[WAITING])
    eventually(lambda: crosschecks.answer(NETS[WAITING]))


def test_the_oldest_answers_are_forgotten() -> None:
    torchinfo = Torchinfo()
    torchinfo.may_answer.set()
    crosschecks = Crosschecks(torchinfo)
    for net in NETS:
        crosschecks.ask(net)
        eventually(lambda net=net: crosschecks.answer(net))
    known = [net for net in NETS if crosschecks.answer(net)]
    assert known == NETS[-len(known) :]
    assert len(known) in (KEPT, KEPT + 1)
