"""The way from the network as libraries build it to the printed digits: each step is a count that can be checked."""

import pytest

from resnet_core import ZOO, analyse, parse, totals
from resnet_core.verdict import Verdict
from resnet_core.verify import verify
from resnet_core.way import can_be_tried, way

TRIABLE = [verdict for verdict in verify() if can_be_tried(verdict)]


def figure(arch: str, quantity: str, printed: str) -> Verdict:
    return next(v for v in TRIABLE if (v.figure.arch, v.figure.quantity, v.figure.printed) == (arch, quantity, printed))


def test_resnet_50_is_reached_over_the_stride_and_by_truncation() -> None:
    steps = way(figure("resnet-50", "macs", "3.8"))
    assert [(step.words, step.shown, step.change) for step in steps] == [
        ("as libraries build it", "4.089 G", ""),
        ("the stride in the 1×1", "3.858 G", "−231.2 M"),
        ("truncated", "3.8 G", ""),
    ]
    assert [step.number for step in steps[:2]] == [totals(ZOO[n]).macs for n in ("resnet-50-v1.5", "resnet-50")]


def test_vgg_16_leaves_its_fully_connected_layers_out() -> None:
    steps = way(figure("vgg-16", "macs", "15.3"))
    assert [step.words for step in steps] == ["as it is here", "fully connected layers left out", "rounded"]
    assert steps[1].number == sum(row.macs for row in analyse(ZOO["vgg-16"]).rows if row.kind == "conv")


def test_what_nothing_gives_ends_in_what_is_left_over() -> None:
    *_, last = way(figure("cifar-highway-32", "params", "1.25"))
    assert last.words == "no way to count gives it"
    assert last.change == "−102.9 k"


@pytest.mark.parametrize("verdict", TRIABLE, ids=lambda v: f"{v.figure.arch}-{v.figure.quantity}-{v.figure.printed}")
def test_every_way_begins_with_a_count_and_ends_with_the_printed_digits(verdict: Verdict) -> None:
    first, *_, last = way(verdict)
    whole = analyse(parse(verdict.figure.arch)).totals
    assert last.shown == verdict.figure.shown
    if first.words == "as it is here":
        assert first.number in (whole.macs, whole.params)
    if verdict.status in ("exactly", "by rounding"):
        assert last.words in ("rounded", "as printed")
