"""Peak and saved memory, of every family, against what torch allocates and keeps, to the byte: on the CPU, and on a
GPU where one is at hand.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest
import torch
from tiny_weights import unwritten
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from resnet_core import ZOO, Row, build, layer_rows, parse, totals
from resnet_core import network as network_module
from resnet_core import rows as rows_module
from resnet_core.algebra import Block, Op, Path, Plan, Run, Stage
from resnet_core.backend import Request
from resnet_core.counts import JOINED, MEMORY_CONVENTION
from resnet_core.demand import needed_bytes
from resnet_core.modules import Select
from resnet_core.network import Network
from resnet_core.operated import after
from resnet_core.operation import Operation, OperationError, removable

on_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")

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
    "cifar-resnet-20,depth=8,shortcut=pool,size=31",
    "cifar-resnet-20,depth=8,order=bn-after-add",
    "cifar-resnet-20,depth=8,order=relu-before-add",
    "cifar-resnet-20,depth=8,order=relu-only-pre",
    "cifar-resnet-20,depth=8,skip=scaling",
    "cifar-resnet-20,depth=8,skip=exclusive-gating",
    "cifar-resnet-20,depth=8,skip=shortcut-gating",
    "cifar-resnet-20,depth=8,skip=dropout",
    "cifar-resnet-20,depth=8,skip=dropout,shortcut=C,order=pre",
    "cifar-resnet-110-sd,depth=14",
    "cifar-resnet-110-sd,depth=14,survival_rule=inverted,skip=dropout",
    "cifar-wrn-16-8,widen=2",
    "resnext-50-32x4d,depths=2-1-1-1,width=16,groups=4,size=64",
    "resnext-50-32x4d,depths=2-1-1-1,width=16,groups=4,size=64,form=a",
    "resnext-50-32x4d,depths=2-1-1-1,width=16,groups=4,size=64,form=b",
    "densenet-121,size=32",
    "cifar-densenet-40-12,depth=10",
    "cifar-densenet-bc-100-12,depth=16",
    "cifar-highway-19,size=16",
    "cifar-highway-32,size=16",
    "lenet-5",
    "alexnet",
    "alexnet-torchvision,size=64",
    "vgg-11,width=8,size=32",
    "vgg-11,width=8,size=224",
    "googlenet,aux=yes",
    "googlenet-torchvision,aux=yes,size=32",
]


def test_no_family_goes_unmeasured() -> None:
    assert {parse(name).family for name in MEASURED} == {spec.family for spec in ZOO.values()}


class Watch(TorchDispatchMode):
    """The `most` bytes `alive` within each module: after each of its ops, and at its end if it has no parts."""

    alive: int

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.running = _running(network)
        self.most: dict[str, int] = {}
        for at, module in network.named_modules():
            if not any(module.children()):
                module.register_forward_hook(partial(self._ended, at))

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.note(out)
        self._look(self.running[-1])
        return out

    def note(self, out: Any) -> None:
        """What an op has made."""

    def _ended(self, at: str, *_: Any) -> None:
        self._look(at)

    def _look(self, at: str) -> None:
        self.most[at] = max(self.most.get(at, 0), self.alive)


class LiveBytes(Watch):
    """Of the storages that ops have made and that something still holds."""

    def __init__(self, network: Network, picture: Tensor) -> None:
        super().__init__(network)
        self.alive = picture.nbytes
        self.seen = {_storage(tensor) for tensor in (picture, *network.parameters(), *network.buffers())}

    def note(self, out: Any) -> None:
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor) and _storage(tensor) not in self.seen:
                storage = tensor.untyped_storage()
                self.seen.add(_storage(tensor))
                self.alive += storage.nbytes()
                weakref.finalize(storage, self._freed, _storage(tensor), storage.nbytes())

    def _freed(self, storage: int, size: int) -> None:
        self.alive -= size
        self.seen.discard(storage)


class GivenOut(Watch):
    """As CUDA's allocator has given them out: as they were asked for, before it rounds them up to blocks of 512."""

    def __init__(self, network: Network, picture: Tensor) -> None:
        super().__init__(network)
        self.before = self._given() - picture.nbytes

    @property
    def alive(self) -> int:  # type: ignore[override]  # where the other counts, this one asks
        return self._given() - self.before

    def _given(self) -> int:
        return int(torch.cuda.memory_stats()["requested_bytes.all.current"])


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


def _at(row: Row) -> str:
    """The module that runs it: paths meet within their block."""
    return row.name.removesuffix(f".{row.kind}") if row.kind in JOINED else row.name


def _live(network: Network) -> dict[str, int]:
    return {_at(row): row.live_bytes for row in layer_rows(network.spec)}


@pytest.mark.parametrize("name", MEASURED)
def test_live_memory_at_inference_is_what_torch_holds_row_by_row(name: str) -> None:
    network = build(parse(name)).eval()
    picture = torch.randn(1, network.spec.channels, *network.spec.size)
    # not in inference_mode, where torch does not tell what max-pooling allocates
    with torch.no_grad(), LiveBytes(network, picture) as live:
        network(picture)
    assert live.most == _live(network)
    assert totals(network.spec).peak_bytes == max(live.most.values())


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_done_by_hand_holds_no_more_than_a_request_for_it_is_judged_by(name: str) -> None:
    network = build(parse(name)).eval()
    try:
        blocks = removable(network.spec)
    except OperationError:
        return
    picture = torch.randn(1, network.spec.channels, *network.spec.size)
    for done in (Operation(), Operation(blocks), Operation(blocks[::2]), Operation(blocks[::2], (), 0.5)):
        with torch.no_grad(), LiveBytes(network, picture) as live:
            after(network, picture, done)
        request = Request(unwritten(File(), network.spec), network.spec, picture[0].numpy(), operation=done)
        assert max(live.most.values()) <= needed_bytes(request), done


@on_a_gpu
@pytest.mark.parametrize("name", MEASURED)
def test_live_memory_at_inference_is_what_a_gpu_gives_out_row_by_row(name: str) -> None:
    """To the byte after each op. Its greatest is only a bound of ours: it counts what convolutions take while they
    run, and whole blocks.
    """
    network = build(parse(name)).eval().cuda()
    picture = torch.randn(1, network.spec.channels, *network.spec.size, device="cuda")
    with torch.no_grad():
        network(picture)  # after which cuBLAS has the workspace that it keeps
        others = torch.cuda.memory_allocated() - picture.nbytes
        torch.cuda.reset_peak_memory_stats()
        with GivenOut(network, picture) as live:
            network(picture)
    assert live.most == _live(network)
    assert totals(network.spec).peak_bytes <= torch.cuda.max_memory_allocated() - others


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


MASK = {"cpu": 4, "cuda": 1}
"""Bytes in which torch notes whether dropout drops a cell; the convention counts the CPU's."""


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=on_a_gpu)])
@pytest.mark.parametrize("name", MEASURED)
def test_memory_for_the_backward_pass_is_what_autograd_keeps_row_by_row(
    name: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two pictures, for BN cannot train on one of a single cell: maps come twice; BN's statistics and the numbers
    of selected maps once. Without cuDNN, whose BN may keep a reserve of which only cuDNN knows the size.
    """
    network = build(parse(name)).train().to(device)
    pictures = torch.randn(2, network.spec.channels, *network.spec.size, device=device)
    monkeypatch.setattr(torch, "rand", lambda *size, **options: torch.zeros(()))  # stochastic depth drops no block
    with torch.backends.cudnn.flags(enabled=False), _keeping(network) as begun:
        network(pictures)
    once = {at: _once(module) for at, module in network.named_modules()}
    expected = {}
    for row in layer_rows(network.spec):
        each = row.saved_bytes - once[_at(row)]
        if row.saved_bytes:
            expected[_at(row)] = once[_at(row)] + 2 * (each * MASK[device] // 4 if row.kind == "dropout" else each)
    assert begun == expected
    if device == "cpu":
        assert totals(network.spec).saved_bytes == (sum(begun.values()) + sum(once.values())) / 2


def _once(module: nn.Module) -> int:
    if isinstance(module, nn.BatchNorm2d):
        return 2 * 4 * module.num_features
    return 8 * len(module.picked) if isinstance(module, Select) else 0


class Sizes(TorchDispatchMode):
    """How many bytes an element takes, of each tensor that ops return."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        self.seen |= {tensor.element_size() for tensor in tree_leaves(out) if isinstance(tensor, Tensor)}
        return out


@pytest.mark.parametrize("device", MASK)
def test_dropout_notes_what_it_drops_as_the_memory_convention_says(device: str) -> None:
    """Without a GPU as well: torch chooses its dropout by the device, of tensors without memory too."""
    assert "as on the CPU (CUDA notes it in bytes)" in MEMORY_CONVENTION
    with FakeTensorMode():
        maps = torch.empty(8, device=device)
        with Sizes() as sizes:
            nn.Dropout()(maps)
    assert sizes.seen == {4, MASK[device]}


def _conv(name: str, c_in: int, c_out: int, kernel: int) -> Op:
    return Op("conv", name, c_in, c_out, kernel, padding=kernel // 2)


def test_a_block_within_a_path_is_counted_as_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in ResNeXt's forms (a) and (b), wired as none of them is: a block first or later in its path, the shortcut
    before or behind it, paths of different widths within.
    """
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
    assert live.most == _live(network)
    with _keeping(network) as begun:
        network(picture)
    assert begun == {row.name: row.saved_bytes for row in rows if row.saved_bytes}
    assert [key for key in network.state_dict() if "layer2" in key] == [
        "layer2.0.c.weight",
        "layer2.0.in.a.weight",
        "layer2.0.in.b.weight",
        "layer2.0.last.weight",
    ]
