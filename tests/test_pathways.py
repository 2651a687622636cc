import pytest
import torch
from torch.nn.functional import cross_entropy

from resnet_core import parse, totals
from resnet_core.labs.parts import most_together, number_of_parts
from resnet_core.labs.pathways import pathways, scaled
from resnet_core.labs.spans import shortest
from resnet_core.labs.ways import ways
from resnet_core.operated import operated
from resnet_core.operation import OperationError, removable
from resnet_core.paths import path_lengths
from tests.test_lesion import network, pictures

LABELS = torch.tensor([3, 5])


@pytest.mark.parametrize("text", ["cifar-resnet-20", "cifar-resnet-20,order=pre", "cifar-resnet-20,shortcut=C"])
def test_the_two_pathways_sum_to_the_gradient(text: str) -> None:
    *_, found = pathways(network(text), pictures(2), LABELS)
    assert [one.block for one in found] == list(removable(parse(text)))
    assert max(one.left for one in found) < 1e-5
    assert all(one.residual > 0 for one in found)


def test_the_gradient_at_the_first_block_is_autograds() -> None:
    net = network("cifar-resnet-20,order=pre")
    *_, (first, *_) = pathways(net, pictures(2), LABELS)
    begin = net.steps.index(first.block)
    x = pictures(2)
    for name in net.steps[:begin]:
        x = net.get_submodule(name)(x)
    x = out = x.detach().requires_grad_()
    for name in net.steps[begin:]:
        out = net.get_submodule(name)(out)
    (gradient,) = torch.autograd.grad(cross_entropy(out, LABELS, reduction="sum"), x)
    assert first.whole == pytest.approx(float(gradient.norm()), rel=1e-4)


def test_a_plain_net_has_one_way_only() -> None:
    with pytest.raises(OperationError, match="take a ResNet"):
        list(pathways(network("cifar-plain-20"), pictures(1), LABELS[:1]))
    with pytest.raises(OperationError, match="no paths"):
        list(ways(network("cifar-plain-20"), pictures(1), LABELS[:1]))


def test_without_residual_paths_the_gradient_goes_as_the_power_of_the_factor() -> None:
    net = network("cifar-resnet-20,order=pre,depths=5-1-1")
    for name in removable(net.spec):  # F = 0, as where its last convolution is zero
        torch.nn.init.zeros_(net.get_submodule(f"{name}.conv2").weight)  # type: ignore[arg-type]
    (whole,), (half,) = (scaled(net, pictures(2), LABELS, factor) for factor in (1.0, 0.5))
    assert whole.powers == (1,) * 7
    assert half.powers == tuple(0.5 ** (7 - place) for place in range(7))
    # what reaches the blocks of one stage differs by the factor alone, whatever the loss
    assert half.gradients[0] / half.gradients[1] == pytest.approx(0.5, rel=1e-4)
    assert half.gradients[0] / half.gradients[4] == pytest.approx(0.5**4, rel=1e-4)
    assert whole.gradients[0] == pytest.approx(whole.gradients[4], rel=1e-4)


def test_answers_go_from_the_shortcuts_alone_to_the_network() -> None:
    net = network("cifar-resnet-20")
    with torch.no_grad():
        assert torch.allclose(operated(net, pictures(2), residual=0.999999), net(pictures(2)), atol=1e-3)
        assert torch.allclose(
            operated(net, pictures(2), residual=0.0), operated(net, pictures(2), without=removable(net.spec)), atol=1e-4
        )


def test_paths_are_weighed_by_their_number() -> None:
    net = network("cifar-resnet-20,order=pre,depths=1-1-1")
    steps = list(ways(net, pictures(2), LABELS, draws=3))
    last = steps[-1]
    assert [len(step.ways) for step in steps] == [0, 1, 1, 1, 2, 2, 2, 3, 4]  # of 1, 3, 3 and 1 paths
    assert [way.draws for way in last.ways] == [1, 3, 3, 1]
    assert last.finished
    assert sum(way.weight for way in last.ways) == pytest.approx(1)
    numbers = path_lengths(3)
    products = [way.norm * number for way, number in zip(last.ways, numbers, strict=True)]
    assert [way.weight for way in last.ways] == pytest.approx([product / sum(products) for product in products])


def test_the_gradients_of_all_paths_of_a_linear_net_sum_to_the_whole() -> None:
    """One block, so two paths: through it, and around it."""
    from resnet_core.operated import blocks, parted

    net = network("cifar-resnet-20,order=pre,depths=1")
    ((name, block),) = blocks(net)
    gradients = []
    for way in (None, "residual", "shortcut"):
        start = pictures(2).requires_grad_()
        x = start
        for step in net.steps:
            x = parted(block, x, way) if step == name and way else net.get_submodule(step)(x)
        gradients.append(torch.autograd.grad(cross_entropy(x, LABELS, reduction="sum"), start)[0])
    assert torch.allclose(gradients[0], gradients[1] + gradients[2], atol=1e-5)


def test_in_parts_every_measure_is_that_of_all_pictures_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a network in eval mode sees each picture by itself; a long step is several short ones."""
    net, batch = network("cifar-resnet-20,depths=1-1-1"), pictures(5)
    labels = torch.arange(5)

    def measured() -> list[float]:
        *_, parting = pathways(net, batch, labels)
        *_, weighed = scaled(net, batch, labels, 0.7)
        *_, way = ways(net, batch, labels, draws=2)
        norms = [norm for one in parting for norm in (one.whole, one.identity, one.residual)]
        return [*norms, *weighed.gradients, *(one.norm for one in way.ways)]

    assert most_together(net.spec) > 5
    together, steps = measured(), sum(1 for _ in pathways(net, batch, labels))
    monkeypatch.setattr("resnet_core.labs.parts.MOST_MACS", 2 * totals(net.spec).macs)
    assert most_together(net.spec) == 2
    assert number_of_parts(net.spec, 5) == 3
    assert measured() == pytest.approx(together, rel=1e-4)
    assert sum(1 for _ in pathways(net, batch, labels)) - 1 == 3 * (steps - 1)
    assert sum(1 for _ in scaled(net, batch, labels, 0.7)) == 3
    during = [len(found) for found in pathways(net, batch, labels)]
    assert during == [0, 0, 0, 1, 1, 1, 2, 2, 2, *[3] * (2 * 9 + 1)]  # the first part brings block by block


def test_one_picture_is_a_part_however_large_the_network() -> None:
    assert most_together(parse("resnet-152-v1.5")) == 1


def test_the_effective_range_is_the_shortest_that_brings_enough() -> None:
    weights = (0.0, 0.1, 0.6, 0.25, 0.05)
    assert shortest(weights, 0.6) == (2, 2)
    assert shortest(weights, 0.85) == (2, 3)
    assert shortest(weights, 0.95) == (1, 3)
