"""Compare by mouse, light and dark: from a pair over its sentence, a table and a point of the trade-offs, and back."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from resnet_core import parse
from resnet_core.compare import compare
from resnet_core.comparison_export import comparison_table

from .conftest import NewWindow
from .window import Window

POINT = ".st-key-tradeoffs_figure .scatterlayer path.point"


def named(window: Window) -> tuple[list[str] | None, list[str] | None]:
    query = parse_qs(urlsplit(window.page.url).query)
    return query.get("net"), query.get("with")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_pair_is_clicked_turned_round_taken_along_and_a_point_taken_beside_it(
    new_window: NewWindow, theme: str
) -> None:
    window = new_window("/compare", theme=theme)
    page, one = window.page, window.page.locator(".rx-one b")
    window.shows("Why does a library's ResNet-50 compute more than the paper's?", "+231.2 M multiply-adds")
    window.click("pair", "plain ⇄ residual")
    window.shows("What do shortcuts cost?", "multiply-adds and parameters unchanged")
    expect(page).to_have_url(re.compile(r"net=plain-34"))
    expect(one).to_have_text("plain-34")
    page.get_by_role("button", name="⇄ Swap").click()
    expect(page.locator("ol.rx-changes")).to_contain_text("Shortcuts taken away")
    expect(one).to_have_text("resnet-34,shortcut=A")
    expect(window.name_and_link).to_have_value("resnet-34,shortcut=A")
    expect(page.get_by_test_id("stToast").last).to_contain_text("The sidebar now shows resnet-34,shortcut=A.")
    assert named(window) == (["resnet-34,shortcut=A"], ["plain-34"])

    # each is one step of the history
    page.go_back()
    expect(one).to_have_text("plain-34")
    assert named(window) == (["plain-34"], ["resnet-34,shortcut=A"])
    page.go_back()
    window.shows("Why does a library's ResNet-50 compute more than the paper's?")
    page.go_forward()
    page.go_forward()
    expect(page.locator("ol.rx-changes")).to_contain_text("Shortcuts taken away")

    # the ops that differ, then all of them; and the table of them taken along
    ops = page.locator("table.rx-ops")
    expect(ops).not_to_contain_text("maxpool")
    window.click("only", "Only what differs")
    expect(ops).to_contain_text("maxpool")
    window.part("take_away").get_by_role("button", name="Take it away").click()
    with page.expect_download() as begun:
        window.part("download_csv").get_by_role("button").click()
    found = compare(parse("resnet-34,shortcut=A"), parse("plain-34"))
    assert begun.value.path().read_text(encoding="utf-8") == comparison_table(found, "csv")
    page.keyboard.press("Escape")

    page.get_by_role("tab", name="Trade-offs").click()
    points = page.locator(POINT)
    expect(points.first).to_be_visible()
    expect(window.part("picked_point")).to_contain_text("Click a point")
    leftmost = min((box for point in points.all() if (box := point.bounding_box())), key=lambda box: box["x"])
    page.mouse.click(leftmost["x"] + leftmost["width"] / 2, leftmost["y"] + leftmost["height"] / 2)
    button = window.part("take_beside").get_by_role("button")
    expect(button).to_be_visible()
    taken = window.part("picked_point").get_by_role("link").get_attribute("href") or ""
    button.click()
    expect(page.get_by_role("tab", name="What changed")).to_have_attribute("aria-selected", "true")
    (other,) = parse_qs(urlsplit(taken).query)["net"]
    expect(page).to_have_url(re.compile(f"[?&]with={other}"))

    if theme == "dark":
        again = new_window(page.url.removeprefix(window.address), theme=theme, width=390)
        expect(again.page.locator(".rx-heading span").first).to_have_text(
            page.locator(".rx-heading span").first.inner_text()
        )
        assert again.overflow() <= 0
