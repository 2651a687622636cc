"""What a network sees, by mouse and keyboard: maps, channels, cells, blocks, Grad-CAM, features as a file."""

import re
import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from resnet_core import parse, pyramid

from .conftest import NewWindow
from .test_run_in_browser import CHELSEA, answer
from .window import Window

NET = "cifar-resnet-20"
PHOTOGRAPHS = [CHELSEA.with_name(name) for name in ("chelsea.jpg", "coffee.jpg", "astronaut.jpg")]


@pytest.fixture
def run(new_window: NewWindow) -> Window:
    return new_window(f"/run?net={NET}")


def look_at(window: Window, name: str) -> Locator:
    window.click("look", name)
    return window.part("card_sight")


def clicked(window: Window, key: str, x: float, y: float) -> None:
    """A click at a share of the width and the height of a picture."""
    frame = window.part(key).locator(".frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box
    frame.click(position={"x": x * box["width"], "y": y * box["height"]})


def test_an_uploaded_photograph_is_answered_and_seen_through_within_two_seconds(run: Window) -> None:
    expect(run.part("card_glance").locator("img")).to_have_count(5)  # the network is loaded
    run.click("source", "upload")
    glance, took = run.part("card_glance"), []
    for file in PHOTOGRAPHS:  # the quickest counts, for machines stall
        expect(answer(run)).to_have_count(0)
        begun = time.monotonic()
        run.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)
        expect(answer(run)).to_be_visible()
        expect(glance.get_by_role("img", name="Grad-CAM at layer3.2")).to_be_visible()
        expect(glance.get_by_role("img", name="layer1.0: All 16 channels")).to_be_visible()
        for part in ("the residual path, F(x)", "the shortcut, x", "their sum"):
            expect(glance.get_by_role("img", name=part)).to_be_visible()
        took.append(time.monotonic() - begun)
        run.part("upload").get_by_role("button", name=f"Remove {file.name}").click()
    assert min(took) < 2


def test_a_click_on_a_channel_shows_it_large_and_one_on_a_cell_what_that_sees(run: Window) -> None:
    card = look_at(run, "Feature maps")
    expect(card).to_contain_text("stage 1 · block 1 · what the block puts out (layer1.0) · 32×32×16. All 16 channels")
    clicked(run, "channels", 0.9, 0.9)  # of four by four the last, which has least energy
    expect(run.page).to_have_url(re.compile(r"channel=\d+"))
    channel = re.findall(r"channel=(\d+)", run.page.url)[0]
    expect(card).to_contain_text(f"Channel {channel} of stage 1 · block 1 (layer1.0).")
    clicked(run, "cells", 16.5 / 32, 0.5 / 32)
    expect(card).to_contain_text("The cell in row 0, column 16")
    expect(card).to_contain_text("It sees (blue) 4×7 pixels; the rest of its field of 7×7 is padding.")
    field = run.part("cells").locator("rect.field.over")
    shown = run.part("cells").locator("svg").evaluate("svg => svg.viewBox.baseVal.width")
    assert [float(field.get_attribute(side) or 0) for side in ("x", "y", "width", "height")] == [
        pixels * shown / 32 for pixels in (13, 0, 7, 4)
    ]
    again = run.page.url
    run.page.reload()
    expect(run.part("card_sight")).to_contain_text(
        f"Channel {channel} of stage 1 · block 1 (layer1.0). The cell in row 0, column 16"
    )
    assert run.page.url == again


def test_the_keyboard_chooses_a_channel_and_a_cell(run: Window) -> None:
    card = look_at(run, "Feature maps")
    expect(card).to_contain_text("It sees (blue)")
    first = re.search(r"Channel (\d+) of", card.inner_text())
    assert first
    run.part("channels").locator(".frame").focus()
    run.page.keyboard.press("ArrowRight")
    expect(run.part("channels").locator("rect.cursor.over")).to_have_count(1)
    run.page.keyboard.press("Enter")
    expect(run.page).to_have_url(re.compile(r"channel=\d+"))
    expect(card).not_to_contain_text(f"Channel {first[1]} of")
    frame = run.part("cells").locator(".frame")
    frame.focus()
    run.page.keyboard.press("ArrowDown")
    run.page.keyboard.press("Space")
    expect(run.page).to_have_url(re.compile(r"row=\d+"))
    expect(frame).to_have_attribute(
        "aria-label", re.compile(r"Channel \d+ of stage 1 · block 1 \(layer1.0\) over the picture\.")
    )


def test_a_block_is_shown_as_a_sum_and_the_next_by_a_step(run: Window) -> None:
    card = look_at(run, "Residual + shortcut")
    expect(card.locator(".rx-sum").first).to_contain_text("⊕")
    expect(card).to_contain_text("Block 5 of 9: stage 2 · block 2 (layer2.1).")
    card.get_by_role("button", name="→").click()
    expect(card).to_contain_text("Block 6 of 9")
    run.page.wait_for_url("**at=layer2.2*")


def test_grad_cam_of_every_stage_on_the_output_and_on_the_residual_path(run: Window) -> None:
    card = look_at(run, "Grad-CAM")
    for name in ("layer1.2", "layer2.2", "layer3.2"):
        expect(card.get_by_role("img", name=f"Grad-CAM at {name}:")).to_be_visible()
        expect(card.get_by_role("img", name=f"Grad-CAM at {name}.residual:")).to_be_visible()
    run.choose("class", "dog")
    expect(card).to_contain_text("speak for dog:")


def test_the_norms_along_the_depth_are_drawn(run: Window) -> None:
    card = look_at(run, "Along the depth")
    expect(card.locator(".scatterlayer .trace")).to_have_count(2)
    expect(card).to_contain_text("x is what the shortcut brings to the addition")


def test_features_are_downloaded_and_are_the_levels(run: Window, tmp_path: Path) -> None:
    card = look_at(run, "For a detector")
    expect(card.get_by_role("img", name="192 anchors")).to_be_visible()
    with run.page.expect_download() as begun:
        card.get_by_role("button", name="All levels as .npz").click()
    file = tmp_path / begun.value.suggested_filename
    begun.value.save_as(file)
    with np.load(file) as features:
        assert {name: features[name].shape for name in features.files} == {
            level.name: level.shape for level in pyramid(parse(NET))
        }


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize(
    "look", ["Feature maps", "Residual + shortcut", "Along the depth", "Grad-CAM", "For a detector", "Several nets"]
)
def test_every_look_fits_its_window(new_window: NewWindow, look: str, width: int) -> None:
    window = new_window(f"/run?net={NET}", width=width)
    card = look_at(window, look)
    expect(card).to_be_visible()
    expect(window.page.locator(".rx-brief").first).to_be_visible()
    assert window.overflow() <= 0
