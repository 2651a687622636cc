"""Verify, without a browser: the ledger, the way to a figure, whole rows, and which network is yours."""

import pytest
from pages import opened, page_text

from resnet_core.verify import SHOWN_FIRST, kept, tally, verify
from resnet_core.way import printed_rows


def test_the_page_opens_on_the_way_to_the_figure_that_most_is_asked_about() -> None:
    page = page_text(opened("verify"))
    assert tally(verify()).split(":")[0] in page
    for step in ("4.089 G", "3.858 G", "−231.2 M", "3.8 G"):
        assert step in page
    assert "A fit, not proof" in page


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        ("vgg-16, macs, he-2015 section 4.1", "fully connected layers left out"),
        ("cifar-highway-32, params, he-2015 Table 6", "no way to count gives it"),
        ("lenet-5, params, lecun-1998 section II.B", "not yet read in the source"),
        ("densenet-264, layers, huang-2017 Table 1", "265"),
        ("nonsense", "3.858 G"),
    ],
)
def test_a_link_opens_any_figure(figure: str, says: str) -> None:
    labels = {verdict.figure.key: verdict.label for verdict in verify()}
    assert says in page_text(opened("verify", figure=labels.get(figure, figure)))


def test_every_figure_can_be_opened_and_the_first_is_there() -> None:
    keys = [verdict.figure.key for verdict in verify()]
    assert len(set(keys)) == len(keys) == len({verdict.label for verdict in verify()})  # labels stand in links
    assert SHOWN_FIRST in keys


def test_the_ledger_keeps_what_is_searched_for() -> None:
    assert kept(verify()) == verify()
    for which, agrees in (("agree", True), ("differ", False), ("quoted", None)):
        assert {verdict.agrees for verdict in kept(verify(), which=which)} == {agrees}
    assert {verdict.figure.arch for verdict in kept(verify(), "resnet-50 3.8")} == {"resnet-50"}
    assert kept(verify(), "no such words at all") == ()


def test_whole_rows_are_solved_together() -> None:
    rows = printed_rows(verify())
    assert any("Table 6" in name and len(row) == 6 for name, row in rows.items())
    name = next(name for name, row in rows.items() if "section 4.1" in name)
    assert "None of 512 ways to count gives all 2 figures." in page_text(opened("verify", row=name))


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({}, "cifar-resnet-32,shortcut=B"),
        ({"given": "multiply-adds"}, "resnet-50-v1.5"),
        ({"count_params": "4,12 G"}, "is no count"),
        ({"count_params": "12345"}, "No network known here"),
        ({"given": "state_dict"}, "Nothing is executed"),
        ({"given": "nonsense"}, "cifar-resnet-32,shortcut=B"),
    ],
)
def test_a_number_names_its_network_or_is_refused(parameters: dict[str, str], says: str) -> None:
    assert says in page_text(opened("verify", **parameters))


def test_pasted_names_are_matched_and_strange_ones_refused() -> None:
    app = opened("verify", given="state_dict")
    app.text_area(key="keys_text").set_value("layer1.0.conv1.weight [16, 16, 3, 3]").run()
    assert "cifar-resnet" in page_text(app)
    app.text_area(key="keys_text").set_value("strange key !").run()
    assert not app.exception
    assert "Line 1 of the list" in page_text(app)
