"""Requests of one network, together, on one device: the only place where a forward pass happens at inference."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from .backend import Answer, Request
from .cards import Card
from .devices import in_words, synchronise
from .inference_form import inference_form
from .network import Network, build
from .spec import ArchSpec
from .taps import Taps
from .weights import read_weights

if TYPE_CHECKING:
    from .backend import Array


class Kept:
    """The networks that ran last, as many as fit into so many bytes; the one that runs is always among them."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._networks: OrderedDict[Hashable, nn.Module] = OrderedDict()

    def get(self, key: Hashable, load: Callable[[], nn.Module]) -> nn.Module:
        """The network of a key, loaded where it is not there; those that were not used for longest make place."""
        if key not in self._networks:
            self._networks[key] = load()
        self._networks.move_to_end(key)
        while len(self._networks) > 1 and self.bytes > self.most_bytes:
            self._networks.popitem(last=False)
        return self._networks[key]

    @property
    def bytes(self) -> int:
        """What the kept networks take together."""
        return sum(map(weight, self._networks.values()))

    def clear(self) -> None:
        self._networks.clear()


def weight(network: nn.Module) -> int:
    """The bytes of a network's parameters and buffers."""
    return sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers()))


@dataclass(frozen=True, slots=True)
class Work:
    """What requests have in common that can run as one batch: weights, input size, form, and what to bring along."""

    weights: str
    spec: str
    exact: bool
    taps: tuple[str, ...]
    cams: tuple[str, ...]
    target: int | None


def work(request: Request) -> Work:
    """Requests of equal work may run together."""
    exact = request.exact or bool(request.taps or request.cams)
    return Work(request.card.sha256, str(request.spec), exact, request.taps, request.cams, request.target)


def exact_form(spec: ArchSpec, state: dict[str, Tensor], device: torch.device) -> Network:
    """A network with a state, in float32 as it was built, on a device, channels last."""
    with torch.device("meta"):  # the state brings the memory
        network = build(spec)
    network.load_state_dict(state, assign=True)
    network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
    network.eval().requires_grad_(False)
    return network


class Execution:
    """A device and the networks that lie on it. One thread at a time may use it."""

    def __init__(self, device: torch.device, most_bytes: int) -> None:
        self.device = device
        self._kept = Kept(most_bytes)

    def answers(self, requests: Sequence[Request]) -> list[Answer]:
        """An answer for each of some requests of equal work, in their order. Raises WeightsError."""
        common = work(requests[0])
        network = self.network(requests[0].card, common.exact)
        batch = stacked([request.array for request in requests])
        start = time.perf_counter()
        found: dict[str, Tensor] = {}
        if common.taps or common.cams:
            assert isinstance(network, Network)  # the exact form
            logits, found = _seen(network, batch.to(self.device), common)
        else:
            with torch.inference_mode():
                logits = network(batch.to(self.device))
        synchronise(self.device)
        milliseconds = (time.perf_counter() - start) * 1e3
        rows = _rows(logits)
        maps = {name: _rows(tensor) for name, tensor in found.items()}
        return [
            Answer(
                rows[place],
                milliseconds,
                in_words(self.device),
                len(requests),
                {name: maps[name][place] for name in common.taps},
                {name: maps[f"cam of {name}"][place] for name in common.cams},
            )
            for place in range(len(requests))
        ]

    def network(self, card: Card, exact: bool) -> nn.Module:
        """A card's network in one of its two forms, from memory where it ran lately."""
        # the shapes of the weights are the card's; the input size is free
        return self._kept.get((card.sha256, card.spec, exact), lambda: self._loaded(card, exact))

    def clear(self) -> None:
        """Forget every network."""
        self._kept.clear()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def _loaded(self, card: Card, exact: bool) -> nn.Module:
        built = exact_form(card.spec, read_weights(card), self.device)
        network = built if exact else inference_form(built, self.device)
        with torch.inference_mode():  # the first forward also plans the kernels, which is no part of a picture's time
            network(torch.zeros(1, card.spec.channels, *card.spec.size, device=self.device))
        return network


def stacked(arrays: "Sequence[Array]") -> Tensor:
    """Pictures of one size as a batch, channels last; a single one that lies so in memory is not copied."""
    import numpy as np

    rows = [array.transpose(1, 2, 0) for array in arrays]  # H,W,C
    together = rows[0][None] if len(rows) == 1 else np.stack(rows)
    return torch.from_numpy(together).permute(0, 3, 1, 2)


def _seen(network: Network, batch: Tensor, common: Work) -> tuple[Tensor, dict[str, Tensor]]:
    """The logits, the tapped tensors, and Grad-CAM at the maps that it is wanted at, as "cam of NAME".

    Grad-CAM: Selvaraju 2017, arXiv:1610.02391, section 3: ReLU of the maps' sum, each weighted by the mean gradient
    of the class's logit over it.
    """
    taps = Taps({*common.taps, *common.cams})
    if not common.cams:
        with torch.inference_mode():
            return network(batch, taps), taps.found
    with torch.enable_grad():
        logits = network(batch.requires_grad_(), taps)
        chosen = logits.argmax(1) if common.target is None else torch.full((len(batch),), common.target)
        score = logits.gather(1, chosen.to(logits.device)[:, None]).sum()
        maps = [taps.found[name] for name in common.cams]
        gradients = torch.autograd.grad(score, maps)
    found = {name: tensor.detach() for name, tensor in taps.found.items()}
    for name, tensor, gradient in zip(common.cams, maps, gradients, strict=True):
        weights = gradient.mean((2, 3), keepdim=True)
        found[f"cam of {name}"] = (weights * tensor.detach()).sum(1).relu()
    return logits.detach(), found


def _rows(tensor: Tensor) -> "list[Array]":
    """A batch as one float32 array a picture."""
    return list(tensor.float().cpu().numpy())
