"""The pages as Streamlit runs them, without a browser: every net, every control, nonsense in the link."""

import re
import subprocess
import sys
from html import unescape
from types import SimpleNamespace

import pytest
from pages import MAIN, opened, page_text, ran
from served import ROOT
from streamlit.testing.v1 import AppTest

from app import picker
from app.components.crosscheck import MOST_ROWS
from resnet_core import FAMILIES, ZOO, analyse, parse, units
from resnet_core.choices import labels, offered, values, varying
from resnet_core.codec import write
from resnet_core.describe import CHOICE, subtitle, title
from resnet_core.verify import paper_figure

PAGES = ("views/explore.py", "views/verify.py", "views/run.py", "views/live.py")


def refusals(app: AppTest) -> list[str]:
    return [unescape(text) for text in re.findall(r'role="alert">(.*?)</p>', page_text(app), re.DOTALL)]


def choose(app: AppTest, widget: str, value: str) -> AppTest:
    app.get_by_key(widget).set_value(value)
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("name", ZOO)
def test_every_network_of_the_zoo_opens_from_its_link_with_its_own_numbers(name: str) -> None:
    text = page_text(opened(net=name))
    totals = analyse(ZOO[name]).totals
    assert title(ZOO[name]) in text
    assert f"<strong>{units.count(totals.params)}</strong>" in text
    assert f"<strong>{units.count(totals.macs)}</strong>" in text


def test_the_first_view_is_resnet_50_with_the_papers_figure_and_why_it_holds() -> None:
    text = page_text(opened())
    assert "ResNet-50" in text
    assert "by truncation" in text
    assert paper_figure(parse("resnet-50"), "macs").sentence in text


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(page: str) -> None:
    app = opened()
    app.switch_page(page).run()
    assert not app.exception
    assert page_text(app)


@pytest.mark.parametrize("family", [family.title for family in FAMILIES])
def test_a_family_leads_to_one_of_its_networks(family: str) -> None:
    app = choose(opened(), "pick_family", family)
    rows = next(one.rows for one in FAMILIES if one.title == family)
    assert app.session_state["net"].partition(",")[0] in rows


@pytest.mark.parametrize(
    ("widget", "value", "text"),
    [
        ("pick_depth", "101", "resnet-101"),
        ("pick_block", "basic", "resnet-34"),
        ("pick_size", "32", "resnet-50,size=32"),
        ("pick_shortcut", "A", "resnet-50,shortcut=A"),
        ("pick_shortcut", "none", "resnet-50,shortcut=none"),
        ("pick_stride_on", "3x3", "resnet-50-v1.5"),
        ("pick_order", "pre", "resnet-50-v2"),
        ("pick_stem", "cifar", "resnet-50,stem=cifar"),
        ("type_depths", "1-2-3", "resnet-50,depths=1-2-3"),
        ("type_width", "32", "resnet-50,width=32"),
        ("type_classes", "10", "resnet-50,classes=10"),
    ],
)
def test_a_control_changes_the_text_of_the_network_and_nothing_else(widget: str, value: str, text: str) -> None:
    app = choose(opened(), widget, value)
    assert app.session_state["net"] == text
    assert title(parse(text)) in page_text(app)


def test_controls_follow_a_link() -> None:
    app = opened(net="resnet-34,shortcut=A,size=32")
    shown = {key: app.get_by_key(f"pick_{key}").value for key in ("depth", "block", "size", "shortcut", "order")}
    assert shown == {"depth": "34", "block": "basic", "size": "32", "shortcut": "A", "order": "post"}


def test_choosing_and_opening_the_link_are_the_same_view() -> None:
    chosen = opened()
    for widget, value in (("pick_depth", "34"), ("pick_size", "32"), ("pick_shortcut", "A")):
        choose(chosen, widget, value)
    linked = opened(net=chosen.session_state["net"])
    assert page_text(linked) == page_text(chosen)


TYPED = {
    "depths": "2-2-2",
    "width": "24",
    "widen": "3",
    "groups": "4",
    "group_width": "8",
    "growth": "20",
    "compression": "0.75",
    "survival": "0.8",
    "gate_bias": "-3",
    "classes": "7",
}


def controls(app: AppTest) -> dict[str, str]:
    """The fields of the spec that the sidebar shows, each with the key of its widget."""
    keys = {field: (f"pick_{field}", f"type_{field}") for field in CHOICE}
    shown = {widget.key for kind in ("selectbox", "button_group", "text_input") for widget in app.get(kind)}
    return {field: key for field, both in keys.items() for key in both if key in shown}


@pytest.mark.parametrize(
    "net",
    [
        *(next(iter(family.rows)) for family in FAMILIES),
        "cifar-resnet-20,skip=shortcut-gating",
        "cifar-resnet-20,survival=0.5",
        "resnext-50-32x4d,form=b",
    ],
)
def test_every_control_of_every_family_gives_a_network_whose_link_is_the_same_view(net: str) -> None:
    app = opened(net=net)
    shown = controls(app)
    assert shown.keys() == offered(parse(net))
    for field, key in shown.items():
        if key not in controls(app).values() or key == "pick_size":  # gone, for another choice rules it out
            continue
        before = parse(app.session_state["net"])
        if key.startswith("type_"):
            choose(app, key, TYPED[field])
        else:
            choose(app, key, next(value for value in values(before, field) if value != write(before, field)))
        after = parse(app.session_state["net"])
        assert (after == before) == bool(refusals(app))
        assert subtitle(after) in unescape(page_text(app))
    assert page_text(opened(net=app.session_state["net"])) == page_text(app)


@pytest.mark.parametrize(
    "family", [family for family in FAMILIES if len(labels(family)) > 1], ids=lambda one: one.title
)
def test_each_network_of_a_family_is_chosen_by_its_button_or_from_its_list(family) -> None:
    first, *rest = family.rows
    app = opened(net=first)
    for name in rest:
        if "release" in varying(family):
            choose(app, "pick_release", family.rows[name].release)
        else:
            choose(app, "pick_depth", labels(family)[name])
        assert app.session_state["net"] == name


def test_a_chosen_size_stays_with_the_next_family_where_it_can() -> None:
    app = choose(opened(net="resnet-50,size=97x64"), "pick_family", "DenseNet")
    assert app.session_state["net"] == "densenet-121,size=97x64"
    choose(app, "pick_family", "AlexNet")  # whose classifier takes no such map
    assert app.session_state["net"] == "alexnet"
    choose(app, "pick_family", "CIFAR ResNet")
    assert parse(app.session_state["net"]).size == (32, 32)


def test_a_refused_text_stays_in_its_field_to_be_mended() -> None:
    app = choose(opened(net="densenet-121"), "type_growth", "many")
    assert len(refusals(app)) == 1
    assert app.get_by_key("type_growth").value == "many"
    choose(app, "type_growth", "24")
    assert app.session_state["net"] == "densenet-121,growth=24"
    assert not refusals(app)


@pytest.mark.parametrize("page", ["views/run.py", "views/live.py"])
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_run_and_live_say_what_they_lack_for_every_family(family, page: str) -> None:
    app = opened(net=next(iter(family.rows)))
    app.switch_page(page).run()
    assert not app.exception
    assert page_text(app)


def test_another_size_is_typed() -> None:
    app = choose(opened(), "pick_size", "other…")
    choose(app, "type_size", "97x64")
    assert app.session_state["net"] == "resnet-50,size=97x64"
    assert "97×64" in page_text(app)


def test_another_network_closes_the_field_for_another_size() -> None:
    app = choose(opened(), "pick_size", "other…")
    assert [field for field in app.text_input if field.key == "type_size"]
    choose(app, "pick_depth", "18")
    assert app.get_by_key("pick_size").value == "224"
    assert not [field for field in app.text_input if field.key == "type_size"]


@pytest.mark.parametrize(
    "nonsense",
    [
        "no-such-net",
        "resnet-50,size=0",
        "resnet-50,size=99999999",
        "cifar-resnet-21",
        "plain-34,shortcut=C",
        "<script>alert(1)</script>",
        "resnet-50,depths=" + "9-" * 200,
        "ресnet",
        ",,,",
        "=",
    ],
)
def test_a_link_that_says_no_network_shows_the_usual_one_and_one_sentence(nonsense: str) -> None:
    app = opened(net=nonsense)
    (sentence,) = refusals(app)
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    assert "ResNet-50" in page_text(app)


@pytest.mark.parametrize("key", ["colour", "along"])
def test_nonsense_in_any_other_parameter_leaves_the_page_as_it_is_beneath_a_sentence(key: str) -> None:
    app = opened(**{key: "<b>nonsense</b>"})
    assert page_text(app).endswith(page_text(opened()))
    assert len(refusals(app)) == 1


def test_a_choice_that_cannot_be_is_refused_in_a_sentence_and_changes_nothing() -> None:
    app = choose(opened(), "type_depths", "0-0")
    assert app.session_state["net"] == "resnet-50"
    assert len(refusals(app)) == 1
    choose(app, "pick_depth", "18")
    assert not refusals(app)


def test_a_refused_text_leaves_the_last_network_standing() -> None:
    app = choose(opened(net="resnet-34"), "net", "resnet-34,size=1")
    assert len(refusals(app)) == 1
    assert "ResNet-34" in page_text(app)


def test_an_op_in_the_link_is_fixed_and_one_that_the_network_lacks_is_named_in_one_line() -> None:
    assert "has no" not in page_text(opened(net="resnet-50", op="layer3.1.conv2"))
    app = opened(net="resnet-50", op="layer3.9.<b>conv2</b>")
    assert "ResNet-50 has no layer3.9.&lt;b&gt;conv2&lt;/b&gt;: pick another op." in page_text(app)
    choose(app, "pick_depth", "101")
    assert "ResNet-101 has no layer3.9" in page_text(app)


def test_the_map_comes_without_torch_and_without_a_plotly_figure() -> None:
    program = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({MAIN!r}, default_timeout=60).run()
assert not app.exception and app.get("bidi_component")
print("torch" in sys.modules, len(app.get("plotly_chart")))
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["False 0"], done.stderr


def test_torchinfo_ends_up_agreeing_on_the_page() -> None:
    app = opened(net="cifar-resnet-20")
    for _ in range(100):
        if "torchinfo agrees" in page_text(app):
            break
        import time

        time.sleep(0.2)
        app.run()
    assert "torchinfo agrees on all" in page_text(app)
    again = page_text(opened(net="cifar-resnet-20"))  # somebody else, who waits no more
    assert "torchinfo agrees on all" in again
    assert "Output shape, parameters and multiply-adds of every module were compared." in again
    assert "torchinfo is counting" not in again


def test_torchinfo_is_not_asked_about_a_network_that_would_keep_everyone_waiting() -> None:
    assert len(analyse(ZOO["cifar-resnet-1202"]).rows) < MOST_ROWS
    text = page_text(opened(net="cifar-resnet-1202,depths=333-333-334"))
    assert "torchinfo is not asked about more than 5,000 rows" in text
    assert "torchinfo is counting" not in text


def test_two_choices_that_come_in_one_message_both_count() -> None:
    app = opened(net="resnet-50")
    app.get_by_key("pick_depth").set_value("34")
    app.get_by_key("pick_shortcut").set_value("A")
    assert ran(app).query_params["net"] == "resnet-34,shortcut=A"


def test_a_control_that_is_gone_takes_no_click_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser that has not heard yet that ResNet-18 has no such choice sends the value of it along with a click."""
    said = {"net": "resnet-18", "last_good": "resnet-18", "pick_depth": "152", "pick_stride_on": "3x3"}
    state: dict[str, object] = {**said, picker._DRAWN: {"pick_depth"}}
    monkeypatch.setattr(picker, "st", SimpleNamespace(session_state=state))
    picker._choose("pick_stride_on", picker._changing("stride_on"))
    assert state["net"] == "resnet-18"
    picker._choose("pick_depth", lambda old, new: parse(f"resnet-{new}"))
    picker._choose("pick_stride_on", picker._changing("stride_on"))
    assert state["net"] == "resnet-152"
    state[picker._DRAWN] = {"pick_depth", "pick_stride_on"}
    picker._choose("pick_stride_on", picker._changing("stride_on"))
    assert state["net"] == "resnet-152-v1.5"


def test_a_choice_beside_a_text_that_is_none_changes_the_last_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, object] = {"net": "resnet-x", "last_good": "resnet-34", "pick_shortcut": "A"}
    monkeypatch.setattr(picker, "st", SimpleNamespace(session_state=state))
    picker._choose("pick_shortcut", picker._changing("shortcut"))
    assert state["net"] == "resnet-34,shortcut=A"
