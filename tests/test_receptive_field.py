"""Receptive fields are as far as gradients reach, and as far as others have published.

Inputs and weights are positive, so that no path cancels another and every ReLU passes. Max-pooling sends its gradient
to one pixel alone, so an average over the same window takes its place. A field is measured from its first to its last
pixel: with the stride in a 1×1 there are pixels in between that nothing reads.
"""

from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from resnet_core import ZOO, build, layer_rows, parse, totals
from resnet_core.network import Network
from resnet_core.sight.receptive import NoCellError, receptive_field
from resnet_core.taps import Taps
from resnet_core.tensors import tensors

SMALL = [
    "resnet-18,depths=1-2-1,size=190x201",
    "resnet-18,depths=1-2-1,shortcut=A,size=190x201",
    "resnet-18,depths=1-2-1,shortcut=C,order=pre,size=190x201",
    "resnet-50,depths=1-1,size=97",
    "resnet-50-v1.5,depths=1-1-1,size=161",
    "resnet-50-v1.5,depths=2-1,shortcut=A,order=pre,size=97",
    "plain-18,depths=2-1,size=97",
    "cifar-resnet-20,depths=2-2-2,size=81x96",
    "cifar-resnet-20,depths=2-2-2,shortcut=B,order=pre,size=81",
    "cifar-plain-20,depths=1-2-1,size=64",
    "cifar-resnet-164-v2,depths=2-2-2,size=64",
    "cifar-resnet-164-v2,depths=2-1-2,stride_on=3x3,shortcut=C,order=post,size=64",
]


class Reach(NamedTuple):
    """The pixels of the input that one cell's gradient reaches, along one side."""

    first: int
    last: int


@pytest.mark.parametrize("name", SMALL)
def test_a_cell_sees_as_far_as_its_gradient_reaches(name: str) -> None:
    network = _positive(name)
    picture = torch.rand(1, network.spec.channels, *network.spec.size) + 0.5
    picture.requires_grad_()
    outputs = _outputs(network, picture)
    rows = [row for row in layer_rows(network.spec) if row.kind in ("conv", "maxpool", "zeropad", "add")]
    for row in rows:
        out = outputs[row.block if row.kind == "add" else row.name]
        height, width = (n // 2 for n in out.shape[2:])
        here, before = _reaches(out, picture, height, width), _reaches(out, picture, height - 1, width - 1)
        for reach, earlier, side in zip(here, before, network.spec.size, strict=True):
            assert earlier.first > 0, "clipped: take a larger picture"
            assert reach.last < side - 1, "clipped: take a larger picture"
            assert reach.last - reach.first + 1 == row.receptive_field, row.name
            assert reach.first - earlier.first == row.jump, row.name
        for reach, cell in zip(here, (height, width), strict=True):
            assert reach.first == row.start + cell * row.jump, row.name


def _positive(name: str, width: bool = True) -> Network:
    torch.manual_seed(0)
    network = build(parse(f"{name},width=1,classes=2" if width else name)).eval()
    for pool in network.modules():
        if isinstance(pool, nn.MaxPool2d):
            mean = nn.AvgPool2d(pool.kernel_size, pool.stride, pool.padding, ceil_mode=pool.ceil_mode)
            pool.forward = mean.forward  # type: ignore[method-assign]
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.Conv2d):
                fan_in = module.weight[0].numel()
                module.weight.copy_((torch.rand_like(module.weight) + 0.5) / fan_in)
    return network


def _outputs(network: Network, picture: Tensor) -> dict[str, Tensor]:
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda module, inputs, out: outputs.update({name: out})

    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # else its output would stand where its input was kept
        module.register_forward_hook(keep(name))
    network(picture)
    return outputs


def _reaches(out: Tensor, picture: Tensor, row: int, column: int) -> tuple[Reach, Reach]:
    """From top to bottom, and from left to right."""
    (gradient,) = torch.autograd.grad(out[0, :, row, column].sum(), picture, retain_graph=True)
    reached = gradient[0].sum(0).nonzero()
    first, last = reached.amin(0).tolist(), reached.amax(0).tolist()
    return Reach(first[0], last[0]), Reach(first[1], last[1])


@pytest.mark.parametrize(
    "name",
    [
        *("alexnet-torchvision,size=150x160", "alexnet", "lenet-5", "vgg-16,width=4,size=90x70"),
        *("googlenet,size=97x120", "googlenet-torchvision,size=64", "densenet-121,depths=2-2-2,size=75"),
        *("cifar-highway-19", "resnet-50-v2,depths=1-1,size=60", "cifar-resnet-20,depths=1-1-1,shortcut=pool,size=33"),
    ],
)
def test_the_rectangle_of_a_cell_is_where_its_gradient_reaches_at_the_edges_too(name: str) -> None:
    """No padding, pools that round up and pools of uneven windows among them."""
    network = _positive(name, width=False)
    spec = network.spec
    picture = torch.rand(1, spec.channels, *spec.size) + 0.5
    picture.requires_grad_()
    maps = [found for found in tensors(spec).values() if found.is_map and found.trunk and found.shape[1] > 1]
    taps = Taps({found.name for found in maps})
    network(picture, taps)
    for found in maps[:: max(1, len(maps) // 12)] + maps[-1:]:
        height, width = found.shape[1:]
        for row, column in ((0, 0), (height - 1, width - 1), (height // 2, width // 3)):
            down, across = _reaches(taps.found[found.name], picture, row, column)
            seen = receptive_field(spec, found.name, row, column)
            assert seen.rows == (down.first, down.last), (found.name, row)
            assert seen.columns == (across.first, across.last), (found.name, column)


def test_what_is_padding_and_no_picture_is_said() -> None:
    spec = parse("cifar-resnet-20")
    corner = receptive_field(spec, "conv1", 0, 31)
    assert corner.box == (30, 0, 2, 2)
    assert corner.sentence == "2×2 pixels; the rest of its field of 3×3 is padding."
    assert receptive_field(spec, "layer1.0", 9, 9).sentence == "7×7 pixels."
    whole = "32×32 pixels: the whole picture; the rest of its field of 81×81 is padding."
    assert receptive_field(spec, "layer3.2", 4, 4).sentence == whole
    assert receptive_field(spec, "fc").sentence == "32×32 pixels: the whole picture."


def test_behind_a_pool_that_is_uneven_along_one_side_nothing_is_taken_for_padding() -> None:
    for size in ("224x288", "288x224"):
        seen = receptive_field(parse(f"vgg-16,size={size}"), "avgpool", 3, 3)
        assert seen.field is None
        assert seen.sentence == f"{seen.rows.pixels}×{seen.columns.pixels} pixels."


@pytest.mark.parametrize(("row", "column"), [(32, 0), (0, 32), (-1, 0)])
def test_a_cell_that_is_not_there_is_refused(row: int, column: int) -> None:
    with pytest.raises(NoCellError, match=r"conv1 has 32×32 cells, .* take a row from 0 to 31 and a column from 0 to"):
        receptive_field(parse("cifar-resnet-20"), "conv1", row, column)


@pytest.mark.parametrize(
    ("name", "pixels"),
    [  # google-research/receptive_field, for the nets of Caffe and slim, with their stride in a 1×1
        ("resnet-50", 483),
        ("resnet-101", 1027),
        ("resnet-152", 1507),
        # worked out by others for torchvision's nets
        ("resnet-18", 435),
        ("resnet-34", 899),
        ("resnet-50-v1.5", 427),
        ("resnet-101-v1.5", 971),
        ("resnet-152-v1.5", 1451),
    ],
)
def test_the_last_map_sees_as_much_as_others_have_published(name: str, pixels: int) -> None:
    assert totals(ZOO[name]).receptive_field == pixels
    assert totals(ZOO[name]).jump == 32
