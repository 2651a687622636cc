"""Compare by mouse: from a pair over its sentence to a point of the trade-offs, and back by the link."""

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import expect

from .conftest import NewWindow

POINT = ".st-key-tradeoffs_figure .scatterlayer path.point"


def test_a_pair_is_clicked_turned_round_and_a_point_taken_beside_it(new_window: NewWindow) -> None:
    window = new_window("/compare")
    window.shows("Why does a library's ResNet-50 compute more than the paper's?", "+231.2 M multiply-adds")
    window.click("pair", "plain ⇄ residual")
    window.shows("What do shortcuts cost?", "multiply-adds and parameters unchanged")
    expect(window.page).to_have_url(re.compile(r"net=plain-34"))
    window.page.get_by_role("button", name="⇄ Swap").click()
    expect(window.page.locator("ol.rx-changes")).to_contain_text("Shortcuts taken away")
    named = parse_qs(urlsplit(window.page.url).query)
    assert (named["net"], named["with"]) == (["resnet-34,shortcut=A"], ["plain-34"])

    window.page.get_by_role("tab", name="Trade-offs").click()
    points = window.page.locator(POINT)
    expect(points.first).to_be_visible()
    expect(window.part("picked_point")).to_contain_text("Click a point")
    leftmost = min((box for point in points.all() if (box := point.bounding_box())), key=lambda box: box["x"])
    window.page.mouse.click(leftmost["x"] + leftmost["width"] / 2, leftmost["y"] + leftmost["height"] / 2)
    button = window.part("take_beside").get_by_role("button")
    expect(button).to_be_visible()
    taken = window.part("picked_point").get_by_role("link").get_attribute("href") or ""
    button.click()
    expect(window.page.get_by_role("tab", name="What changed")).to_have_attribute("aria-selected", "true")
    (other,) = parse_qs(urlsplit(taken).query)["net"]
    expect(window.page).to_have_url(re.compile("[?&]with="))
    assert parse_qs(urlsplit(window.page.url).query)["with"] == [other]

    again = new_window(window.page.url.removeprefix(window.address), theme="dark", width=390)
    expect(again.page.locator(".rx-heading span").first).to_have_text(
        window.page.locator(".rx-heading span").first.inner_text()
    )
    assert again.overflow() <= 0
