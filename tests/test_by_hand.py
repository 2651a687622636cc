"""Blocks taken out or reordered by hand: what is counted of the answers, held against forward passes written out."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from published_files import bytes_of, published

from resnet_core import build, parse
from resnet_core.engine import Engine
from resnet_core.experiments.by_hand import Outcome, compared, remarks, reply
from resnet_core.experiments.lab import Settings
from resnet_core.experiments.operating import TESTED, networks, on_tests, outcome
from resnet_core.experiments.recorded import steps
from resnet_core.experiments.running import subject
from resnet_core.experiments.table import lab
from resnet_core.operation import Operation
from resnet_core.prediction import predict
from resnet_core.samples import samples

FROG = next(sample for sample in samples() if sample.title == "Frog").path.read_bytes()
NET = parse("cifar-resnet-20")


ENGINE = Engine("cpu")


def last(done: Operation, net: str = "cifar-resnet-20") -> tuple[Outcome, ...]:
    """On the picture, and on the test pictures, where they are known."""
    seen = []
    for spec in networks(parse(net)):
        own = done.on(spec)
        before, after = (reply(predict(ENGINE, FROG, spec, operation=one)) for one in (Operation(), own))
        seen.append(outcome(before, after, own))
    if not seen[0].testable:
        return tuple(seen)
    *_, tests = on_tests(parse(net), done)
    assert tests.done == 1
    return tuple(replace(one, tests=found) for one, found in zip(seen, tests.found, strict=True))


def test_what_changes_is_counted_on_the_picture_and_on_test_pictures_of_the_net_and_of_its_plain_twin() -> None:
    done = Operation(without=("layer1.1", "layer2.0"))
    resnet, plain = last(done)
    assert (resnet.spec, plain.spec) == (NET, parse("cifar-plain-20"))
    assert plain.done.without == ("layer1.1",)
    on = subject(Settings(pictures=500), NET)
    pictures, labels = on.pictures[::4], on.labels[::4]
    with torch.no_grad():
        x = pictures
        for name in on.network.steps:
            if name == "layer2.0":  # option A: every second pixel, and zeros
                x = torch.nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 16))
            elif name != "layer1.1":
                x = on.network.get_submodule(name)(x)
        before = on.network(pictures).argmax(1)
    tests = resnet.tests
    assert tests is not None
    assert tests.pictures == TESTED == len(pictures)
    assert tests.flips == pytest.approx(float((x.argmax(1) != before).double().mean()), abs=2 / TESTED)
    assert tests.wrong == pytest.approx(float((x.argmax(1) != labels).double().mean()), abs=2 / TESTED)
    assert tests.wrong_before == pytest.approx(float((before != labels).double().mean()))
    assert plain.tests is not None
    assert (plain.tests.wrong or 0) > 0.5  # a plain net does not bear it
    assert "cifar-plain-20 keeps layer2.0" in remarks((resnet, plain), done)
    head, *rows = compared((resnet, plain))
    assert [row[:2] for row in rows] == [
        (name, tried)
        for name in ("cifar-resnet-20", "cifar-plain-20")
        for tried in ("this picture", "125 test pictures")
    ]
    assert all(len(row) == len(head) for row in rows)


def test_the_order_as_it_was_changes_nothing_and_another_one_something() -> None:
    resnet, _ = last(Operation(order=("layer1.0", "layer1.1")))
    assert (resnet.picture.flips, resnet.picture.divergence, resnet.correlation) == (0, 0, 1)
    turned = Operation(order=("layer3.2", "layer3.1"))
    resnet, _ = last(turned)
    assert resnet.correlation == pytest.approx(1 - 2 / 36)  # one pair of 36 is turned
    assert resnet.picture.divergence > 0
    assert turned.words == "2 blocks moved"
    assert Operation(("layer1.1",), (), 0.5).words == "without 1 block, every F × 0.5"
    assert "τ of the new order and the old one: 0.944." in remarks((resnet,), turned)


def test_every_block_can_go() -> None:
    names = tuple(f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3))
    resnet, _ = last(Operation(without=names))
    assert resnet.tests is not None
    assert (resnet.tests.wrong or 0) > 0.6


def test_vgg_is_tried_beside_a_net_on_one_picture_where_its_weights_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.device("meta"):
        shapes = build(parse("vgg-16")).state_dict()
    data = bytes_of({name: torch.zeros(tensor.shape) for name, tensor in shapes.items()})  # quicker than random ones
    row = published(monkeypatch, "vgg-16", data)
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    (tmp_path / row.file).write_bytes(data)
    one = lab("lesion")
    settings = Settings(model="cifar-resnet-20", draws=1, picture=FROG)
    *_, found = steps(one, settings)
    assert found.done == 1
    counted = {name: [row for row in found.rows if row[0] == name] for name in one.names(found, ("wrong",))}
    assert [*counted] == ["cifar-resnet-20", "cifar-plain-20", "vgg-16"]
    assert [row[1] for row in counted["vgg-16"]] == [*range(10)]
    assert "vgg-16 changes its answer in" in one.answer(found).words
    assert one.answer(found).holds is None
    begun = next(steps(one, Settings(model="cifar-resnet-20", draws=1, pictures=2)))
    assert begun.rows == ()
    (alone,) = last(Operation(without=("features.12",)), "vgg-16")
    assert alone.tests is None
    assert "which this network does not know" in remarks((alone,), alone.done)
