"""From an op in Explore to one number of it in a picture, by links and clicks."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import NewWindow
from .test_sight_in_browser import NET, clicked
from .window import Window

LAYER = "layer2.0.conv2"


def test_an_op_leads_to_one_number_of_it_and_a_click_to_another_which_the_link_keeps(new_window: NewWindow) -> None:
    window = new_window(f"/?net={NET}&op={LAYER}")
    expect(window.part("card_op_inspector")).to_contain_text("nn.Conv2d(32, 32, kernel_size=3, padding=1, bias=False)")
    expect(window.part("card_block_inspector")).to_contain_text("y = F(x) + shortcut(x): 32×32×16 becomes 16×16×32")
    window.part("card_op_inspector").get_by_role("link", name="one number of it").click()
    way = window.part("number_way")
    expect(way).to_contain_text("Σ of 288 products = ")
    clicked(window, "cells", 15.5 / 16, 0.5 / 16)
    expect(window.page).to_have_url(re.compile(r"row=0&column=15|column=15&row=0"))
    expect(window.part("card_sight")).to_contain_text("The cell in row 0, column 15")
    expect(window.part("card_sight").locator("td.rx-outside")).to_have_count(3 * 4 * 5)
    found, again = sentence(window), window.page.url
    window.page.reload()
    expect(way).to_contain_text(found)
    assert window.page.url == again


def sentence(window: Window) -> str:
    text = window.part("number_way").locator(".rx-way").text_content()
    assert text
    return text


@pytest.mark.parametrize("path", [f"/?net={NET}&op={LAYER}", f"/run?net={NET}&look=One+number"])
def test_it_fits_a_telephone(new_window: NewWindow, path: str) -> None:
    window = new_window(path, width=390, theme="dark")
    expect(window.page.locator(".rx-lanes, .rx-way").first).to_be_visible()
    assert window.overflow() <= 0
