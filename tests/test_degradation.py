import math

import pytest
import torch

from resnet_core import parse
from resnet_core.labs.degradation import Entrant, Race, race
from resnet_core.labs.images import for_judging, for_learning
from resnet_core.training.data import CLASSES
from resnet_core.training.inputs import normalised
from resnet_core.training.recipe import Recipe


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
    entrants = [Entrant(parse(f"cifar-{kind}-20,depths=1-1-1,width=4")) for kind in ("plain", "resnet")]
    return list(race(entrants, for_learning(), for_judging(), seconds))


def test_nets_learn_side_by_side_from_the_same_batches() -> None:
    *_, last = run(6.0)
    plain, residual = last.curves
    assert len(plain.losses) == len(residual.losses) == last.steps
    assert residual.losses[-1] < residual.losses[0]
    assert [step for step, _ in plain.tests] == [step for step, _ in residual.tests]
    assert plain.tests[-1][0] == last.steps
    assert {len(norms) for norms in residual.gradients} == {8}
    assert min(residual.gradients_half_way) > 0


def test_a_race_can_be_left_at_any_step() -> None:
    steps = race([Entrant(parse("cifar-resnet-20,depths=1-1-1,width=4"))], for_learning(), for_judging(), 60.0)
    first = next(steps)
    assert len(first.curves[0].losses) == 1
    steps.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_net_without_batch_norm_takes_part_and_leaves_once_its_loss_is_no_number() -> None:
    """At a rate that only batch norm bears."""
    spec = parse("cifar-resnet-20,width=4")
    recipe = Recipe(epochs=1, batch=8, peak_lr=5.0, warmup=1e-9, weight_decay=0.0)
    steps = race([Entrant(spec), Entrant(spec, normalised=False)], for_learning(), for_judging(), 600.0, recipe)
    last = next(found for found in steps if len(found.curves[0].losses) > 12)
    normalised, bare = last.curves
    assert len(bare.losses) < 10 < len(normalised.losses)
    assert all(math.isfinite(loss) for loss in bare.losses)
    assert len(bare.gradients[0]) == len(normalised.gradients[0]) == 20
    assert bare.gradients[0] != pytest.approx(normalised.gradients[0], rel=0.1)


def test_no_step_judges_more_than_a_few_pictures() -> None:
    """500 pictures in four turns behind the first step of training, so that others come in between."""
    steps = race([Entrant(parse("cifar-resnet-20,depths=1-1-1,width=4"))], for_learning(), for_judging(), 60.0)
    tested = [len(next(steps).curves[0].tests) for _ in range(6)]
    assert tested == [0, 0, 0, 0, 1, 1]
