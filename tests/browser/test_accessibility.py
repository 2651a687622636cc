"""axe-core over every page, and what it cannot see: focus, motion, and windows from a telephone to a wall."""

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import expect

from .addresses import ADDRESSES, PATHS
from .conftest import NewWindow
from .window import IDLE, Window

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
OF_STREAMLIT = {
    ("scrollable-region-focusable", "['pre']"): "st.code takes no tab stop; its copy button does",
}
"""What Streamlit draws and no style of ours mends: the rule and a part of the selector, with the reason."""
SCREENS = (("light", 390), ("dark", 1440))
"""Either theme has the same elements in any window, and what is scrolled sideways is so in the narrow one."""
WIDTHS = (390, 600, 768, 1024, 1920, 2560)
WIDEST = 1600
BACKGROUNDS = {"light": "rgb(247, 248, 250)", "dark": "rgb(20, 23, 27)"}

SLOWEST = """() => Math.max(...[...document.querySelectorAll('*')].flatMap(element => {
    const style = getComputedStyle(element);
    return [style.transitionDuration, style.animationDuration].flatMap(list => list.split(',').map(parseFloat));
}))"""
"""Seconds that any change of any element takes."""


def settled(window: Window) -> None:
    """Nothing runs, nothing spins, and what came is painted."""
    expect(window.page.get_by_test_id("stSpinner")).to_have_count(0)
    expect(window.page.get_by_test_id("stSkeleton")).to_have_count(0)
    window.page.wait_for_selector(IDLE)
    window.page.wait_for_load_state("networkidle")
    window.page.wait_for_timeout(500)  # Streamlit fades what it replaces


def findings(window: Window) -> list[str]:
    """What axe-core takes for grave, a line for each element, but for what is known of Streamlit."""
    found: dict[str, Any] = window.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
        if not any(rule["id"] == known and part in str(node["target"]) for known, part in OF_STREAMLIT)
    ]


@pytest.mark.parametrize("path", ADDRESSES)
def test_axe_finds_nothing_grave_in_either_theme(new_window: NewWindow, path: str) -> None:
    window = new_window(path)
    window.page.evaluate(AXE)
    for theme, width in SCREENS:
        window.page.set_viewport_size({"width": width, "height": 900})
        window.page.emulate_media(color_scheme=theme)
        expect(window.page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS[theme])
        settled(window)
        assert findings(window) == [], f"{theme}, {width} pixels"


def test_axe_would_find_a_picture_without_a_name_and_text_that_is_too_pale(window: Window) -> None:
    """The positive control of the test above."""
    window.shows("ResNet-50")
    window.page.evaluate(AXE)
    window.page.evaluate(
        """document.querySelector('.rx-heading').innerHTML += '<img src="data:,"><p style="color:#ddd">pale</p>'"""
    )
    assert sorted({line.partition(":")[0] for line in findings(window)}) == ["color-contrast", "image-alt"]


@pytest.mark.parametrize("path", PATHS.values())
def test_a_page_fits_from_a_telephone_to_a_wall(new_window: NewWindow, path: str) -> None:
    window = new_window(path)
    assert window.page.locator("html").get_attribute("lang") == "en"
    settled(window)
    for width in WIDTHS:
        window.page.set_viewport_size({"width": width, "height": 900})
        window.page.wait_for_timeout(300)  # charts follow the window
        assert window.overflow() <= 0, width
        block = window.page.get_by_test_id("stMainBlockContainer").bounding_box()
        assert block
        assert block["width"] <= WIDEST


def test_what_has_the_keyboard_is_outlined_and_tables_are_reached_by_it(new_window: NewWindow) -> None:
    window = new_window("/verify", width=390)
    table = window.part("card_table_one").get_by_role("region", name="Table: layer, output")
    window.page.keyboard.press("Tab")  # the keyboard is at work
    for shown in (table, window.part("card_table_one").locator("summary").first):
        shown.focus()
        assert (
            shown.evaluate("shown => shown.matches(':focus-visible') && getComputedStyle(shown).outlineStyle")
            == "solid"
        )
    table.focus()
    window.page.keyboard.press("ArrowRight")
    window.until("table => table.scrollLeft > 0", table.element_handle())


def test_nothing_moves_for_those_who_asked_for_rest(window: Window) -> None:
    window.shows("ResNet-50")
    assert window.page.evaluate(SLOWEST) > 0.01
    window.page.emulate_media(reduced_motion="reduce")
    assert window.page.evaluate(SLOWEST) <= 0.001
