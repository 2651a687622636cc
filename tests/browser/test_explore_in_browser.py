"""Explore by mouse: choosing, linking, going back, reading the tables, taking them along."""

import csv
import json
import re
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import expect

from resnet_core import analyse, parse, units
from resnet_core.export import FORMATS, table

from .conftest import NewWindow
from .window import Window

CHOSEN = "resnet-34,shortcut=A,size=32"
PARAMETERS = "21.62 M"


def link(window: Window) -> dict[str, list[str]]:
    return parse_qs(urlparse(window.page.url).query)


def choose_resnet_34_at_32_pixels_with_option_a(window: Window) -> None:
    window.click("pick_depth", "34")
    window.shows("ResNet-34", "224×224")
    window.click("pick_size", "32")
    window.shows("ResNet-34", "32×32")
    window.click("pick_shortcut", "A")
    window.shows("ResNet-34", "option A · 32×32")


def test_a_network_is_chosen_by_its_buttons_read_and_opened_in_a_second_window(new_window: NewWindow) -> None:
    first = new_window()
    choose_resnet_34_at_32_pixels_with_option_a(first)
    expect(first.card("Layers")).to_have_text("34")
    expect(first.card("Parameters")).to_have_text(PARAMETERS)
    expect(first.card("Multiply-adds")).to_have_text(units.count(analyse(parse(CHOSEN)).totals.macs))
    first.page.wait_for_url(re.compile("size%3D32"))
    assert link(first) == {"net": [CHOSEN]}

    second = new_window(first.page.url.removeprefix(first.address), elsewhere=True)
    second.shows("ResNet-34", "option A · 32×32")
    for window in (first, second):
        expect(window.page.locator(".map .box").first).to_be_attached()
    for part in (".rx-heading", ".rx-cards", ".rx-note", ".map .inspector"):
        assert second.page.locator(part).first.inner_text() == first.page.locator(part).first.inner_text()
    for group, chosen in (("depth", "34"), ("size", "32"), ("shortcut", "A"), ("block", "basic")):
        expect(second.part(f"pick_{group}").get_by_role("radio", checked=True)).to_have_text(chosen)
    expect(second.name_and_link).to_have_value(CHOSEN)


def test_going_back_restores_each_view_before_and_forward_the_next(window: Window) -> None:
    choose_resnet_34_at_32_pixels_with_option_a(window)
    views = [
        ("ResNet-34", "32×32", ["resnet-34,size=32"]),
        ("ResNet-34", "224×224", ["resnet-34"]),
        ("ResNet-50", "224×224", None),
    ]
    for title, subtitle, net in views:
        window.page.go_back()
        window.shows(title, subtitle)
        assert link(window).get("net") == net
    window.page.go_forward()
    window.shows("ResNet-34", "224×224")
    expect(window.card("Parameters")).to_have_text("21.80 M")


def test_a_typed_name_is_shown_and_a_refused_one_leaves_the_view_with_one_sentence(window: Window) -> None:
    field = window.name_and_link
    field.fill("cifar-resnet-56")
    field.press("Enter")
    window.shows("CIFAR ResNet-56", "32×32")
    field.fill("cifar-resnet-57")
    field.press("Enter")
    refusal = window.page.get_by_role("alert")
    expect(refusal).to_have_count(1)
    expect(refusal).to_contain_text("57 layers is not 6n+2")
    expect(window.card("Layers")).to_have_text("56")
    window.click("pick_depth", "20")
    window.shows("CIFAR ResNet-20")
    expect(refusal).to_have_count(0)


def test_torchinfo_ends_up_agreeing_on_every_row_but_the_sums(window: Window) -> None:
    rows = [row for row in analyse(parse("resnet-50")).rows if row.kind != "add"]  # no module of its own
    expect(window.page.get_by_text(f"torchinfo agrees on all {len(rows)} rows")).to_be_visible()


def test_the_depth_is_drawn_when_asked_for_and_is_a_link(new_window: NewWindow) -> None:
    window = new_window()
    window.part("along").get_by_text("Along the depth").click()
    expect(window.part("depth_figure")).to_contain_text("weighted layer, first to last")
    window.page.wait_for_url(re.compile("along="))
    again = new_window(window.page.url.removeprefix(window.address))
    expect(again.part("depth_figure")).to_contain_text("multiply-adds")


def test_families_are_chosen_by_mouse_with_the_controls_that_mean_something_there(window: Window) -> None:
    window.choose("pick_family", "DenseNet")
    window.shows("DenseNet-121")
    window.click("pick_depth", "169")
    window.shows("DenseNet-169")
    window.click("pick_depth", "121")
    window.shows("DenseNet-121")
    expect(window.card("Parameters")).to_have_text("7.979 M")
    expect(window.page.locator(".map .overview")).to_contain_text("dense block 4")
    expect(window.part("pick_shortcut")).to_have_count(0)
    window.choose("pick_family", "ResNeXt")
    window.choose("pick_depth", "50 (8×14d)")
    window.shows("ResNeXt-50 (8×14d)")
    expect(window.page.locator(".map .inspector")).to_contain_text("C=8")
    window.choose("pick_family", "GoogLeNet")
    window.click("pick_aux", "two")
    window.shows("GoogLeNet with auxiliary heads")
    expect(window.page.locator(".map .overview [aria-label*=aux2]")).to_be_attached()
    window.page.wait_for_url(re.compile("aux%3Dyes"))
    assert link(window) == {"net": ["googlenet,aux=yes"]}


def test_each_table_can_be_taken_along(window: Window) -> None:
    taken: dict[str, str] = {}
    window.part("take_away").get_by_role("button", name="Take it away").click()
    for name in ("csv", "markdown", "latex", "json"):
        with window.page.expect_download() as begun:
            window.part(f"download_{name}").get_by_role("button").click()
        assert begun.value.suggested_filename == f"resnet-50{FORMATS[name].suffix}"
        taken[name] = begun.value.path().read_text(encoding="utf-8")
        assert taken[name] == table(parse("resnet-50"), name)
    assert json.loads(taken["json"])["totals"]["params"] == 25_557_032
    assert {row["layer"] for row in csv.DictReader(taken["csv"].splitlines())} >= {"conv1", "layer4.2.conv3", "fc"}
    assert taken["markdown"].count("25,557,032") == taken["latex"].count("25,557,032") == 1
