"""What links ask for and cannot be had, in every parameter of every page: told in a sentence, and the page lives."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from pages import opened, ran
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest
from test_app import refusals
from test_page_runs import fragments, runs

from app.components.ledger import FILTERS
from resnet_core import seed_claims, timeline, tradeoffs, verify
from resnet_core.way import printed_rows

NONSENSE = "<b>frog</b>"
NET = {"net": "cifar-resnet-20"}
SHOWN = {"guess": "just show me"}
FREE = {"net", "with", "search", "about", "count_params", "count_macs"}
"""Text, which is searched for or refused in its own words."""
WITHOUT_CONTROL = ("op", "colour", "without", "order", "step", "wall")
ROWS = [*printed_rows(verify())]
ERROR = timeline.ERRORS[0]
CAME = re.compile(r"The link asked for (\w+)=.*, which cannot be had here: (?:the usual|\w+=(.*)) came instead\.")


class View(NamedTuple):
    """A page, the link that opens it, and its parameters with something that can be had, but is not usual."""

    page: str
    link: dict[str, str]
    parameters: dict[str, str | list[str]]


def run(look: str, **parameters: str) -> View:
    return View("run", {**NET, "look": look}, dict(parameters))


def lab(name: str, **parameters: str | list[str]) -> View:
    return View("labs", {"lab": name, **SHOWN}, parameters)


VIEWS = (
    View("explore", {}, {"op": "layer1.0.conv1", "colour": "kind", "along": "true"}),
    View("verify", {}, {"verdict": FILTERS[1], "given": "multiply-adds", "row": ROWS[1], "figure": verify()[9].label}),
    View("compare", {}, {"compared": "Trade-offs"}),
    View("compare", {}, {"fall": "parameters", "only": "false", "stages": "conv2_x"}),
    View(
        "compare",
        {"compared": "Trade-offs"},
        {
            "across": "parameters",
            "up": [*tradeoffs.AXES][2],
            "iso_layers": "101",
            "iso_cost": "parameters",
            "budget": "200",
        },
    ),
    View("compare", {"compared": "Trade-offs"}, {"measured_by": [*tradeoffs.protocols()][1]}),
    View("compare", {"compared": "Trade-offs", "up": "parameters"}, {"dataset": tradeoffs.DATASETS[1]}),
    View("run", NET, {"look": "Grad-CAM", "source": "upload"}),
    run("Answer", picture="Frog", temperature="2"),
    run("Feature maps", tensor="layer2.0", brightness="common", channel="3", row="2", column="4"),
    run("Residual + shortcut", at="layer1.1"),
    run("One number", layer="layer2.0.conv1"),
    run("Along the depth", norm_as="per value"),
    View("run", {**NET, "look": "Grad-CAM"}, {"class": "frog"}),
    run("For a detector", level="C1"),
    run("Several nets", nets="cifar-plain-20"),
    View("live", NET, {"paint": "Grad-CAM"}),
    View("live", {**NET, "paint": "one channel"}, {"paint_at": "stage 2", "paint_channel": "5"}),
    View("labs", {}, {"lab": "paths"}),
    View("labs", {"lab": "paths"}, {"guess": "just show me"}),
    lab("lesion", measure="answer changed", tried="cifar-resnet-20", pictures="7", draws="3", on="one picture"),
    lab("lesion", cut="cifar-resnet-20", without=["layer1.0"], weight="0.5"),
    lab("lesion", order=["layer1.2", "layer1.0"]),
    lab("paths", blocks="5"),
    lab("equivalences", paths="32 paths"),
    lab("scaling", factor="0.5"),
    lab("highway", bias="-4", measure_live="powers of ten"),
    lab("saving", survival="0.2"),
    lab("trial", layers="38", seconds="60"),
    View("learn", {}, {"timeline": ERROR, "claim": seed_claims.STATUSES[1]}),
    View("learn", {"timeline": ERROR}, {"protocol": [*timeline.protocols()][1]}),
    View("learn", {"lesson": "depth"}, {"step": "2", "wall": "1"}),
)


@pytest.fixture(scope="module")
def bound() -> Iterator[set[str]]:
    """The parameters that controls were bound to, gathered while the tests of this module run."""
    names: set[str] = set()
    usual = QueryParams.bind_widget

    def bind(link: QueryParams, param_key: str, *args: str, **more: str) -> None:
        names.add(param_key)
        usual(link, param_key, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QueryParams, "bind_widget", bind)
        yield names


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_nonsense_in_every_parameter_is_told_with_what_came_and_what_can_be_had_is_not(
    view: View, bound: set[str]
) -> None:
    app = opened(view.page, **view.link, **dict.fromkeys(view.parameters, NONSENSE))
    said = refusals(app)
    came = {found[1]: found[2] for sentence in said if (found := CAME.fullmatch(sentence))}
    came |= {"op": ""} if "ResNet-50 has no <b>frog</b>: pick another op." in said else {}
    assert came.keys() == view.parameters.keys()
    assert refusals(ran(app)) == said  # though Streamlit has taken it out of the link
    usual = {name: value.split(", ") if name == "nets" else value for name, value in came.items() if value}
    assert refusals(opened(view.page, **view.link, **usual)) == []
    assert refusals(opened(view.page, **view.link, **view.parameters)) == []


def test_no_parameter_is_missing_above(bound: set[str]) -> None:
    """Of whatever page: the tests above have opened them all."""
    assert bound - FREE == {name for view in VIEWS for name in view.parameters} - {*WITHOUT_CONTROL}


def test_what_came_is_told_until_something_else_is_chosen_or_another_page_opened() -> None:
    app = opened("compare", stages="frog")
    assert len(refusals(app)) == 1
    app.get_by_key("stages").set_value("conv2_x")
    assert refusals(ran(app)) == []
    app = opened("explore", op="layer3.9.conv2", colour="frog")
    app.query_params.clear()  # as the map does
    assert len(refusals(ran(app))) == 2
    app.get_by_key("net").set_value("resnet-18")
    (colour,) = refusals(ran(app))
    assert "colour=multiply-adds came instead" in colour
    assert refusals(ran(app.switch_page("views/verify.py"))) == []


def is_run_whole(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Runs the parts of a page alone, and says whether the whole page ran behind them."""
    page = app.session_state["page"]
    before = runs(page)
    fragments(app, monkeypatch)
    return runs(page) > before


@pytest.mark.parametrize(
    ("page", "link", "chosen"),
    [
        ("verify", {"verdict": "frog"}, {"verdict": "differ"}),
        ("verify", {"row": "frog"}, {"row": ROWS[1]}),
        ("learn", {"timeline": "frog"}, {"timeline": timeline.MEASURES[3]}),
        ("learn", {"claim": "frog"}, {"claim": [seed_claims.STATUSES[1]]}),
        ("run", {**NET, "look": "Feature maps", "channel": "frog"}, {"channel": 3}),
    ],
)
def test_what_came_is_told_until_a_part_that_runs_alone_has_something_else_chosen(
    page: str, link: dict[str, str], chosen: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = opened(page, **link)
    assert len(refusals(app)) == 1
    assert not is_run_whole(app, monkeypatch)
    for name, value in chosen.items():
        app.get_by_key(name).set_value(value)
    assert is_run_whole(app, monkeypatch)
    assert refusals(app) == []
    assert {name: app.session_state[name] for name in chosen} == chosen
    assert not is_run_whole(app, monkeypatch)


def test_another_op_of_the_map_ends_what_is_told_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("explore", op="frog")
    assert len(refusals(app)) == 1
    assert not is_run_whole(app, monkeypatch)
    app.query_params["op"] = "layer1.0.conv1"
    assert is_run_whole(app, monkeypatch)
    assert refusals(app) == []


def test_blocks_in_their_usual_order_are_what_a_link_may_ask_for() -> None:
    link = {"lab": "lesion", **SHOWN, "cut": "cifar-resnet-20"}
    assert refusals(opened("labs", **link, order=["layer1.0", "layer1.1"])) == []
    app = opened("labs", **link, order=["layer1.0", "frog"])
    assert len(refusals(app)) == 1
    app.query_params["order"] = ["layer1.2", "layer1.0"]  # as the tiles do
    assert refusals(ran(app)) == []


def sky() -> None:
    """A page that forgets what was chosen and ends before its control, to be run again at once."""
    import streamlit as st

    from app.components.controls import one_of
    from app.links import followed

    with followed("sky"):
        if st.session_state.pop("again", False):
            st.session_state.pop("colour", None)
            st.rerun()
        one_of("Colour", ["grey", "blue"], "colour")


def test_a_page_that_ends_before_a_control_it_has_told_of_is_run_again() -> None:
    app = AppTest.from_function(sky)
    app.query_params["colour"] = "frog"
    (said,) = refusals(ran(app))
    app.session_state["again"] = True
    assert refusals(ran(app)) == [said]


def test_a_choice_of_the_network_beside_its_text_is_shown_its_place() -> None:
    (sentence,) = refusals(opened("explore", size="abc"))
    assert sentence.endswith("knows it only within its own text: net=resnet-50,size=abc.")
    assert "frog" not in "".join(refusals(opened("explore", frog="frog")))  # nor is any stranger's


def test_an_order_of_blocks_is_not_taken_for_a_choice_of_the_network_before_there_are_blocks() -> None:
    assert refusals(opened("labs", lab="lesion", order=["layer1.1", "layer1.0"])) == []


def test_a_long_word_is_told_short() -> None:
    (sentence,) = refusals(opened("explore", colour="frog" * 500))
    assert len(sentence) < 200


NUMBERED = (
    ("run", {"net": "cifar-resnet-20", "look": "Feature maps"}, "channel"),
    ("live", {"net": "cifar-resnet-20", "paint": "one channel"}, "paint_channel"),
)


@pytest.mark.parametrize(("page", "link", "name"), NUMBERED)
@pytest.mark.parametrize("number", ["1e999", "-inf", "nan"])
def test_a_number_without_end_is_told_as_any_nonsense(page: str, link: dict[str, str], name: str, number: str) -> None:
    app = opened(page, **link, **{name: number})
    (told,) = [said for said in refusals(app) if f"{name}={number}" in said]
    assert told in refusals(ran(app))


@pytest.mark.parametrize(("page", "link", "name"), NUMBERED)
def test_a_number_without_end_is_told_where_a_control_had_a_better_one(
    page: str, link: dict[str, str], name: str
) -> None:
    """As the browser's way back leads to it."""
    app = ran(opened(page, **link, **{name: "3"}))
    app.query_params[name] = "1e999"
    assert [said for said in refusals(ran(app)) if f"{name}=1e999" in said]
