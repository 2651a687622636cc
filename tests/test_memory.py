"""Peak and saved memory against what torch allocates and keeps on the CPU, to the byte."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resnet_core import ZOO, build, layer_rows, parse, totals
from resnet_core import network as network_module
from resnet_core import rows as rows_module
from resnet_core.algebra import Block, Op, Path, Plan, Run, Stage
from resnet_core.network import Network

MEASURED = [
    "resnet-18,width=16,size=64",
    "resnet-18,width=16,shortcut=C,size=97x64",
    "resnet-34,width=16,shortcut=A,size=64",
    "resnet-50,width=8,size=64",
    "resnet-50-v1.5,width=8,size=65x97",
    "resnet-50-v2,width=8,size=64",
    "plain-18,width=16,size=64",
    "plain-18,width=16,order=pre,size=64",
    "cifar-resnet-20",
    "cifar-resnet-20,order=pre",
    "cifar-resnet-20,width=3,classes=700,size=4",
    "cifar-resnet-20,block=bottleneck,order=pre,shortcut=C,width=4",
    "cifar-resnet-164-v2,depth=29",
    "cifar-plain-20,size=31",
]


class LiveBytes(TorchDispatchMode):
    """Bytes of the storages that ops have made and that something still holds; `most` of them within each module."""

    def __init__(self, network: Network, picture: Tensor) -> None:
        super().__init__()
        self.alive = picture.nbytes
        self.seen = {_storage(tensor) for tensor in (picture, *network.parameters(), *network.buffers())}
        self.running = _running(network)
        self.most: dict[str, int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor) and _storage(tensor) not in self.seen:
                storage = tensor.untyped_storage()
                self.seen.add(_storage(tensor))
                self.alive += storage.nbytes()
                weakref.finalize(storage, self._freed, _storage(tensor), storage.nbytes())
        self.most[self.running[-1]] = max(self.most.get(self.running[-1], 0), self.alive)
        return out

    def _freed(self, storage: int, size: int) -> None:
        self.alive -= size
        self.seen.discard(storage)


def _storage(tensor: Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


def _running(network: nn.Module) -> list[str]:
    """The names of the modules that run, the innermost last, kept up to date by hooks."""
    running = [""]

    def enter(at: str) -> Any:
        return lambda module, inputs: running.append(at)

    def leave(module: nn.Module, inputs: Any, out: Any) -> None:
        running.pop()

    for at, module in network.named_modules():
        module.register_forward_pre_hook(enter(at))
        module.register_forward_hook(leave)
    return running


@pytest.mark.parametrize("name", MEASURED)
def test_live_memory_at_inference_is_what_torch_holds_row_by_row(name: str) -> None:
    network = build(parse(name)).eval()
    picture = torch.randn(1, network.spec.channels, *network.spec.size)
    # not in inference_mode, where torch does not tell what max-pooling allocates
    with torch.no_grad(), LiveBytes(network, picture) as live:
        network(picture)
    assert live.most == {row.name.removesuffix(".add"): row.live_bytes for row in layer_rows(network.spec)}
    assert totals(network.spec).peak_bytes == max(live.most.values())


@contextmanager
def _keeping(network: Network) -> Iterator[dict[str, int]]:
    """Bytes that autograd begins to keep within each module; parameters and buffers, which stay anyway, are none."""
    begun: dict[str, int] = {}
    held = [*network.parameters(), *network.buffers()]  # also keeps every storage alive, so that none is seen twice
    seen = {_storage(tensor) for tensor in held}
    running = _running(network)

    def keep(tensor: Tensor) -> Tensor:
        if _storage(tensor) not in seen:
            seen.add(_storage(tensor))
            held.append(tensor)
            begun[running[-1]] = begun.get(running[-1], 0) + tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield begun


@pytest.mark.parametrize("name", MEASURED)
def test_memory_for_the_backward_pass_is_what_autograd_keeps_row_by_row(name: str) -> None:
    """With two pictures, for BN cannot train on one of a single cell: maps come twice, BN's statistics once."""
    network = build(parse(name)).train()
    pictures = torch.randn(2, 3, *network.spec.size)
    with _keeping(network) as begun:
        network(pictures)
    statistics = {
        at: 2 * 4 * module.num_features for at, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)
    }
    expected = {
        row.name: 2 * (row.saved_bytes - statistics.get(row.name, 0)) + statistics.get(row.name, 0)
        for row in layer_rows(network.spec)
        if row.saved_bytes
    }
    assert begun == expected
    assert totals(network.spec).saved_bytes == (sum(begun.values()) + sum(statistics.values())) / 2


def _conv(name: str, c_in: int, c_out: int, kernel: int) -> Op:
    return Op("conv", name, c_in, c_out, kernel, padding=kernel // 2)


def test_a_block_within_a_path_is_counted_as_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network of the zoo has one yet; ResNeXt's forms (a) and (b) are made of them."""
    inner = Block((Path("branch", (_conv("a", 4, 6, 3),)), Path("branch", (_conv("b", 4, 6, 1),))), "add", name="in")
    after = (Op("relu", "relu", 4, 4, inplace=True),)
    first = Block((Path("residual", (inner, _conv("last", 6, 4, 1))), Path("shortcut")), "add", post=after)
    later = Block((Path("shortcut"), Path("residual", (_conv("c", 4, 4, 1), *first.paths[0].items))), "add", post=after)
    begin = Block((Path("branch", (_conv("conv1", 3, 4, 3),)),))
    wiring = Plan((Stage("all", (Run(begin), Run(first, ("layer1.0", "layer1.1")), Run(later, ("layer2.0",)))),))
    for module in (rows_module, network_module):
        monkeypatch.setattr(module, "plan", lambda spec: wiring)
    network = build(ZOO["cifar-resnet-20"]).eval()
    picture = torch.randn(1, network.spec.channels, *network.spec.size)
    with torch.no_grad(), LiveBytes(network, picture) as live:
        network(picture)
    rows = layer_rows(network.spec)
    assert live.most == {row.name.removesuffix(".add"): row.live_bytes for row in rows}
    with _keeping(network) as begun:
        network(picture)
    assert begun == {row.name: row.saved_bytes for row in rows if row.saved_bytes}
    assert [key for key in network.state_dict() if "layer2" in key] == [
        "layer2.0.c.weight",
        "layer2.0.in.a.weight",
        "layer2.0.in.b.weight",
        "layer2.0.last.weight",
    ]
