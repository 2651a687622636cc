"""Requests of one network, together, on one device: the only place where a forward pass happens at inference."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from .backend import Answer, Request, fingerprint
from .cards import Card
from .cuda_graphs import Graphed
from .devices import in_words, synchronise
from .inference_form import inference_form
from .loading import read_weights
from .network import Network, build
from .operated import after
from .operation import Operation
from .rows import totals
from .spec import ArchSpec
from .taps import Taps

if TYPE_CHECKING:
    from .backend import Array


WORTH_THREADS = 3 * 10**8
"""Multiply-adds of a batch below which threads wait for each other longer than they work."""


Form = Literal["built", "float32", "fastest"]
"""Of a network: with every module that its rows name, or as an inference form, in float32 or what is fastest."""


@dataclass(frozen=True, slots=True)
class Work:
    """What requests have in common that can run as one batch: weights, input size, form, and what to bring along."""

    weights: str
    spec: str
    form: Form
    taps: tuple[str, ...]
    cams: tuple[str, ...]
    target: int | None
    operation: Operation | None


def work(request: Request) -> Work:
    """Requests of equal work may run together."""
    built = request.taps or request.cams or request.operation
    form: Form = "built" if built else "float32" if request.exact else "fastest"
    return Work(
        request.card.sha256, str(request.spec), form, request.taps, request.cams, request.target, request.operation
    )


class Kept:
    """The networks that ran last, as many as fit into so many bytes; the one that runs is always among them."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._networks: OrderedDict[Hashable, nn.Module] = OrderedDict()
        self._weights: dict[Hashable, int] = {}

    def get(self, key: Hashable, load: Callable[[], nn.Module]) -> nn.Module:
        """The network of a key, loaded where it is not there; those that were not used for longest make place."""
        if key not in self._networks:
            self._networks[key] = load()
            self._weights[key] = weight(self._networks[key])
        self._networks.move_to_end(key)
        while len(self._networks) > 1 and self.bytes > self.most_bytes:
            oldest, _ = self._networks.popitem(last=False)
            del self._weights[oldest]
        return self._networks[key]

    @property
    def bytes(self) -> int:
        """What the kept networks take together; any thread may ask."""
        return sum(tuple(self._weights.values()))

    def __len__(self) -> int:
        return len(self._networks)

    def networks(self) -> tuple[nn.Module, ...]:
        """All of them, the one that was not used for longest first."""
        return tuple(self._networks.values())

    def clear(self) -> None:
        """Keep none."""
        self._networks.clear()
        self._weights.clear()


def weight(network: nn.Module) -> int:
    """The bytes of a network's parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in (*network.parameters(), *network.buffers()))


class Execution:
    """A device and the networks that lie on it. One thread at a time may use it."""

    def __init__(self, device: torch.device, most_bytes: int) -> None:
        self.device = device
        self.kept = Kept(most_bytes)

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """An answer for each of some requests of equal work, in their order.

        Raises WeightsError, and torch.OutOfMemoryError where a GPU's memory is full.
        """
        common = work(requests[0])
        network = self._network(requests[0].card, common.form)
        batch = stacked([request.array for request in requests])
        alone = self.device.type == "cpu" and len(requests) * _macs(requests[0].spec) < WORTH_THREADS
        with one_thread() if alone else nullcontext():
            start = time.perf_counter()
            logits, maps = forward(network, batch.to(self.device), common)
            synchronise(self.device)
            milliseconds = (time.perf_counter() - start) * 1e3
            device = in_words(self.device)
        rows = _rows(logits)
        seen = {name: _rows(tensor) for name, tensor in maps.taps.items()}
        cams = {name: _rows(tensor) for name, tensor in maps.cams.items()}
        return [
            Answer(
                logits=rows[place],
                milliseconds=milliseconds,
                device=device,
                together=len(requests),
                taps={name: found[place] for name, found in seen.items()},
                cams={name: found[place] for name, found in cams.items()},
                picture=fingerprint(batch[place].detach().numpy()),
            )
            for place in range(len(requests))
        ]

    def prepare(self) -> bool:
        """Do one thing that will make later answers faster; False where there is nothing left to do."""
        return any(network.capture() for network in self.kept.networks() if isinstance(network, Graphed))

    def forget(self) -> None:
        """Give the device's memory back."""
        self.kept.clear()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _network(self, card: Card, form: Form) -> nn.Module:
        """A card's network in one of its forms, from memory where it ran lately; changed files are others."""
        return self.kept.get((card.sha256, card.spec, form), lambda: self._loaded(card, form))

    def _loaded(self, card: Card, form: Form) -> nn.Module:
        built = exact_form(card.spec, read_weights(card), self.device)
        network: nn.Module = built
        if form != "built":
            network = inference_form(built, self.device, torch.float32 if form == "float32" else None)
            network = Graphed(network) if self.device.type == "cuda" else network
        with torch.inference_mode():  # the first forward also plans the kernels, which is no part of a picture's time
            network(torch.zeros(1, card.spec.channels, *card.spec.size, device=self.device))
        return network


@lru_cache(maxsize=256)
def _macs(spec: ArchSpec) -> int:
    return totals(spec).macs


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch's number of threads is that of this thread, and of those that begin to use torch meanwhile."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)


def exact_form(spec: ArchSpec, state: dict[str, Tensor], device: torch.device) -> Network:
    """A network with a state, in float32 as it was built, on a device, channels last."""
    with torch.device("meta"):  # the state brings the memory
        network = build(spec)
    network.load_state_dict(state, assign=True)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    network.eval().requires_grad_(False)
    return network


def stacked(arrays: "Sequence[Array]") -> Tensor:
    """Pictures of one size as a batch, channels last; a single one that lies so in memory is not copied."""
    import numpy as np

    rows = [array.transpose(1, 2, 0) for array in arrays]  # H,W,C
    together = rows[0][None] if len(rows) == 1 else np.stack(rows)
    return torch.from_numpy(together).permute(0, 3, 1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """What a forward pass brought along, by name, as batches: tapped tensors, and Grad-CAM as N,H,W."""

    taps: dict[str, Tensor]
    cams: dict[str, Tensor]


def forward(network: nn.Module, batch: Tensor, common: Work) -> tuple[Tensor, Maps]:
    """The logits of a batch, and what its work says to bring along."""
    if common.cams:
        return _explained(network, batch, common)
    taps = Taps(common.taps)
    with torch.inference_mode():
        if common.operation:
            assert isinstance(network, Network)
            return after(network, batch, common.operation), Maps({}, {})
        logits: Tensor = network(batch, taps) if common.taps else network(batch)
    return logits, Maps(taps.found, {})


def _explained(network: nn.Module, batch: Tensor, common: Work) -> tuple[Tensor, Maps]:
    """With Grad-CAM: the ReLU of the maps' sum, each weighted by the mean of the logit's gradient over it.

    Selvaraju 2017, arXiv:1610.02391, section 3.
    """
    taps = Taps({*common.taps, *common.cams})
    with torch.enable_grad():  # the input asks for a gradient, so that every map can be asked for one
        logits: Tensor = network(batch.requires_grad_(), taps)
        chosen = logits.argmax(1) if common.target is None else torch.full_like(logits[:, 0], common.target).long()
        score = logits.gather(1, chosen[:, None]).sum()
        maps = [taps.found[name] for name in common.cams]
        gradients = torch.autograd.grad(score, maps, materialize_grads=True)  # of zeros, beside auxiliary heads
    found = {name: tensor.detach() for name, tensor in taps.found.items()}
    cams = {
        name: (gradient.mean((2, 3), keepdim=True) * found[name]).sum(1).relu()
        for name, gradient in zip(common.cams, gradients, strict=True)
    }
    return logits.detach(), Maps({name: found[name] for name in common.taps}, cams)


def _rows(tensor: Tensor) -> "list[Array]":
    """A batch as one float32 array a picture; of several, each in memory of its own, for they are kept apart."""
    rows = list(tensor.float().cpu().numpy())
    return rows if len(rows) == 1 else [row.copy() for row in rows]
