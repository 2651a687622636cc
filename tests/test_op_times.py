"""The time of every op is measured, whatever the network; how long it is nobody can know beforehand."""

import json

import pytest
import torch

from resnet_core import layer_rows, parse
from resnet_core.backend import EngineError
from resnet_core.clock import Clock, Timed
from resnet_core.map_times import map_times
from resnet_core.network import build
from resnet_core.op_times import LEAST, OpTimes, op_times

CPU = torch.device("cpu")
NETS = [
    "cifar-resnet-20,shortcut=B",
    "cifar-resnet-110-sd",
    "cifar-highway-19",
    "cifar-densenet-bc-100-12",
    "lenet-5",
    "googlenet,aux=yes",
    "resnext-50-32x4d,form=b,size=32",
]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few passes as may be."""
    monkeypatch.setattr("resnet_core.op_times.SECONDS", 1e-9)


@pytest.mark.parametrize("net", NETS)
def test_every_row_has_a_time_of_its_own(net: str) -> None:
    spec = parse(net)
    steps = list(op_times(spec, CPU))
    found = steps[-1].found
    assert found is not None
    assert len(found.ops) == len(layer_rows(spec))
    assert all(op > 0 for op in found.ops)
    assert found.whole > 0
    assert found.passes == LEAST
    assert found.device.startswith("CPU, ")
    assert [step.found for step in steps[:-1]] == [None] * (len(steps) - 1)
    assert [step.done for step in steps] == sorted(step.done for step in steps)


@pytest.mark.parametrize("net", ["cifar-highway-19", "cifar-resnet-110-sd", "googlenet,aux=yes"])
def test_the_clock_is_read_after_every_row_in_the_order_in_which_they_run(net: str) -> None:
    spec = parse(net)
    network, clock = build(spec).eval(), Clock(CPU)
    picture = torch.rand(1, spec.channels, *spec.size)
    with torch.inference_mode():
        timed = network(picture, Timed(clock))
        torch.testing.assert_close(timed, network(picture), rtol=1e-4, atol=1e-4)  # a path is weighed otherwise
    names = [row.name for row in layer_rows(spec)]
    readings = clock.readings()
    last = {name: place for place, (name, _) in enumerate(readings)}  # a gate is named as the path that ends in it
    assert sorted(names, key=last.__getitem__) == names
    assert [moment for _, moment in readings] == sorted(moment for _, moment in readings)


@pytest.mark.parametrize("net", ["resnet-18,size=4096", "resnet-152,size=1024"])
def test_what_would_keep_everyone_waiting_is_refused_before_it_is_made(net: str) -> None:
    with pytest.raises(EngineError, match="choose a smaller input size"):
        next(op_times(parse(net), CPU))


def test_the_map_is_told_every_time_and_how_it_was_measured() -> None:
    spec = parse("lenet-5")
    rows = len(layer_rows(spec))
    told = json.loads(json.dumps(map_times(OpTimes(spec, "CPU, 1 thread", 9, (0.0123, *[0.5] * (rows - 1)), 22.96))))
    assert told["net"] == "lenet-5"
    assert told["ops"] == [123, *[5000] * (rows - 1)]
    assert told["said"] == (
        f"measured here: {rows} ops take 23.5 ms, one pass that is not measured op by op 23.0 ms; medians of 9 passes, "
        "1 picture of 32×32, float32, random weights, CPU, 1 thread"
    )
