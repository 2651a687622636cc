"""A lecture: keys walk, F fills the wall, the QR code's address opens the same view, the history leads back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .conftest import NewWindow
from .window import Window


def at(window: Window, title: str, progress: str) -> None:
    expect(window.page.locator(".st-key-lesson_step .rx-heading h1")).to_have_text(title)
    expect(window.page.locator(".rx-progress span")).to_have_text(progress)
    number = progress.partition(" ")[0]
    expect(window.page.locator(f'.st-key-lesson_keys [data-listens^="{number}"]')).to_have_count(1)


def pressing(page: Page) -> Callable[[str], None]:
    def press(key: str) -> None:
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        page.keyboard.press(key)

    return press


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_lecture_by_keys_on_a_wall_and_on_the_telephones_of_the_room(new_window: NewWindow, theme: str) -> None:
    window = new_window("/learn?net=resnet-18", theme=theme)
    page, press = window.page, pressing(window.page)
    told = page.locator(".rx-right")
    page.get_by_role("button", name="Shortcut A, B, C").click()
    at(window, "Most shortcuts cost nothing", "1 of 8")
    press("ArrowRight")
    expect(told).to_have_text(re.compile("3"))
    expect(page).to_have_url(re.compile(r"lesson=shortcuts&step=1-told"))
    press("PageDown")  # scrolls, where there is no wall
    press("ArrowRight")
    at(window, "Where x does not fit", "2 of 8")
    expect(told).to_have_count(0)
    page.get_by_role("button", name="Average all channels").click()
    expect(page).to_have_url(re.compile(r"step=2-a"))
    press("ArrowLeft")
    at(window, "Most shortcuts cost nothing", "1 of 8")
    expect(told).to_have_count(1)

    # keys that are pressed without a pause all count
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(r"step=1(&|$)"))
    for key in ("ArrowRight", "ArrowRight", "f", "ArrowLeft", "f"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile(r"step=1-told"))
    at(window, "Most shortcuts cost nothing", "1 of 8")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    window.open("/learn?net=resnet-18&lesson=shortcuts&step=2-a")
    at(window, "Where x does not fit", "2 of 8")
    press("ArrowLeft")
    at(window, "Most shortcuts cost nothing", "1 of 8")

    # the history leads back and forth, and what is typed into a field is no command
    page.go_back()
    at(window, "Where x does not fit", "2 of 8")
    page.go_forward()
    at(window, "Most shortcuts cost nothing", "1 of 8")
    window.name_and_link.focus()
    for key in ("ArrowRight", "f", "q"):
        page.keyboard.press(key)
    expect(window.name_and_link).to_have_value(re.compile("fq"))
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    at(window, "Most shortcuts cost nothing", "1 of 8")
    page.get_by_test_id("stSidebar").get_by_role("button").first.focus()
    page.keyboard.press("f")
    page.locator(".rx-progress b").click()
    expect(page).not_to_have_url(re.compile(r"wall=1"))

    # the wall
    sidebar = page.get_by_test_id("stSidebar")
    press("f")
    expect(sidebar).to_be_hidden()
    expect(page).to_have_url(re.compile(r"wall=1"))
    buttons = window.part("lesson_buttons")
    expect(buttons).to_have_css("opacity", "0")
    press("PageDown")
    at(window, "Where x does not fit", "2 of 8")
    expect(buttons).to_have_css("opacity", "0")
    press("Tab")
    expect(buttons).to_have_css("opacity", "1")
    expect(buttons.get_by_role("button", name="QR code")).to_be_focused()
    page.locator(".rx-progress b").click()
    expect(buttons).to_have_css("opacity", "0")
    expect(page.locator(".st-key-card_lesson_figure svg .node").first).to_be_visible()
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollHeight - main.clientHeight") <= 0
    assert window.overflow() <= 0

    # the room
    press("q")
    code = page.get_by_role("dialog").locator(".rx-qr")
    expect(code.locator("img")).to_be_visible()
    address = code.locator("p").inner_text()
    press("Escape")
    expect(code).to_have_count(0)
    expect(sidebar).to_be_hidden()  # Esc closed the code, and not the wall
    room = new_window(address.removeprefix(window.address), width=390, height=844, theme=theme, elsewhere=True)
    at(room, "Where x does not fit", "2 of 8")
    assert room.overflow() <= 0

    press("Escape")
    expect(sidebar).to_be_visible()
    page.get_by_role("link", name="resnet-34", exact=True).click()
    window.shows("ResNet-34")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_exercise_is_answered_with_a_hint_wrong_and_right(new_window: NewWindow, theme: str) -> None:
    window = new_window("/learn?lesson=depth&step=7", theme=theme)
    page = window.page
    at(window, "How much is it worth on ImageNet?", "7 of 8")
    answer, judged = page.get_by_role("textbox", name="Your answer"), page.locator(".rx-judged")
    page.get_by_role("button", name="Hint").click()
    expect(page.get_by_text("Look for plain-34")).to_be_visible()
    answer.fill("4.5")
    answer.press("Enter")
    expect(judged).to_have_text("Not yet: that is too large.")
    answer.fill("3.51")
    answer.press("Enter")
    expect(judged).to_have_text("Right: 3.51 percentage points.")
    assert window.overflow() <= 0


def test_fingers_walk_on_a_wall_and_leave_it_and_at_the_end_the_button_can_still_be_read(new_window: NewWindow) -> None:
    window = new_window("/learn?net=resnet-18")
    page, buttons = window.page, window.part("lesson_buttons")
    page.context.new_cdp_session(page).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    window.open("/learn?lesson=shortcuts&step=7-told&wall=1")
    expect(buttons).to_have_css("opacity", "1")
    onward = buttons.get_by_role("button", name="Next")
    onward.click()
    at(window, "Check yourself", "8 of 8")
    expect(onward).to_be_disabled()
    muted = page.locator(".rx-progress span").evaluate("span => getComputedStyle(span).color")
    expect(onward).to_have_css("color", muted)
    buttons.get_by_role("button", name="Leave the wall").click()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


@pytest.mark.parametrize("lesson", ["depth", "sizes", "flops", "cousins"])
def test_the_table_that_a_lesson_begins_with_is_no_wider_than_a_telephone(new_window: NewWindow, lesson: str) -> None:
    window = new_window(f"/learn?lesson={lesson}", width=390, height=844)
    table = window.part("card_lesson_figure").locator(".rx-scroll")
    expect(table).to_be_visible()
    assert table.evaluate("frame => frame.scrollWidth - frame.clientWidth") <= 0


def test_two_networks_are_compared_beside_the_question(new_window: NewWindow) -> None:
    window = new_window("/learn?lesson=depth")
    asked, figure = (window.part(name).bounding_box() for name in ("lesson_ask", "card_lesson_figure"))
    assert asked
    assert figure
    assert figure["x"] > asked["x"] + asked["width"]
    assert figure["y"] < asked["y"]
