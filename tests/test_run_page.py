"""The Run page as Streamlit runs it: its answers, whatever picture it is given, and what it says without weights."""

import logging
import re
from dataclasses import replace
from html import escape, unescape
from pathlib import Path
from unittest.mock import Mock, call

import pytest
import torch
from pages import opened, page_text, ran
from people_bring import CHELSEA, NAMES, REFUSED, TAKEN, saved
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, CameraInput, FileUploader
from tiny_weights import CLASSES, TINY, unwritten, write_tiny

from app import cached
from app.components import prediction
from resnet_core import ZOO, build, parse
from resnet_core import weights as shelf
from resnet_core.cards import card_file
from resnet_core.describe import title
from resnet_core.engine import Engine
from resnet_core.loading import load_weights, write_weights
from resnet_core.pictures import decode
from resnet_core.preprocessing import prepare
from resnet_core.samples import Sample, samples
from resnet_core.weights import card_for

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with weights: those of one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    write_tiny(tmp_path)
    return tmp_path


def guesses(app: AppTest) -> list[str]:
    """The classes that the page names, the likeliest first; none without a prediction."""
    rows = re.findall(r'<div class="rx-guess[^>]*><span>(.+?)</span><b>(.+?)</b>', page_text(app))
    assert len(rows) in (0, 5)
    return [unescape(label) for label, _ in rows]


def refusals(app: AppTest) -> list[str]:
    """The sentences of the page that refuse something; where there is one, nothing is predicted."""
    said = [
        unescape(text)
        for text in re.findall(r'<p class="rx-refusal" role="alert">(.*?)</p>', page_text(app), re.DOTALL)
    ]
    for sentence in said:
        assert "\n" not in sentence
        assert sentence.endswith((".", "?"))
    assert not (said and guesses(app))
    return said


def offers(app: AppTest) -> list[Button]:
    """The buttons that take another network."""
    return [button for button in app.button if button.label.startswith("Take ")]


def uploaded(app: AppTest, data: bytes, name: str = "picture.jpg") -> AppTest:
    if app.get_by_key("source").value != "upload":
        app.get_by_key("source").set_value("upload")
        ran(app)
    app.file_uploader[0].set_value((name, data, "image/anything"))
    return ran(app)


# --- what answers


def test_the_first_view_answers_already() -> None:
    app = opened("run")
    assert not refusals(app)
    assert set(guesses(app)) <= set(CLASSES)
    assert len(guesses(app)) == 5
    assert "what the network sees: 16×16 pixels" in page_text(app)
    assert re.search(r"[\d.,]+ ms for the network on \w+", page_text(app))


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.file)
def test_every_sample_gets_the_class_that_the_network_gives_it(sample: Sample) -> None:
    """By torch itself; the preparation of pictures has tests of its own."""
    app = opened("run", net=str(TINY), picture=sample.title)
    card = card_for(TINY)
    assert card
    network = build(TINY).eval()
    network.load_state_dict(load_weights(TINY))
    with torch.inference_mode():
        prepared = prepare(decode(sample.path.read_bytes()), card.preprocessing)
        order = network(torch.from_numpy(prepared.array)[None])[0].argsort(descending=True)
    assert guesses(app) == [CLASSES[index] for index in order[:5]]
    assert [caption.value for caption in app.caption if sample.source in caption.value]


def test_the_page_says_between_what_the_network_chooses() -> None:
    text = page_text(opened("run", picture="Rocket"))
    assert f"It knows only these 7: {', '.join(CLASSES)}, and must choose one.<" in text
    assert "None of them" not in text  # nobody looked for an emu


def test_of_a_picture_that_shows_none_of_the_classes_that_is_said(folder: Path) -> None:
    spec = parse("cifar-resnet-8,width=4,size=16")
    known = tuple(sorted({sample.label for sample in samples() if sample.label}))
    state = build(spec).state_dict()
    write_weights(state, replace(unwritten(folder, spec), classes=known))
    for sample in samples():
        text = page_text(opened("run", net=str(spec), picture=sample.title))
        assert "It knows only these 10: airplane, automobile, bird, cat," in text
        assert ("and must choose one. None of them is in this picture." in text) == (sample.label is None)


def test_every_bar_has_a_width_that_css_understands(folder: Path) -> None:
    card = write_tiny(folder)
    state = load_weights(TINY)
    state["fc.bias"][0] += 30  # sure of one class, and almost sure against the others
    write_weights(state, card)
    text = page_text(opened("run"))
    assert ">99.9 %</b>" in text
    widths = re.findall(r'<i style="width:([^"]*)"', text)
    assert widths == ["99.9%", *["0.1%"] * 4]


def test_the_weights_are_told_with_what_they_are_worth() -> None:
    assert "Right on 75.0 % ± 2.2 % of 400 pictures of test. Learned from noise." in page_text(opened("run"))


@pytest.mark.parametrize("name", ["plain-34", "cifar-resnet-110-v2"])
def test_a_network_without_weights_says_so_and_its_nearest_answers(name: str) -> None:
    app = opened("run", net=name)
    assert f"There are no weights for {name} here. Until then {TINY} answers below." in app.text[0].value
    assert f"{escape(title(TINY))} answers" in page_text(app)
    before = guesses(app)
    offers(app)[0].click()
    ran(app)
    assert app.session_state["net"] == str(TINY)
    assert not offers(app)
    assert not app.text
    assert guesses(app) == before


def test_another_input_size_is_seen_at_that_size_and_said_not_to_be_measured() -> None:
    text = page_text(opened("run", net=str(replace(TINY, size=(48, 64)))))
    assert "what the network sees: 48×64 pixels" in text
    assert "was trained on pictures of 16×16 pixels: how well it does on 48×64 was not measured" in text


def test_a_large_input_is_shown_smaller_and_that_is_said() -> None:
    text = page_text(opened("run", net=str(replace(TINY, size=(700, 1400)))))
    assert "<figcaption>what the network sees: 700×1400 pixels, shown at 320×640</figcaption>" in text


def test_an_input_size_that_no_machine_can_hold_is_refused_and_the_page_lives_on() -> None:
    app = opened("run", net=str(replace(TINY, size=(8192, 8192))))
    assert [sentence.partition(":")[2] for sentence in refusals(app)] == [" choose a smaller input size."]
    app.get_by_key("net").set_value(str(TINY))
    assert len(guesses(ran(app))) == 5


@pytest.mark.parametrize("key", ["picture", "source"])
def test_nonsense_in_another_parameter_changes_no_answer(key: str) -> None:
    usual, app = opened("run"), opened("run", **{key: "<b>nonsense</b>"})
    assert guesses(app) == guesses(usual)
    assert "<figcaption>Chelsea the cat · 451×300 JPEG" in page_text(app)


# --- pictures that people bring


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_picture_is_refused_in_a_sentence_and_the_next_one_is_taken(
    case: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused = REFUSED[case]
    app = opened("run")
    with caplog.at_level(logging.WARNING, logger="resnet_core"):
        uploaded(app, refused.data(), refused.name)
    (sentence,) = refusals(app)
    assert refused.said in sentence
    assert sentence in caplog.text
    uploaded(app, CHELSEA)
    assert not refusals(app)
    assert len(guesses(app)) == 5


@pytest.mark.parametrize("case", TAKEN)
def test_a_picture_of_any_kind_is_taken_and_its_owner_told_what_was_done(case: str) -> None:
    taken = TAKEN[case]
    app = uploaded(opened("run"), taken.data(), taken.name)
    assert not refusals(app)
    assert len(guesses(app)) == 5
    assert f"{taken.name} · {taken.caption}" in page_text(app)
    assert taken.said in page_text(app)


@pytest.mark.parametrize("name", NAMES)
def test_markup_in_a_files_name_is_shown_and_not_obeyed(name: str) -> None:
    text = page_text(uploaded(opened("run"), CHELSEA, name))
    assert f"{escape(name)} · 451×300 JPEG" in text
    assert name not in text


def test_the_camera_gives_a_picture_too() -> None:
    app = opened("run", source="camera")
    assert not refusals(app)
    assert "Choose a picture, and the network answers here." in page_text(app)
    app.camera_input[0].set_value(("photo.jpg", CHELSEA, "image/jpeg"))
    ran(app)
    assert "your photograph · 451×300 JPEG" in page_text(app)
    assert len(guesses(app)) == 5


@pytest.mark.parametrize(("source", "caption"), [("upload", "picture.jpg"), ("camera", "your photograph")])
def test_a_picture_is_still_there_after_another_page_and_another_source_until_it_is_cleared(
    source: str, caption: str
) -> None:
    def widget() -> FileUploader | CameraInput:
        return (app.file_uploader if source == "upload" else app.camera_input)[0]

    app = opened("run", source=source)
    widget().set_value(("picture.jpg", CHELSEA, "image/jpeg"))
    before = guesses(ran(app))
    ran(app.switch_page("views/explore.py"))
    ran(app.switch_page("views/run.py"))
    assert app.get_by_key("source").value == source
    assert guesses(app) == before
    assert f"<figcaption>{caption} · 451×300 JPEG" in page_text(app)
    app.get_by_key("source").set_value("samples")
    assert caption not in page_text(ran(app))
    app.get_by_key("source").set_value(source)
    assert guesses(ran(app)) == before
    widget().set_value(("other.jpg", saved(Image.new("RGB", (9, 9)), "JPEG"), "image/jpeg"))
    assert " · 9×9 JPEG" in page_text(ran(app))
    widget().set_value(None)
    assert guesses(ran(app)) == []


# --- weights that are not as they should be


def test_a_missing_weights_file_is_told_in_a_sentence(folder: Path) -> None:
    write_tiny(folder, seed=1).file.unlink()  # another seed: a network that ran before is in memory
    (sentence,) = refusals(opened("run"))
    assert sentence.endswith("cannot be read: get it again.")


def test_a_damaged_weights_file_is_told_in_a_sentence_and_one_put_right_answers(folder: Path) -> None:
    file = write_tiny(folder, seed=2).file
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    app = opened("run")
    (sentence,) = refusals(app)
    assert "is damaged or not the one its card describes" in sentence
    file.write_bytes(good)
    assert len(guesses(ran(app))) == 5


def test_weights_that_answer_no_numbers_are_told_in_a_sentence(folder: Path) -> None:
    card = write_tiny(folder, seed=3)
    state = load_weights(TINY)
    state["fc.bias"][:] = float("nan")
    write_weights(state, card)
    assert refusals(opened("run")) == [f"What {TINY} answers is no number: take other weights."]


def test_a_damaged_card_is_told_and_another_network_answers(folder: Path) -> None:
    broken = write_tiny(folder, ZOO["cifar-resnet-20"].changed(classes=7))
    path = card_file(folder / "cifar-resnet-20.safetensors")
    card_file(broken.file).rename(path)
    path.write_text("{")
    app = opened("run", net="cifar-resnet-20")
    assert "The weights' card cifar-resnet-20.json cannot be used" in app.text[0].value
    assert f"{escape(title(TINY))} answers" in page_text(app)
    assert len(guesses(app)) == 5


def test_without_any_weights_the_page_says_what_to_do_and_nobody_answers(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    app = opened("run", net="plain-34")
    (sentence,) = refusals(app)
    assert sentence.startswith("There are no weights for plain-34, nor for any other: train some, with ")
    assert "answers" not in page_text(app)
    assert not offers(app)


def test_weights_that_come_while_the_page_is_open_are_found(folder: Path) -> None:
    app = opened("run", net=str(parse("cifar-resnet-20,classes=7")))
    assert offers(app)
    write_tiny(folder, parse("cifar-resnet-20,classes=7"))
    ran(app)
    assert not offers(app)
    assert "what the network sees: 32×32 pixels" in page_text(app)


# --- many people at once


def test_who_waits_is_told_how_many_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Mock()
    monkeypatch.setattr(prediction.st, "empty", lambda: line)
    told = prediction.place_in_queue()
    for before in (2, 1, 0):
        told(before)
    assert line.mock_calls == [
        call.caption("2 pictures come before yours."),
        call.caption("1 picture comes before yours."),
        call.empty(),
    ]


def test_a_full_queue_is_a_sentence_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached, "backend", lambda owner: Engine("cpu", most_waiting=0))
    app = opened("run", net=str(TINY))
    assert "0 pictures wait already: try again in a moment." in page_text(app)
    assert guesses(app) == []
