"""Verify by mouse: the paper's table holds."""

from playwright.sync_api import expect

from .conftest import NewWindow


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
