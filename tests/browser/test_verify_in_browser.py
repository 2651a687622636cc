"""Verify by mouse: the paper's table holds."""

import re

import pytest
from playwright.sync_api import Position, expect
from served import ROOT

from resnet_core.verify import kept, verify

from .conftest import NewWindow

WEIGHTS = ROOT / "assets" / "weights" / "cifar-resnet-20.safetensors"
# Of the first row of the ledger, which is painted on a canvas: its box, and the cell with the network's name.
FIRST_ROW: tuple[Position, ...] = ({"x": 18, "y": 52}, {"x": 120, "y": 52})


def test_table_one_agrees_cell_by_cell_and_says_by_which_rounding(new_window: NewWindow) -> None:
    window = new_window("/verify")
    table = window.part("card_table_one")
    expect(table).to_contain_text("3.8 G3.858 G✓ by truncation")
    expect(table).not_to_contain_text("✗")
    assert table.inner_text().count("✓") > 30


def test_the_network_of_the_sidebar_is_held_against_what_was_published_of_it(new_window: NewWindow) -> None:
    window = new_window()
    window.click("pick_stride_on", "3×3")
    window.shows("ResNet-50 v1.5")
    window.page.get_by_role("link", name="Verify").click()
    window.shows("Do the printed numbers hold?", "published figures:")
    verdicts = window.part("card_network_verdicts")
    expect(verdicts).to_contain_text("What was published of ResNet-50 v1.5")
    expect(verdicts).to_contain_text("25,557,032")
    figures = window.part("card_ledger").get_by_test_id("stDataFrame").locator("table tbody tr")
    expect(figures.first).to_contain_text("ResNet-18")
    window.page.get_by_role("link", name="Explore").click()
    window.shows("ResNet-50 v1.5")


@pytest.mark.parametrize("place", FIRST_ROW)
def test_a_click_on_a_row_shows_the_way_to_its_figure(new_window: NewWindow, place: Position) -> None:
    window = new_window("/verify")
    window.part("card_ledger").get_by_role("textbox", name="Search").fill("vgg-16 15.3")
    window.page.keyboard.press("Enter")
    expect(window.part("card_ledger")).to_contain_text("1 of ")
    window.part("card_ledger").locator(".dvn-scroller").click(position=place)
    way = window.part("card_way")
    expect(way).to_contain_text("Multiply-adds of VGG-16: 15.3 G")
    expect(way.locator(".rx-fall li").first).to_contain_text("15.47 G")
    expect(way.locator(".rx-fall li").last).to_contain_text("15.3 G")
    expect(window.page).to_have_url(re.compile("figure=VGG-16"))


def test_a_filter_shows_what_differs_and_by_how_much(new_window: NewWindow) -> None:
    window = new_window("/verify")
    window.click("verdict", "differ")
    differing = kept(verify(), which="differ")
    expect(window.part("card_ledger")).to_contain_text(f"{len(differing)} of {len(verify())} figures")
    expect(window.part("card_ledger").locator("table tbody tr").first).to_contain_text(differing[0].conclusion)


def test_what_a_link_cannot_have_is_told_until_another_is_chosen(new_window: NewWindow) -> None:
    window = new_window("/verify?verdict=frog&row=frog")
    told = window.page.get_by_role("alert")
    expect(told).to_have_count(2)
    expect(told.first).to_contain_text("verdict=all came instead")
    window.click("verdict", "differ")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("row=")
    expect(window.page).to_have_url(re.compile("verdict=differ"))
    differing = kept(verify(), which="differ")
    expect(window.part("card_ledger")).to_contain_text(f"{len(differing)} of {len(verify())} figures")
    window.click("verdict", "all")
    expect(window.part("card_ledger")).to_contain_text(f"{len(verify())} of {len(verify())} figures")
    expect(told).to_have_count(1)


def test_a_count_names_its_network_and_the_link_opens_it(new_window: NewWindow) -> None:
    window = new_window("/verify")
    which = window.part("card_which")
    count = which.get_by_role("textbox", name="Count")
    count.fill("4,12 G")
    count.press("Enter")
    expect(which.get_by_role("alert")).to_have_count(1)
    expect(which.get_by_role("alert")).to_contain_text("4.12")
    count.fill("25,557,032")
    count.press("Enter")
    expect(which.locator("tbody tr").first).to_contain_text("what was given")
    which.get_by_role("link", name="resnet-50", exact=True).click()
    window.shows("ResNet-50")


def test_a_state_dict_is_recognised_by_the_header_of_its_file_and_a_pickle_is_not_opened(new_window: NewWindow) -> None:
    window = new_window("/verify?given=state_dict")
    which = window.part("card_which")
    file = which.get_by_test_id("stFileUploaderDropzoneInput")
    file.set_input_files(WEIGHTS)
    expect(which.locator("tbody tr").first).to_contain_text("✓ yes")
    expect(which.locator("tbody tr").first).to_contain_text("cifar-resnet-20")
    lying = (2**40).to_bytes(8, "little") + b'{"conv1.weight": 1}'
    for name, content, says in (
        ("model.pt", b"\x80\x02}q\x00.", "pickle"),
        ("lying.safetensors", lying, "header"),
        ("empty.txt", b" ", "There is nothing in it"),
    ):
        file.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": content})
        expect(which.get_by_role("alert")).to_contain_text(says)
        expect(which.get_by_role("alert")).to_have_count(1)
