"""Labs by mouse: from the wall into an experiment, a guess, blocks deleted, a run with its own settings, stopped."""

import re

from playwright.sync_api import expect

from app.components.lab_lost import AGAIN, LOST
from resnet_core.experiments.table import LABS

from .conftest import NewWindow


def test_from_the_wall_a_guess_leads_to_the_result_and_the_link_brings_it_back(new_window: NewWindow) -> None:
    window = new_window("/labs")
    window.shows("Why does it work?")
    expect(window.page.locator(".rx-lab img")).to_have_count(len(LABS))
    window.part("open_highway").get_by_role("button").click()
    expect(window.page.locator(".rx-heading").nth(1)).to_contain_text("How much passes fifty Highway layers")
    expect(window.page.locator(".js-plotly-plot")).to_have_count(0)
    window.click("guess", "all of it")
    expect(window.page.locator(".js-plotly-plot")).to_have_count(2)
    expect(window.part("card_lab")).to_contain_text("it is not so")
    expect(window.part("card_lab")).to_contain_text("What this does not show")
    window.page.wait_for_url(re.compile(r"/labs\?guess=all\+of\+it&lab=highway$"))
    again = new_window(window.page.url.removeprefix(window.address))
    expect(again.part("card_lab")).to_contain_text("it is not so")
    expect(again.part("card_run").locator(".js-plotly-plot")).to_contain_text("bias −2")


def test_blocks_that_are_clicked_faster_than_the_page_answers_all_stay_out(new_window: NewWindow) -> None:
    window = new_window("/labs?lab=lesion&guess=just+show+me&cut=cifar-resnet-20")
    tiles = window.part("card_blocks").locator(".rows button")
    expect(tiles).to_have_count(9)
    for gap in (30, 150, 300):
        window.part("card_blocks").locator(".rows").evaluate(
            """async (rows, gap) => {
                for (const tile of rows.querySelectorAll("button")) {
                    tile.click();
                    await new Promise((done) => setTimeout(done, gap));
                }
            }""",
            gap,
        )
        expect(window.part("card_blocks")).to_contain_text("without 9 blocks")
        assert [tile.get_attribute("aria-pressed") for tile in tiles.all()] == ["true"] * 9
        window.part("card_blocks").get_by_role("button", name="Put everything back").click()
        expect(window.part("card_blocks")).to_contain_text("Take a block out or move one")
        assert [tile.get_attribute("aria-pressed") for tile in tiles.all()] == ["false"] * 9


def test_blocks_are_taken_out_and_moved_by_mouse_and_by_keyboard(new_window: NewWindow) -> None:
    window = new_window("/labs?lab=lesion&guess=just+show+me&cut=cifar-resnet-20&picture=Frog", height=1800)
    card = window.part("card_blocks")
    expect(card).to_contain_text("Take a block out or move one")
    expect(window.page.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    tiles = card.locator(".rows button")
    expect(tiles).to_have_count(9)

    tiles.nth(0).click()
    expect(card).to_contain_text("without 1 block")
    expect(tiles.nth(0)).to_have_attribute("aria-pressed", "true")
    window.page.wait_for_url("**/labs?*without=layer1.0*")

    begin, end = (tiles.nth(place).bounding_box() for place in (1, 2))
    assert begin
    assert end
    window.page.mouse.move(begin["x"] + 20, begin["y"] + 16)
    window.page.mouse.down()
    window.page.mouse.move(end["x"] + 30, end["y"] + 16, steps=8)
    window.page.mouse.up()
    expect(card).to_contain_text("without 1 block, 2 blocks moved")
    expect(tiles.nth(1)).to_have_attribute("aria-label", "layer1.2, moved")
    expect(card).to_contain_text("cifar-plain-20")
    window.page.wait_for_url("**/labs?*order=layer1.2&order=layer1.1*")

    tiles.nth(8).focus()
    window.page.keyboard.press("Alt+ArrowLeft")
    expect(card).to_contain_text("4 blocks moved")
    expect(card.get_by_role("status").filter(has_text="layer3.2 is number 1 of 2")).to_be_attached()
    expect(tiles.nth(7)).to_be_focused()
    window.page.keyboard.press("Alt+ArrowLeft")  # layer3.0 changes the shape, and stays
    expect(card.get_by_role("status").filter(has_text="goes no further")).to_be_attached()
    assert window.overflow() <= 0

    again = new_window(window.page.url.removeprefix(window.address))
    expect(again.part("card_blocks")).to_contain_text("without 1 block, 4 blocks moved")
    again.part("card_blocks").get_by_role("button", name="Put everything back").click()
    expect(again.part("card_blocks")).to_contain_text("Take a block out or move one")


def test_a_run_shows_how_far_it_is_and_keeps_what_is_known_when_it_is_stopped(new_window: NewWindow) -> None:
    window = new_window("/labs?lab=degradation&guess=just+show+me&seconds=600", width=390)
    assert window.overflow() <= 0
    window.part("lab_run").get_by_role("button").click()
    expect(window.part("card_run").locator(".js-plotly-plot")).to_contain_text("short run, trend only")
    window.part("lab_stop").get_by_role("button").click()
    expect(window.part("card_run")).to_contain_text("this is what was known")
    expect(window.part("card_run").locator(".js-plotly-plot")).to_have_count(1)
    expect(window.part("lab_run")).to_be_visible()
    assert window.overflow() <= 0


def test_a_path_lights_up_where_it_is_pointed_at(new_window: NewWindow) -> None:
    window = new_window("/labs?lab=paths&guess=just+show+me&blocks=3", width=390)
    tree = window.part("card_tree")
    expect(tree.get_by_role("status")).to_contain_text("8 paths: 1 of length 0")
    tree.locator("[data-at=xFF]").hover()
    expect(tree.get_by_role("status")).to_have_text("through blocks 2 and 3, around block 1: length 2")
    expect(tree.locator("path.lit")).to_have_count(3)
    assert window.overflow() <= 0
    forms = new_window("/labs?lab=equivalences&guess=just+show+me").part("card_forms")
    forms.locator("[data-at=p0]").focus()
    forms.page.keyboard.press("ArrowRight")
    expect(forms.get_by_role("status")).to_contain_text("Path 2 of 8 is rows 5–8 of conv1")
    expect(forms.locator("rect.lit[data-of=p1]")).to_have_count(9)


def test_two_people_are_in_a_lab_and_one_closes_the_page(new_window: NewWindow) -> None:
    link = "/labs?lab=pathways&guess=just+show+me&tried=cifar-resnet-20&pictures="
    one, other = new_window(f"{link}500"), new_window(f"{link}2")
    for window in (one, other):
        window.part("lab_run").get_by_role("button").click()
    expect(one.part("card_run").locator(".js-plotly-plot")).to_have_count(1)
    one.page.close()
    for _ in range(2):
        expect(other.part("card_run")).to_contain_text("In ")
        expect(other.part("card_run")).to_contain_text("of 9 blocks")
        expect(other.part("lab_run")).to_be_visible()
        other.part("lab_run").get_by_role("button").click()


def test_an_experiment_that_a_new_page_does_not_know_is_told_in_its_window_alone(new_window: NewWindow) -> None:
    link = "/labs?lab=paths&guess=just+show+me&tried=cifar-resnet-56&pictures=500"
    window, other = new_window(link), new_window(link)
    lost = window.part("lab_lost").get_by_role("status")
    window.part("lab_run").get_by_role("button").click()
    expect(window.part("lab_stop")).to_be_visible()
    expect(lost).to_be_hidden()
    window.open(link)
    expect(lost).to_have_text(LOST + AGAIN)
    window.click("on", "one picture")
    window.click("source", "upload")
    expect(lost).to_have_text(LOST)  # no picture, so no button to press
    window.click("lab", "pathways")
    expect(window.part("card_run").get_by_role("heading", name="Run it here")).to_be_visible()
    expect(lost).to_be_hidden()
    window.open(link)
    window.part("lab_run").get_by_role("button").click()
    window.part("lab_stop").get_by_role("button").click()
    expect(window.part("lab_run").get_by_role("button")).to_be_enabled()
    expect(lost).to_be_hidden()
    window.open(link)
    expect(window.part("lab_run").get_by_role("button")).to_be_enabled()
    window.page.wait_for_timeout(500)
    expect(lost).to_be_hidden()
    other.part("lab_run").get_by_role("button").wait_for()
    expect(other.part("lab_lost").get_by_role("status")).to_be_hidden()


def test_a_variant_chosen_on_one_bench_is_the_one_that_the_other_trains(new_window: NewWindow) -> None:
    """Every other experiment in turn: its question, its figure and its lines of Python are there."""
    window = new_window("/labs?lab=bench&guess=just+show+me")
    window.choose("tried", "cifar-resnet-110,shortcut=C")
    expect(window.part("card_run")).to_contain_text("--model cifar-resnet-110,shortcut=C")
    window.click("lab", "trial")
    expect(window.part("card_run")).to_contain_text("--model cifar-resnet-110,shortcut=C")
    for lab in LABS:
        window.click("lab", lab.name)
        expect(window.part("card_lab")).to_contain_text(lab.question)
        expect(window.part("card_lab").locator(".js-plotly-plot")).to_have_count(1)
        window.part("card_lab").get_by_role("tab", name="Python").click()
        expect(window.part("card_lab").locator("code:visible")).to_contain_text(f'lab("{lab.name}")')
