"""One number followed by hand: at every tensor on its way it is what the network itself has there."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from reference import lively
from torch.nn import functional

from resnet_core import ZOO, parse
from resnet_core.engine import Engine
from resnet_core.prediction import predict
from resnet_core.preprocessing import normalised
from resnet_core.samples import samples
from resnet_core.sight.course import CELLWISE, NoCourseError, convolutions, course, usual_layer
from resnet_core.sight.trace import FUNCTIONS, MOST_CHANNELS, Trace, parameters, trace
from resnet_core.sight.waterfall import waterfall
from resnet_core.taps import Taps
from resnet_core.tensors import tensors
from resnet_core.weights import require_card

pytestmark = pytest.mark.usefixtures("one_thread")

NETS = [
    *(f"cifar-resnet-20,order={order},shortcut={shortcut}" for order in ("post", "pre") for shortcut in "ABC"),
    *("cifar-resnet-20,order=bn-after-add", "cifar-resnet-20,order=relu-before-add", "cifar-resnet-20,shortcut=pool"),
    *("cifar-resnet-20,order=relu-only-pre", "cifar-plain-20", "cifar-resnet-110-sd"),
    *("cifar-resnet-110-sd,survival_rule=inverted", "cifar-resnet-20,skip=scaling", "cifar-resnet-20,skip=dropout"),
    *("cifar-resnet-20,skip=exclusive-gating,gate_bias=-1", "cifar-resnet-20,skip=shortcut-gating,gate_bias=-1"),
]
SMALL = [f"{name},width=4,depths=1-2,size=9x12" for name in NETS]
OTHERS = [
    *(f"resnext-50-32x4d,form={form},groups=3,group_width=2,width=6,depths=1-1,size=37" for form in "abc"),
    *("cifar-densenet-bc-100-12,depths=2-1,growth=3,size=9x12", "cifar-highway-19,depths=2-1-1,width=3,gate_bias=-1"),
    *("vgg-11,depths=1-2,width=3,size=28", "lenet-5", "alexnet,size=223", "googlenet,aux=yes", "googlenet-torchvision"),
]


def traced(text: str, name: str, cell: tuple[int, int, int]) -> Trace:
    """In double precision, so that nothing but the order of a sum differs."""
    network, pictures = lively(text)
    way = course(network.spec, name)
    taps = Taps(way.taps)
    with torch.inference_mode():
        network(pictures[:1], taps)
    found = {tap: tensor[0].numpy() for tap, tensor in taps.found.items()}
    state = {key: tensor.numpy() for key, tensor in network.state_dict().items()}
    return trace(network.spec, way, cell, pictures[0].numpy(), found, state)


@pytest.mark.parametrize("text", [*SMALL, *OTHERS])
def test_every_tensor_on_the_way_is_what_the_network_has_there(text: str) -> None:
    """Of each convolution: a corner, where the window reaches into the padding, and a cell within."""
    network, pictures = lively(text)
    ways = {name: course(network.spec, name) for name in convolutions(network.spec)}
    assert {*ways} == {name for name, module in network.named_modules() if isinstance(module, torch.nn.Conv2d)}
    taps = Taps({tap for way in ways.values() for tap in way.taps})
    with torch.inference_mode():
        network(pictures[:1], taps)
    found = {tap: tensor[0].numpy() for tap, tensor in taps.found.items()}
    state = {key: tensor.numpy() for key, tensor in network.state_dict().items()}
    for name, way in [*ways.items()][:: max(1, len(ways) // 40)]:
        channels, height, width = tensors(network.spec)[name].shape
        for cell in {(0, 0, 0), (channels - 1, height - 1, width // 2), (channels // 2, height // 2, width - 1)}:
            result = trace(network.spec, way, cell, pictures[0].numpy(), found, state)
            for check in result.checks:
                assert check.ours == pytest.approx(check.engine, rel=1e-9, abs=1e-9), (name, cell, check.tensor)
            assert result.value == result.checks[-1].ours


def test_every_convolution_of_the_zoo_has_a_course_of_known_tensors() -> None:
    for name, spec in ZOO.items():
        known = tensors(spec)
        for conv in convolutions(spec)[:60]:
            assert {*course(spec, conv).taps} <= {*known}, name


def test_a_course_ends_where_more_than_one_cell_is_read() -> None:
    spec = ZOO["resnet-50"]
    assert course(spec, "conv1").tensor == "relu"
    assert course(spec, "layer1.0.conv1").tensor == "layer1.0.relu1"
    assert course(spec, "layer1.1.conv3").tensor == "layer1.1.relu"
    assert course(spec, "layer1.0.downsample.0").tensor == "layer1.0.relu"
    assert course(ZOO["resnet-50-v2"], "layer1.1.conv3").tensor == "layer1.1.add"
    assert course(ZOO["plain-34"], "layer1.1.conv2").tensor == "layer1.1.relu"


def test_a_block_reads_what_the_one_before_puts_out_and_the_first_layer_the_picture() -> None:
    spec = ZOO["resnet-50"]
    assert course(spec, "conv1").source == ""
    assert course(spec, "layer1.0.conv1").source == "maxpool"
    assert course(spec, "layer1.1.conv1").source == "layer1.0"
    assert course(spec, "layer1.1.conv2").source == "layer1.1.relu1"


def test_the_layer_that_is_followed_first_ends_the_residual_path_of_the_middle_block() -> None:
    assert usual_layer(ZOO["cifar-resnet-20"]) == "layer2.1.conv2"
    assert usual_layer(ZOO["resnet-50-v2"]) == "layer3.1.conv3"
    assert usual_layer(ZOO["cifar-plain-20"]) in convolutions(ZOO["cifar-plain-20"])
    assert all(usual_layer(spec) in convolutions(spec) for spec in ZOO.values())


def test_the_window_is_cut_at_the_border_and_groups_see_their_own_channels() -> None:
    text = "resnext-50-32x4d,groups=3,group_width=2,width=6,depths=1-1,size=37"
    result = traced(text, "layer1.0.conv2", (5, 0, 1))
    assert {share.channel for share in result.shares} == {4, 5}
    assert result.inside.tolist() == [[False] * 3, [True] * 3, [True] * 3]
    assert result.products == 18
    for share in result.shares:
        assert not share.inputs[0].any()
        assert np.array_equal(share.products, share.inputs * share.weights)


def test_the_sum_of_the_products_is_what_torch_convolves() -> None:
    network, pictures = lively("cifar-resnet-20,width=4,depths=1,size=9x12")
    theirs = functional.conv2d(pictures[:1], network.state_dict()["conv1.weight"], padding=1)[0, 2, 8, 0]
    result = traced("cifar-resnet-20,width=4,depths=1,size=9x12", "conv1", (2, 8, 0))
    assert result.steps[0].value == pytest.approx(float(theirs), rel=1e-12)
    sums = [abs(share.sum) for share in result.shares]
    assert sums == sorted(sums, reverse=True)


def test_batch_norm_is_a_factor_and_a_summand_with_the_layers_own_numbers() -> None:
    result = traced("cifar-resnet-20,width=4,depths=1,size=9x12", "conv1", (2, 4, 4))
    assert len(result.notes) == 1
    assert result.notes[0].startswith("bn1: γ = ")
    assert [step.words.split(" ")[0] for step in result.steps] == ["Σ", "BN:", "BN:", "ReLU"]


@pytest.mark.parametrize("cell", [(0, 0), (4, 5)])
def test_option_a_adds_nothing_to_a_channel_that_it_fills_with_zeros(cell: tuple[int, int]) -> None:
    text = "cifar-resnet-20,width=4,depths=1-2,size=9x12"
    for channel, nothing in ((0, False), (7, True)):
        result = traced(text, "layer2.0.conv2", (channel, *cell))
        step = next(step for step in result.steps if "the shortcut" in step.words)
        assert (step.value == step.before) == nothing


def test_a_cell_or_a_layer_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoCourseError, match=r"no convolution 'fc'.*such as 'conv1'"):
        course(ZOO["resnet-18"], "fc")
    with pytest.raises(NoCourseError, match="conv1 is 9×12×4: take a channel, a row and a column within"):
        traced("cifar-resnet-20,width=4,depths=1,size=9x12", "conv1", (4, 0, 0))


def test_every_kind_that_works_cell_by_cell_is_followed() -> None:
    assert {*FUNCTIONS, "bn"} == CELLWISE


@pytest.mark.parametrize("name", ["cifar-resnet-20", "cifar-plain-20"])
def test_the_value_is_the_engines_own_in_the_picture_that_is_looked_at(name: str) -> None:
    """Through the engine, in its float32, with the weights that come with the project."""
    spec, data = parse(name), Path(samples()[0].path).read_bytes()
    card, engine = require_card(spec), Engine("cpu")
    for layer, cell in (("conv1", (3, 0, 0)), ("layer2.0.conv2", (20, 15, 15)), ("layer3.2.conv2", (60, 3, 7))):
        way = course(spec, layer)
        prediction = predict(engine, data, spec, taps=way.taps)
        picture = normalised(prediction.pixels, card.preprocessing.at(spec.size))
        result = trace(spec, way, cell, picture, prediction.answer.taps, parameters(card, way))
        assert result.value == pytest.approx(result.engine, rel=1e-4, abs=1e-5)
        assert result.sentence.startswith(f"Σ of {result.products} products = ")


def test_the_bars_lead_from_zero_to_the_value_without_a_gap() -> None:
    result = traced("cifar-resnet-20,width=16,depths=1-2,size=9x12", "layer2.1.conv2", (5, 2, 2))
    bars, zero = waterfall(result)
    assert [bar.words for bar in bars[:MOST_CHANNELS]] == [f"channel {one.channel}" for one in result.shares[:8]]
    assert bars[MOST_CHANNELS].words == "24 more channels"
    assert 0 <= zero <= 100
    assert all(0 <= bar.begin <= bar.begin + bar.extent <= 100.02 for bar in bars)
    for bar, after in pairwise(bars):
        ends = {bar.begin, round(bar.begin + bar.extent, 2)}
        begins = {after.begin, round(after.begin + after.extent, 2)}
        assert min(abs(end - begin) for end in ends for begin in begins) < 0.03
