"""The weights that come with the project: each with its card and its log, and four nets that differ in nothing else."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from resnet_core import parse
from resnet_core.cards import Card, read_card
from resnet_core.samples import samples

ASSETS = Path(__file__).parents[1] / "assets"
CURVES = ASSETS / "curves"
CARDS = {path.stem: read_card(path) for path in sorted((ASSETS / "weights").glob("*.json"))}
COMPARED = {name: CURVES / f"{name}-10-epochs.json" for name in ("cifar-resnet-20",)} | {
    name: CURVES / f"{name}.json" for name in ("cifar-plain-20", "cifar-plain-56", "cifar-resnet-56")
}
"""The degradation experiment of He 2015, section 4.2: resnet-20 has a longer run besides, whose weights it is."""
MOST_BYTES = 15 * 2**20
HALF = 0.002
"""What keeping weights in half precision may have changed of an error."""


def log(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_all_of_it_is_small() -> None:
    files = [path for folder in ("weights", "curves") for path in (ASSETS / folder).iterdir()]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert CARDS.keys() >= {"cifar-resnet-20", "cifar-resnet-56", "cifar-plain-20", "cifar-plain-56"}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_weights_are_what_their_log_led_to(card: Card) -> None:
    run = log(CURVES / f"{card.name}.json")
    assert parse(run["spec"]) == card.spec
    assert run["data"] == card.data
    assert len(run["epochs"]) == card.epochs == run["recipe"]["epochs"]
    last = run["epochs"][-1]
    for row in card.accuracy:
        assert row.share == pytest.approx(1 - last["test_errors"][row.test_set], abs=HALF)


@pytest.mark.parametrize("path", sorted(CURVES.glob("*.json")), ids=lambda path: path.stem)
def test_a_log_has_every_step_and_every_epoch(path: Path) -> None:
    run = log(path)
    assert [epoch["number"] for epoch in run["epochs"]] == list(range(1, run["recipe"]["epochs"] + 1))
    for epoch in run["epochs"]:
        assert len(epoch["steps"]) == math.ceil((50_000 + 3 * 8_068) / run["recipe"]["batch"])
        assert epoch["loss"] == pytest.approx(sum(epoch["steps"]) / len(epoch["steps"]), abs=1e-3)
        assert epoch["images_per_second"] * epoch["seconds"] == pytest.approx(74_204, rel=0.01)
        assert 0 < epoch["train_error"] < 1
        assert epoch["test_errors"].keys() == {"test_lossless", "test_jpeg"}
    assert run["epochs"][-1]["lr"] < run["epochs"][3]["lr"]


def test_four_nets_under_one_recipe_show_that_plain_nets_degrade_and_residual_ones_do_not() -> None:
    """He 2015, Fig. 6, in a short run: with depth the training error of plain nets rises, that of ResNets falls."""
    runs = {name: log(path) for name, path in COMPARED.items()}
    for name, run in runs.items():
        assert run["spec"] == name
        for fact in ("recipe", "data"):
            assert run[fact] == runs["cifar-resnet-56"][fact]
    errors = {name: run["epochs"][-1]["train_error"] for name, run in runs.items()}
    assert errors["cifar-plain-56"] > errors["cifar-plain-20"]
    assert errors["cifar-resnet-56"] < errors["cifar-resnet-20"] < errors["cifar-plain-20"]


@pytest.mark.parametrize("card", [card for card in CARDS.values() if "resnet" in card.name], ids=lambda card: card.name)
def test_a_residual_net_sees_the_cat(card: Card) -> None:
    from resnet_core.engine import Engine
    from resnet_core.prediction import predict

    cat = next(sample for sample in samples() if sample.file == "chelsea.jpg")
    assert predict(Engine("cpu"), cat.path.read_bytes(), card.spec, card=card).top[0].label == "cat"
