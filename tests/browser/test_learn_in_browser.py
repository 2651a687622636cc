"""Learn by mouse: a point of the timeline opens its network, and a filtered list of claims is a link."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import NewWindow

QUESTION = "How did networks become deep, and is what is told of them true?"
POINT = ".st-key-timeline_figure .scatterlayer path.point"


@pytest.mark.parametrize("way", ["/learn", "/learn?net=vgg-19", "/learn?timeline=multiply-adds"])
def test_a_click_on_a_point_opens_its_network_and_a_step_back_the_timeline(new_window: NewWindow, way: str) -> None:
    window = new_window(way)
    window.shows(QUESTION)
    points = window.page.locator(POINT)
    expect(points).to_have_count(20)
    window.part("timeline_figure").scroll_into_view_if_needed()
    oldest_but_one = sorted((box["x"], box) for box in (point.bounding_box() for point in points.all()) if box)[1][1]
    window.page.mouse.click(
        oldest_but_one["x"] + oldest_but_one["width"] / 2, oldest_but_one["y"] + oldest_but_one["height"] / 2
    )
    window.shows("AlexNet")
    expect(window.page).to_have_url(re.compile(r"/\?net=alexnet$"))
    window.page.go_back()
    window.shows(QUESTION)
    expect(window.page).to_have_url(f"{window.address}{way}")


def test_a_filtered_list_is_a_link_and_each_claim_leads_to_its_view(new_window: NewWindow) -> None:
    window = new_window("/learn")
    window.click("claim", "wrong")
    window.page.get_by_role("textbox", name="Search").fill("24 million")
    window.page.keyboard.press("Enter")
    claims = window.page.locator(".rx-said")
    expect(claims).to_have_count(1)
    expect(claims).to_contain_text("6.999 M")
    for part in ("claim=wrong", "about=24"):
        expect(window.page).to_have_url(re.compile(rf"[?&]{part}"))
    again = new_window(window.page.url.removeprefix(window.address))
    expect(again.page.locator(".rx-said")).to_have_count(1)
    again.page.get_by_role("link", name="GoogLeNet in Explore").click()
    again.shows("GoogLeNet")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_no_wider_than_its_window(new_window: NewWindow, width: int) -> None:
    window = new_window("/learn?timeline=top-5%20error", width=width)
    expect(window.page.locator(POINT)).to_have_count(20)
    window.page.get_by_text("The same as a table, with links and sources").click()
    expect(window.page.get_by_role("link", name="LeNet-5", exact=True)).to_be_visible()
    assert window.overflow() <= 0
