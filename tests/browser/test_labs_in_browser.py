"""Labs by mouse: from the wall into an experiment, a guess, blocks deleted, a run with its own settings, stopped."""

import re

from playwright.sync_api import expect

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


def test_a_block_is_deleted_from_the_net_that_looks_at_a_frog(new_window: NewWindow) -> None:
    window = new_window("/labs?lab=lesion&guess=just+show+me&cut=cifar-resnet-20&picture=Frog", height=1800)
    expect(window.part("card_blocks")).to_contain_text("Choose a block")
    expect(window.page.locator(".js-plotly-plot .main-svg").first).to_be_visible()  # a list closes when the page moves
    window.part("without").get_by_role("combobox").click()
    window.page.get_by_role("option").filter(has_text="layer1.0").click()
    expect(window.part("card_blocks")).to_contain_text("without 1 of them")
    window.page.wait_for_url("**/labs?*without=layer1.0*")
    assert window.overflow() <= 0


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
