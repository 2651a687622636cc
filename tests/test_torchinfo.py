"""Every conv, BN and linear row against four programs that count otherwise: by running the network.

Their conventions, read in their sources, and how ours (conv and linear multiply-adds only) leads to theirs:

- torchinfo 1.8.0, `LayerInfo.calculate_macs`: a convolution's parameters times the cells of its map (so a bias would
  count as one more weight); every other layer's parameters once, so BN counts 2·C and a linear layer its biases.
- torch's FlopCounterMode: two operations per multiply-add of convolutions and matrix products, nothing else.
- fvcore: one per multiply-add of convolutions and matrix products; BN two per cell; global average pooling one per
  cell of its input; ReLU, max-pooling and additions are "unsupported", which is nothing.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from torchinfo import summary
from torchinfo.layer_info import LayerInfo

from resnet_core import ZOO, ArchSpec, Row, build, layer_rows, parse, totals
from resnet_core.network import Network
from resnet_core.spec import Size

LEARNED = ("conv", "bn", "linear")
SIZES: tuple[Size, ...] = ((224, 224), (32, 32), (97, 97), (64, 96))
DEEPEST = 400  # weighted layers beyond which a net is measured once, at its own size

OnMeta = Callable[[ArchSpec], Network]


def _fits(spec: ArchSpec, size: Size) -> bool:
    return spec.wiring.least(spec) <= min(size) and max(size) <= spec.wiring.most(spec)


WALKED = [
    (name, size)
    for name, spec in ZOO.items()
    for size in dict.fromkeys((spec.size, *(SIZES if spec.layers <= DEEPEST else ())))
    if _fits(spec, size)
]


@pytest.mark.parametrize(("name", "size"), WALKED)
def test_shapes_parameters_and_multiply_adds_are_torchinfos(name: str, size: Size, on_meta: OnMeta) -> None:
    spec = replace(ZOO[name], size=size)
    network = on_meta(ZOO[name])
    with torch.device("meta"):
        result = summary(network, input_data=torch.empty(1, spec.channels, *size), device="meta", verbose=0)
    names = {id(module): name for name, module in network.named_modules()}
    theirs = {
        names[layer.layer_id]: _as_torchinfo_counts(layer)
        for layer in result.summary_list
        if layer.is_leaf_layer and layer.num_params
    }
    ours = {
        row.name: (row.out_shape, row.params, row.macs + _what_torchinfo_adds(row))
        for row in layer_rows(spec)
        if row.kind in LEARNED
    }
    assert ours == theirs
    assert sum(macs for _, _, macs in ours.values()) == result.total_mult_adds
    assert sum(params for _, params, _ in ours.values()) == result.total_params


def _as_torchinfo_counts(layer: LayerInfo) -> tuple[tuple[int, ...], int, int]:
    return tuple(layer.output_size[1:]), layer.num_params, layer.macs


def _what_torchinfo_adds(row: Row) -> int:
    if row.kind == "conv":
        _, height, width = row.out_shape
        return row.biases * height * width
    return row.bn + row.biases


@pytest.mark.parametrize("name", ZOO)
def test_multiply_adds_are_half_of_what_torchs_flop_counter_sees_row_by_row(name: str, on_meta: OnMeta) -> None:
    spec = ZOO[name]
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        on_meta(spec)(torch.empty(1, spec.channels, *spec.size))
    theirs = {place: sum(operators.values()) for place, operators in counter.get_flop_counts().items()}
    ours = {f"Network.{row.name}": 2 * row.macs for row in layer_rows(spec) if row.macs}
    assert {place: flops for place, flops in theirs.items() if place in ours} == ours
    assert 2 * totals(spec).macs == counter.get_total_flops() == sum(ours.values())


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", ["resnet-18", "resnet-50-v1.5", "resnet-50-v2", "cifar-resnet-20"])
def test_multiply_adds_and_elementwise_operations_are_fvcores(name: str) -> None:
    from fvcore.nn import FlopCountAnalysis  # here, because importing it warns

    spec = parse(f"{name},size=96x64")
    counted = FlopCountAnalysis(build(spec).eval(), torch.empty(1, spec.channels, *spec.size))
    counted.unsupported_ops_warnings(False).uncalled_modules_warnings(False).tracer_warnings("none")
    theirs = {place: sum(operators.values()) for place, operators in counted.by_module_and_operator().items()}
    seen = ("bn", "adaptivepool")
    ours = {
        row.name: row.elementwise if row.kind in seen else row.macs
        for row in layer_rows(spec)
        if row.kind in (*LEARNED, *seen)
    }
    assert {place: theirs[place] for place in ours} == ours
    assert counted.total() == sum(ours.values())
