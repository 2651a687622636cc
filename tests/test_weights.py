"""Weights: found by the network they fit, loaded as they were written, refused when anything about them is wrong."""

import json
import logging
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_weights import TINY, unwritten, write_tiny

from resnet_core import ZOO, analyse, build, parse
from resnet_core import weights as shelf
from resnet_core.cards import Accuracy, Card, WeightsError, card_file, read_card
from resnet_core.loading import load_weights, write_weights
from resnet_core.state_keys import expected_keys
from resnet_core.tensor_names import current_name
from resnet_core.weights import NoWeightsError, card_for, cards, nearest_card


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that is looked into."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    return tmp_path


def test_what_is_written_is_what_is_loaded(folder: Path) -> None:
    torch.manual_seed(3)
    network = build(TINY).to(memory_format=torch.channels_last)
    card = write_weights(network.state_dict(), unwritten(folder))
    loaded = load_weights(TINY)
    assert loaded.keys() == network.state_dict().keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in network.state_dict().items())
    build(TINY).load_state_dict(loaded, strict=True)
    assert cards() == (card,)
    assert read_card(card_file(card.file)) == card


def test_the_names_of_an_early_densenet_are_those_of_today(folder: Path) -> None:
    """torchvision's published files still have them: "features.denseblock1.denselayer1.norm.1.weight"."""
    spec = parse("densenet-121,depths=1-1,width=4,growth=2,classes=7,size=16")
    state = build(spec).state_dict()
    early = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): state[name] for name in state}
    assert "features.denseblock1.denselayer1.norm.1.weight" in early
    assert len(early.keys() - state.keys()) == 2 * (5 + 1 + 5 + 1)  # of BN five tensors each, of convolutions one
    write_weights(early, unwritten(folder, spec))
    loaded = load_weights(spec)
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in state.items())


@pytest.mark.parametrize("name", ZOO)
def test_a_name_of_today_stays_as_it_is(name: str) -> None:
    assert [key for key in expected_keys(analyse(ZOO[name])) if current_name(key) != key] == []


def test_a_training_runs_log_beside_the_weights_is_no_card(folder: Path) -> None:
    write_tiny(folder)
    (folder / shelf.RUN_LOG).write_text("{}")
    assert [*shelf.catalogue()] == [str(TINY)]


def test_the_input_size_is_free_and_nothing_else(folder: Path) -> None:
    card = write_tiny(folder)
    assert card_for(TINY) == card_for(replace(TINY, size=(97, 64))) == card
    for change in ({"width": 8}, {"classes": 6}, {"shortcut": "B"}, {"order": "pre"}, {"depths": (1, 1, 2)}):
        assert card_for(replace(TINY, **change)) is None


def test_weights_trained_at_the_very_size_are_preferred(folder: Path) -> None:
    small, large = write_tiny(folder), write_tiny(folder, replace(TINY, size=(24, 24)))
    assert [card_for(card.spec) for card in (small, large)] == [small, large]


def test_the_named_folder_is_looked_in_before_the_bundled_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = write_tiny(folder / "bundled", seed=1)
    monkeypatch.setattr(shelf, "BUNDLED", folder / "bundled")
    assert card_for(TINY) == bundled
    assert card_for(TINY) != write_tiny(folder, seed=2) == card_for(TINY)
    assert len(cards()) == 1


def test_the_nearest_network_shares_the_most_choices_and_then_the_depth(folder: Path) -> None:
    for depths in ((1, 1, 1), (3, 3, 3), (9, 9, 9)):
        write_tiny(folder, replace(TINY, depths=depths))
    write_tiny(folder, replace(TINY, depths=(3, 3, 3), order="pre"))
    for wanted, found in (
        (replace(TINY, depths=(4, 4, 4)), replace(TINY, depths=(3, 3, 3))),
        (replace(TINY, depths=(4, 4, 4), order="pre", width=6), replace(TINY, depths=(3, 3, 3), order="pre")),
        (replace(TINY, depths=(90, 90, 90)), replace(TINY, depths=(9, 9, 9))),
    ):
        nearest = nearest_card(wanted)
        assert nearest is not None
        assert nearest.spec == found


def test_a_network_that_nobody_trained_is_refused_with_the_nearest(folder: Path) -> None:
    with pytest.raises(NoWeightsError, match="nor for any other: train some") as caught:
        load_weights(ZOO["plain-34"])
    assert caught.value.nearest is None
    card = write_tiny(folder)
    with pytest.raises(NoWeightsError) as caught:
        load_weights(ZOO["plain-34"])
    assert str(caught.value) == f"There are no weights for plain-34: take {TINY}, the nearest network that has some."
    assert caught.value.nearest == card


def changed(card: Card, change: Callable[[bytes], bytes]) -> None:
    card.file.write_bytes(change(card.file.read_bytes()))


def test_a_missing_file_is_refused(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_tiny(folder).file.unlink()
    with pytest.raises(WeightsError, match="cannot be read: get it again"), caplog.at_level(logging.WARNING):
        load_weights(TINY)
    assert "FileNotFoundError" in caplog.text


@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-1], lambda data: data[:10], lambda data: b"", lambda data: data[:900] + b"?" + data[901:]],
    ids=["cut", "cut short", "empty", "one byte changed"],
)
def test_a_truncated_or_damaged_file_is_refused(folder: Path, change: Callable[[bytes], bytes]) -> None:
    changed(write_tiny(folder), change)
    with pytest.raises(WeightsError, match=r"is damaged or not the one its card describes: get both again\.$"):
        load_weights(TINY)


def test_a_file_that_is_no_safetensors_file_is_refused_though_its_card_says_so(folder: Path) -> None:
    import hashlib

    for data in (b"", b"no tensors", bytes(100)):
        card = write_tiny(folder)
        card.file.write_bytes(data)
        amend(card, sha256=hashlib.sha256(data).hexdigest())
        with pytest.raises(WeightsError, match="is no safetensors file"):
            load_weights(TINY)


@pytest.mark.parametrize(
    ("name", "tensor"), [("conv1.weight", torch.zeros(4, 3, 5, 5)), ("fc.bias", None), ("fc.more", torch.zeros(1))]
)
def test_tensors_of_another_network_are_refused(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    state = dict(build(TINY).state_dict())
    if tensor is None:
        del state[name]
    else:
        state[name] = tensor
    write_weights(state, unwritten(folder))
    with pytest.raises(WeightsError, match=f"1 tensors differ, the first being {name}"):
        load_weights(TINY)


def amend(card: Card, **fields: Any) -> None:
    path = card_file(card.file)
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"spec": "resnet-0"},
        {"spec": 3},
        {"classes": ["one"]},
        {"classes": None},
        {"classes": [1, 2, 3, 4, 5, 6, 7]},
        {"accuracy": [{"test_set": "test", "images": 10, "correct": 11}]},
        {"accuracy": [{"images": 10}]},
        {"preprocessing": {"size": [16, 16], "mean": [0.5, 0.5, 0.5], "std": [1, 1, 0]}},
        {"preprocessing": {"size": [16, 16], "mean": [0.5, 0.5], "std": [1, 1, 1]}},
        {"preprocessing": {"size": [16, "16"], "mean": [0, 0, 0], "std": [1, 1, 1]}},
        {"preprocessing": {"size": [16, 16], "mean": [0, 0, 0], "std": [1, 1, 1], "interpolation": "magic"}},
        {"preprocessing": []},
        {"seconds": "long"},
        {"machine": None},
        {"colour": "blue"},
    ],
)
def test_a_damaged_card_is_told_when_its_network_is_asked_for(
    folder: Path, fields: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    card = write_tiny(folder, ZOO["cifar-resnet-20"].changed(classes=7))
    card = replace(card, file=card.file.rename(folder / "cifar-resnet-20.safetensors"))
    (folder / f"{card.spec}.json").rename(card_file(card.file))
    assert [card.name for card in cards()] == ["cifar-resnet-20"]
    amend(card, **fields)
    assert cards() == ()
    assert "cifar-resnet-20.json" in caplog.text
    with pytest.raises(WeightsError, match=r"The weights' card cifar-resnet-20\.json cannot be used \(.+\): get it"):
        load_weights(parse("cifar-resnet-20"))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", "\x00", "[" * 5000])
def test_a_card_that_is_no_card_is_refused(folder: Path, text: str) -> None:
    (folder / "net.json").write_text(text)
    with pytest.raises(WeightsError):
        read_card(folder / "net.json")
    assert isinstance(shelf.catalogue()["net"], WeightsError)
    assert cards() == ()


def test_the_standard_error_is_that_of_so_many_coin_throws() -> None:
    accuracy = Accuracy("test", images=1017, correct=930)
    throws = torch.distributions.Binomial(1017, torch.tensor(930 / 1017)).stddev / 1017
    assert accuracy.share == 930 / 1017
    assert math.isclose(accuracy.standard_error, throws.item(), rel_tol=1e-6)


def test_a_thousand_classes_are_told_by_their_number() -> None:
    card = replace(unwritten(Path()), classes=tuple(map(str, range(1000))))
    assert card.choice == "It knows only 1,000 classes, and must choose one."
