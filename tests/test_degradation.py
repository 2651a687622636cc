import pytest
import torch

from resnet_core import parse
from resnet_core.labs.degradation import Race, race
from resnet_core.labs.images import for_judging, for_learning
from resnet_core.training.data import CLASSES
from resnet_core.training.inputs import normalised


def test_the_bundled_pictures_are_as_many_of_each_class() -> None:
    for images, each in ((for_judging(), 50), (for_learning(), 200)):
        assert torch.equal(images.labels.bincount(), torch.full((len(CLASSES),), each))
        assert images.pixels.shape == (10 * each, 3, 32, 32)


def test_a_trained_network_knows_the_bundled_test_pictures() -> None:
    """As many right as its card says of the set that they are from, within four standard errors."""
    from resnet_core import build, load_weights
    from resnet_core.weights import require_card

    card = require_card(parse("cifar-resnet-20"))
    network = build(card.spec).eval()
    network.load_state_dict(load_weights(card.spec))
    with torch.inference_mode():
        right = (network(normalised(for_judging().pixels)).argmax(1) == for_judging().labels).double().mean()
    told = next(one for one in card.accuracy if one.test_set == "test_lossless")
    share = told.correct / told.images
    assert float(right) == pytest.approx(share, abs=4 * (share * (1 - share) / 500) ** 0.5)


def run(seconds: float) -> list[Race]:
    specs = [parse(f"cifar-{kind}-20,depths=1-1-1,width=4") for kind in ("plain", "resnet")]
    return list(race(specs, for_learning(), for_judging(), seconds))


def test_nets_learn_side_by_side_from_the_same_batches() -> None:
    *_, last = run(6.0)
    plain, residual = last.curves
    assert len(plain.losses) == len(residual.losses) == last.steps
    assert residual.losses[-1] < residual.losses[0]
    assert [step for step, _ in plain.tests] == [step for step, _ in residual.tests]
    assert plain.tests[-1][0] == last.steps
    assert len(residual.gradients_at_start) == 8
    assert min(residual.gradients) > 0


def test_a_race_can_be_left_at_any_step() -> None:
    specs = [parse("cifar-resnet-20,depths=1-1-1,width=4")]
    steps = race(specs, for_learning(), for_judging(), 60.0)
    first = next(steps)
    assert len(first.curves[0].losses) == 1
    steps.close()  # type: ignore[attr-defined]  # it is a generator
