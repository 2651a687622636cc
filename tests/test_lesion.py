import math
from itertools import islice

import pytest
import torch
from torch import Tensor

from resnet_core import parse
from resnet_core.execution import exact_form
from resnet_core.inference_form import inference_form
from resnet_core.labs.lesion import Estimate, Tree, draws, lesions
from resnet_core.network import Network, build
from resnet_core.operated import operated, reordered
from resnet_core.operation import (
    OperationError,
    displaced,
    interchangeable,
    rank_correlation,
    rearranged,
    removable,
)

CPU = torch.device("cpu")


def network(text: str) -> Network:
    """With random weights, and running statistics that differ from one channel to the next."""
    torch.manual_seed(0)
    spec = parse(text)
    state = build(spec).state_dict()
    for name, tensor in state.items():
        if name.endswith("running_mean"):
            state[name] = torch.randn_like(tensor) / 10
        elif name.endswith("running_var"):
            state[name] = torch.rand_like(tensor) + 0.5
    return exact_form(spec, state, CPU)


def pictures(number: int) -> Tensor:
    return torch.randn(number, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "text",
    [
        "cifar-resnet-20",
        "cifar-resnet-20,shortcut=B",
        "cifar-resnet-20,order=pre",
        "cifar-resnet-20,order=bn-after-add",
        "cifar-plain-20",
        "resnet-50,size=32",
        "vgg-16,size=32,classes=10",
    ],
)
def test_the_tree_of_deletions_gives_what_each_deletion_gives_alone(text: str) -> None:
    net, batch = network(text), pictures(2)
    form = inference_form(net, CPU, torch.float32)
    names = removable(net.spec)
    wanted = [(), *draws(names, 1, 3, 0), *draws(names, 3, 6, 0), tuple(names)]
    found = {deletion: logits for some, logits in Tree(net, form).leaves(batch, wanted) for deletion in some}
    with torch.no_grad():
        for deletion in wanted:
            alone = operated(net, batch, without=deletion)
            assert torch.allclose(found[deletion], alone, atol=1e-3 * float(alone.abs().max())), deletion


def test_nothing_deleted_is_the_network_itself() -> None:
    net, batch = network("cifar-resnet-20"), pictures(2)
    with torch.no_grad():
        assert torch.equal(operated(net, batch), net(batch))


def test_a_block_without_its_residual_path_is_its_shortcut() -> None:
    net, batch = network("cifar-resnet-20,depths=1-1-1"), pictures(2)
    with torch.no_grad():
        first = torch.relu(net.get_submodule("bn1")(net.get_submodule("conv1")(batch)))
        # option A: every second pixel, zeros in the new channels; twice; then the mean and the classes
        last = torch.nn.functional.pad(first[:, :, ::4, ::4], (0, 0, 0, 0, 0, 48))
        by_hand = net.get_submodule("fc")(last.mean((2, 3)))
        assert torch.allclose(operated(net, batch, without=removable(net.spec)), by_hand, atol=1e-5)


def test_residual_paths_of_weight_zero_are_deleted() -> None:
    net, batch = network("cifar-resnet-20,order=pre"), pictures(2)
    with torch.no_grad():
        assert torch.allclose(
            operated(net, batch, residual=0.0), operated(net, batch, without=removable(net.spec)), atol=1e-5
        )


def test_a_plain_net_loses_only_blocks_that_keep_the_shape() -> None:
    assert len(removable(parse("cifar-resnet-20"))) == 9
    assert len(removable(parse("cifar-plain-20"))) == 7
    with pytest.raises(OperationError, match="has no block"):
        removable(parse("lenet-5"))


def test_blocks_change_places_where_their_shapes_agree() -> None:
    net = network("cifar-resnet-20")
    groups = interchangeable(net.spec)
    assert [len(group) for group in groups] == [3, 2, 2]
    mixed = reordered(net, groups[0][::-1])
    assert [step for step in mixed if step in groups[0]] == list(groups[0][::-1])
    with pytest.raises(OperationError, match="cannot stand where"):
        reordered(net, ("layer1.0", "layer2.1")[::-1])


def test_blocks_in_another_order_run_in_that_order() -> None:
    net, batch = network("cifar-resnet-20"), pictures(2)
    order = ("layer1.2", "layer1.0", "layer2.2", "layer2.1")
    steps = reordered(net, order)
    places = {"layer1.0": "layer1.2", "layer1.2": "layer1.0", "layer2.1": "layer2.2", "layer2.2": "layer2.1"}
    assert steps == tuple(places.get(name, name) for name in net.steps)
    assert reordered(net, ()) == net.steps
    whole = rearranged(net.spec, order)
    assert displaced(net.spec, whole) == order
    assert rearranged(net.spec, displaced(net.spec, whole)) == whole
    with torch.no_grad():
        x = batch
        for name in steps:
            x = net.get_submodule(name)(x)
        found = operated(net, batch, steps=steps)
        assert torch.equal(found, x)
        assert not torch.allclose(found, net(batch), atol=1e-3)
    for nonsense in (("layer1.0", "layer1.0"), ("frog",), ("conv1", "layer1.0")):
        with pytest.raises(OperationError, match="each once: such as"):
            rearranged(net.spec, nonsense)


def test_the_rank_correlation_of_orders_is_kendalls() -> None:
    assert rank_correlation("abcd", "abcd") == 1
    assert rank_correlation("dcba", "abcd") == -1
    assert rank_correlation("bacd", "abcd") == pytest.approx((5 - 1) / 6)  # one pair of six is turned
    assert rank_correlation("dabc", "abcd") == 0  # three of six


def test_a_layer_of_vgg_is_taken_out_as_if_it_were_not_there() -> None:
    spec = parse("vgg-16,size=32,classes=10")
    assert removable(spec) == tuple(f"features.{place}" for place in (2, 7, 12, 14, 19, 21, 24, 26, 28))
    assert [len(group) for group in interchangeable(spec)] == [2, 2, 3]
    net, batch = network(str(spec)), pictures(2)
    with torch.no_grad():
        x = batch
        for name in net.steps:  # by hand: the convolution, and the ReLU behind it
            x = x if name in ("features.12", "features.13") else net.get_submodule(name)(x)
        assert torch.equal(operated(net, batch, without=["features.12"]), x)
        assert not torch.allclose(x, net(batch), atol=1e-3)


def test_draws_are_different_and_as_many_as_there_are() -> None:
    names = removable(parse("cifar-resnet-56"))
    assert len(set(draws(names, 3, 50, 0))) == 50
    assert len(draws(names, 1, 50, 0)) == 27
    assert draws(names, 3, 50, 0) == draws(names, 3, 50, 0) != draws(names, 3, 50, 1)


def test_a_lesion_counts_what_changes() -> None:
    net, batch = network("cifar-resnet-20"), pictures(6)
    form = inference_form(net, CPU, torch.float32)
    *_, last = lesions(net, form, batch, torch.zeros(6, dtype=torch.int64), (0, 1, 9), 4)
    none, one, every = last.rows
    assert (none.flips.mean, none.divergence.mean, none.kept.mean) == (0, 0, 5)
    assert one.draws == 4
    assert every.draws == 1
    assert last.finished
    with torch.no_grad():
        before, after = net(batch), operated(net, batch, without=removable(net.spec))
    assert every.flips.mean == pytest.approx(float((before.argmax(1) != after.argmax(1)).double().mean()))
    assert every.wrong is not None
    assert every.wrong.mean == pytest.approx(float((after.argmax(1) != 0).double().mean()))


def test_a_lesion_can_be_stopped_between_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_core.labs.lesion.SLICE", 2)
    net = network("cifar-resnet-20")
    form = inference_form(net, CPU, torch.float32)
    steps = list(islice(lesions(net, form, pictures(6), None, (1,), 2), 4))  # nothing, two deletions, the slice
    assert [bool(step.rows) for step in steps] == [False, False, False, True]
    first = steps[-1]
    assert (first.done, first.whole) == (2, 6)
    assert first.rows[0].wrong is None


def test_an_interval_is_that_of_the_normal_distribution() -> None:
    found = Estimate.of([0.0, 1.0, 0.0, 1.0])
    assert found.mean == 0.5
    assert found.within == pytest.approx(1.96 * math.sqrt((4 * 0.25 / 3) / 4))
