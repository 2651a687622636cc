"""The timeline: dates and errors as data with their protocol and source, and everything else counted."""

import re
import tomllib
from pathlib import Path

import pytest

from resnet_core import ZOO, parse, timeline, totals
from resnet_core.published import AUTHORS, PAPER, figures
from resnet_core.timeline import (
    ADDED,
    CONCATENATED,
    DEPTH,
    ERRORS,
    KINDS,
    MACS,
    MEASURES,
    NO_SHORTCUT,
    PARAMETERS,
    TOP_1,
    TOP_5,
    Moment,
    answer,
    moments,
    protocols,
    series,
)

VALUES = {DEPTH: "layers", PARAMETERS: "params", MACS: "macs"}


@pytest.mark.parametrize("moment", moments(), ids=lambda moment: moment.net)
def test_a_network_of_the_timeline_is_one_of_ours_with_a_date(moment: Moment) -> None:
    name, *changes = moment.net.split(",")
    assert name in ZOO
    assert str(parse(moment.net)) == moment.net
    assert changes in ([], ["shortcut=A"])
    assert 1998 <= moment.year <= 2017
    assert 1 <= moment.month <= 12
    assert moment.date.endswith(str(moment.year))
    assert moment.kind in KINDS
    assert moment.totals == totals(parse(moment.net))


def test_every_error_is_a_figure_of_the_ledger_and_one_of_each_protocol() -> None:
    for moment in moments():
        kinds = [(error.protocol, error.measure) for error in moment.errors]
        assert len(set(kinds)) == len(kinds), moment.net
        for error in moment.errors:
            assert error.protocol in protocols()
            assert re.fullmatch(r"\d{1,2}\.\d{1,2}", error.printed)
            assert any(
                (f.quantity, f.printed, f.cited) == (error.measure, error.printed, error.source)
                and f.publisher in (PAPER, AUTHORS)
                and f.arch.removesuffix(",size=320") == moment.net
                for f in figures()
            )
        for protocol in protocols():
            first, fifth = moment.error(protocol, TOP_1), moment.error(protocol, TOP_5)
            assert not (first and fifth) or float(fifth.printed) < float(first.printed)


def test_the_timeline_has_no_digits_of_its_own_but_dates() -> None:
    data = tomllib.loads(Path(timeline.__file__).with_name("timeline.toml").read_text("utf-8"))
    assert all(set(row) == {"net", "year", "month"} for row in data["net"])


def test_who_prints_an_error_is_who_made_the_network() -> None:
    """fb.resnet.torch measured a ResNet-34 too, trained otherwise."""
    (moment,) = (moment for moment in moments() if moment.net == "resnet-34")
    assert any(f.arch == "resnet-34" and f.printed == "26.73" for f in figures())
    assert moment.error("1-crop", TOP_1) is None


def test_networks_stand_in_the_order_of_their_dates_and_none_twice() -> None:
    dates = [(moment.year, moment.month) for moment in moments()]
    assert dates == sorted(dates)
    assert [moment.when for moment in moments()] == sorted(moment.when for moment in moments())
    assert len({moment.net for moment in moments()}) == len(moments())
    assert int(moments()[0].when) == 1998


def test_every_protocol_is_used() -> None:
    assert {error.protocol for moment in moments() for error in moment.errors} == set(protocols())


def test_what_shortcuts_do_is_read_from_the_plan() -> None:
    kinds = {moment.net: moment.kind for moment in moments()}
    assert {kinds[net] for net in ("lenet-5", "alexnet", "vgg-16", "vgg-19", "googlenet")} == {NO_SHORTCUT}
    assert {kind for net, kind in kinds.items() if net.startswith("densenet")} == {CONCATENATED}
    assert {kind for net, kind in kinds.items() if net.startswith(("res", "wide"))} == {ADDED}


@pytest.mark.parametrize("protocol", protocols())
@pytest.mark.parametrize("measure", ERRORS)
def test_errors_of_one_protocol_never_stand_beside_those_of_another(measure: str, protocol: str) -> None:
    shown = series(measure, protocol)
    assert len(shown.drawn) + len(shown.apart) == len(moments())
    for mark in shown.drawn:
        (error,) = (error for error in mark.moment.errors if error[:2] == (protocol, measure))
        assert mark.value == float(error.printed)
        assert protocol in mark.shown
    for mark in shown.apart:
        assert mark.moment.title in shown.said
        assert not any(error[:2] == (protocol, measure) for error in mark.moment.errors)
    assert protocol in shown.axis
    assert "LeNet-5" in shown.said


@pytest.mark.parametrize("measure", VALUES)
def test_what_is_counted_is_drawn_of_every_network(measure: str) -> None:
    shown = series(measure, "10-crop")
    assert not shown.apart
    assert [mark.value for mark in shown.marks] == [getattr(m.totals, VALUES[measure]) for m in moments()]


@pytest.mark.parametrize(
    ("net", "protocol", "top_1", "top_5"),
    [
        ("resnet-50", "1-crop", "24.7", "7.8"),
        ("resnet-50", "10-crop", "22.85", "6.71"),
        ("resnet-50", "multi-scale", "20.74", "5.25"),
        ("resnet-152", "ensemble", None, "3.57"),
        ("vgg-19", "ensemble", None, "7.32"),
        ("vgg-19", "multi-scale", "24.4", "7.1"),
        ("alexnet", "ensemble", None, "15.3"),
        ("googlenet", "10-crop", None, "9.15"),
        ("densenet-264", "1-crop", "22.15", "6.12"),
    ],
)
def test_errors_are_as_the_papers_print_them(net: str, protocol: str, top_1: str | None, top_5: str | None) -> None:
    (moment,) = (moment for moment in moments() if moment.net == net)
    first, fifth = moment.error(protocol, TOP_1), moment.error(protocol, TOP_5)
    assert (first and first.printed, fifth and fifth.printed) == (top_1, top_5)


def test_whoever_points_at_a_network_is_told_all_of_it() -> None:
    (mark,) = (mark for mark in series(TOP_5, "10-crop").marks if mark.moment.net == "alexnet")
    assert mark.told.split("<br>") == [
        "AlexNet",
        "December 2012",
        "18.2 % top-5 error, 10-crop",
        "8 layers, 60.97 M parameters, 724.4 M multiply-adds",
    ]


@pytest.mark.parametrize(("measure", "protocol"), [("frogs", "10-crop"), (TOP_5, "frogs"), (DEPTH, "")])
def test_what_cannot_be_drawn_is_refused(measure: str, protocol: str) -> None:
    with pytest.raises(ValueError, match="There is no"):
        series(measure, protocol)


def test_the_answer_names_how_deep_nets_were_before_and_after_shortcuts() -> None:
    assert answer().startswith("From 7 layers in 1998 to 22 in 2014; with shortcuts, to 26")
    assert MEASURES[0] == DEPTH
