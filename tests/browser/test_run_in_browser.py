"""Run by mouse: samples, files from one's own disk, the camera."""

import pytest
from playwright.sync_api import Locator, expect
from served import ROOT

from resnet_core.cards import read_card

from .conftest import NewWindow
from .window import Window

CHELSEA = ROOT / "assets" / "samples" / "chelsea.jpg"


@pytest.fixture
def run(new_window: NewWindow) -> Window:
    return new_window("/run")


@pytest.fixture(scope="package")
def classes() -> tuple[str, ...]:
    return read_card(ROOT / "assets" / "weights" / "cifar-resnet-20.json").classes


def answer(window: Window) -> Locator:
    """The likeliest class."""
    return window.page.locator(".rx-first span")


def give(window: Window, file: object) -> None:
    window.click("source", "upload")
    window.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(file)


def test_a_photograph_of_a_cat_is_chosen_on_disk_and_gets_its_class(run: Window) -> None:
    run.click("source", "upload")
    with run.page.expect_file_chooser() as begun:
        run.part("upload").get_by_role("button", name="Upload", exact=True).click()
    begun.value.set_files(CHELSEA)
    expect(run.page.locator("figcaption").first).to_have_text("chelsea.jpg · 451×300 JPEG")
    expect(answer(run)).to_have_text("cat")
    expect(run.page.locator(".rx-guess")).to_have_count(5)
    expect(run.part("card_prediction")).to_contain_text("ms for the network on")


def test_a_sample_is_looked_at_with_a_click_and_its_link_shows_it_again(new_window: NewWindow) -> None:
    window = new_window("/run?net=cifar-resnet-20")
    window.click("picture", "Frog")
    expect(window.page.locator("figcaption").first).to_contain_text("Frog · 32×32 PNG")
    window.page.wait_for_url("**/run?*picture=Frog*")
    again = new_window(window.page.url.removeprefix(window.address))
    expect(again.page.locator("figcaption").first).to_contain_text("Frog · 32×32 PNG")
    assert answer(again).inner_text() == answer(window).inner_text()


def test_the_offered_network_is_taken_with_a_click(run: Window) -> None:
    expect(run.part("card_no_weights")).to_contain_text("There are no weights for resnet-50")
    run.part("card_no_weights").get_by_role("button", name="Take ").click()
    expect(run.part("card_no_weights")).to_have_count(0)
    run.page.wait_for_url("**/run?net=cifar-resnet-56*")  # the nearest in depth
    expect(answer(run)).to_be_visible()


def test_eleven_megabytes_are_refused_in_a_sentence_that_can_be_read_and_the_page_lives(run: Window) -> None:
    give(run, {"name": "big.jpg", "mimeType": "image/jpeg", "buffer": CHELSEA.read_bytes() + bytes(11 * 2**20)})
    refusal = run.part("upload").get_by_role("alert")
    expect(refusal).to_have_text("Error: File must be 10.0MB or smaller.")
    box = refusal.bounding_box()
    assert box
    assert box["height"] > 10
    give(run, CHELSEA)
    expect(answer(run)).to_be_visible()


def test_a_file_that_is_no_picture_is_refused_and_the_next_one_taken(run: Window) -> None:
    give(run, {"name": "text.png", "mimeType": "image/png", "buffer": b"not a picture"})
    expect(run.part("card_prediction").get_by_role("alert")).to_contain_text("This is not a JPEG, PNG")
    expect(answer(run)).to_have_count(0)
    give(run, CHELSEA)
    expect(answer(run)).to_be_visible()
    expect(run.part("card_prediction").get_by_role("alert")).to_have_count(0)


def test_an_upload_is_there_again_after_another_page_until_it_is_cleared(run: Window) -> None:
    give(run, CHELSEA)
    caption = run.page.locator("figcaption").first
    expect(caption).to_have_text("chelsea.jpg · 451×300 JPEG")
    run.page.get_by_role("link", name="Verify").click()
    run.shows("Do the printed numbers hold?")
    run.page.get_by_role("link", name="Run").click()
    expect(caption).to_have_text("chelsea.jpg · 451×300 JPEG")
    run.click("source", "samples")
    expect(caption).to_contain_text("Chelsea the cat · ")
    run.click("source", "upload")
    expect(caption).to_have_text("chelsea.jpg · 451×300 JPEG")
    give(run, CHELSEA)
    run.part("upload").get_by_role("button", name="Remove chelsea.jpg").click()
    expect(answer(run)).to_have_count(0)


def test_markup_in_a_files_name_is_text(run: Window) -> None:
    """The window's owner would hear of an alert, and of a picture x that is not there."""
    name = "<img src=x onerror=alert(1)>.png"
    spoken: list[str] = []
    run.page.on("dialog", lambda dialog: (spoken.append(dialog.message), dialog.dismiss()))
    give(run, {"name": name, "mimeType": "image/png", "buffer": CHELSEA.read_bytes()})
    expect(run.page.locator("figcaption").first).to_have_text(f"{name} · 451×300 JPEG")
    assert spoken == []


def test_the_camera_takes_a_photograph(run: Window, classes: tuple[str, ...]) -> None:
    run.click("source", "camera")
    run.until("() => document.querySelector('video')?.videoWidth > 0")
    run.page.get_by_role("button", name="Take Photo").click()
    expect(run.part("card_picture")).to_contain_text("your photograph · ")
    assert answer(run).inner_text() in classes
    expect(run.part("card_picture").locator("figcaption")).to_have_text(["what the network sees: 32×32 pixels"])
    run.page.get_by_role("button", name="Clear photo").click()
    expect(answer(run)).to_have_count(0)
