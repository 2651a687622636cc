"""Specs nobody thought of: what is counted is what is built, at odd sizes and widths, height and width apart."""

import torch
from hypothesis import example, given, settings
from strategies import specs
from torch.utils.flop_counter import FlopCounterMode

from resnet_core import ArchSpec, analyse, build


@settings(max_examples=120)
@given(specs())
@example(ArchSpec(stem="cifar", depths=(1,), width=1, classes=1, size=(1, 1)))
@example(ArchSpec(block="bottleneck", depths=(1,), shortcut="A", order="pre", width=3, size=(4, 5)))
@example(ArchSpec(stem="cifar", depths=(1,) * 8, width=1, shortcut="A", size=(128, 129)))
@example(ArchSpec(block="bottleneck", depths=(1, 2), shortcut="C", stride_on="3x3", order="pre", width=2, size=(8, 9)))
def test_the_core_counts_what_is_built(spec: ArchSpec) -> None:
    analysis = analyse(spec)
    with torch.device("meta"):
        network = build(spec).eval()
        picture = torch.empty(1, spec.channels, *spec.size)
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in network.named_modules():
        module.register_forward_hook(lambda module, inputs, out, name=name: shapes.update({name: tuple(out.shape[1:])}))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(picture)

    blocks = {row.block: row.out_shape for row in analysis.rows if row.block}  # its last row's, for it comes last
    blocks |= {row.block: row.in_shape for row in reversed(analysis.rows) if row.block.startswith("aux")}  # goes on
    inner = {  # blocks within a path: ResNeXt's forms (a) and (b), a gate on the shortcut alone
        row.name.rpartition(".")[0]: row.out_shape for row in analysis.rows if row.role == "join"
    }
    assert {**{row.name: row.out_shape for row in analysis.rows if row.role != "join"}, **inner, **blocks} == {
        name: shape for name, shape in shapes.items() if name
    }
    assert shapes[""] == (spec.classes,)
    assert analysis.totals.params == sum(parameter.numel() for parameter in network.parameters())
    assert analysis.totals.buffers == sum(buffer.numel() for buffer in network.buffers())
    assert 2 * analysis.totals.macs == counter.get_total_flops()
    assert analysis.totals.layers == spec.layers
