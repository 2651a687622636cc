"""The one place that runs a picture through a trained network."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .cards import Card
from .devices import EngineError, choose, in_words, synchronise
from .network import build
from .pictures import Picture, decode
from .preprocessing import prepare
from .rows import analyse
from .spec import ArchSpec
from .units import memory
from .weights import read_weights, require_card

if TYPE_CHECKING:
    import numpy as np

TOP = 5
MOST_BYTES = 10**9
"""What the activations of one picture may take, lest a wished-for input size end the process."""


class BusyError(EngineError):
    """Other pictures kept the device busy for too long."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and how likely the network finds it, 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """What each step took: bytes to pixels, pixels to input, input to logits."""

    decode: float
    preprocess: float
    forward: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The likeliest classes first. `pixels` are the very ones that the network saw, as 8-bit RGB rows."""

    top: tuple[Guess, ...]
    milliseconds: Milliseconds
    device: str
    pixels: "np.ndarray[Any, np.dtype[np.uint8]]"
    card: Card
    notes: tuple[str, ...]


class Engine:
    """A device, and the last few networks that ran on it. Threads may share it: forwards run one at a time."""

    def __init__(self, device: str | None = None, networks: int = 3, patience: float = 30.0) -> None:
        self.device = choose(device)
        self._most, self._patience = networks, patience
        self._networks: OrderedDict[tuple[ArchSpec, str], nn.Module] = OrderedDict()
        self._turn = threading.Lock()

    @property
    def device_name(self) -> str:
        return in_words(self.device)

    def classify(self, picture: Picture | bytes, spec: ArchSpec) -> Prediction:
        """What a network sees in a picture.

        Raises PictureError, WeightsError (NoWeightsError where nobody trained the network) or EngineError.
        """
        card = require_card(spec)
        _check_memory(spec)
        if isinstance(picture, bytes):
            picture = decode(picture)
        start = time.perf_counter()
        prepared = prepare(picture, card.preprocessing.at(spec.size))
        preprocess = (time.perf_counter() - start) * 1e3
        with self._exclusively():
            logits, forward = self.forward(self._network(card), torch.from_numpy(prepared.array)[None])
        return Prediction(
            _top(logits[0], card),
            Milliseconds(picture.milliseconds, preprocess, forward),
            self.device_name,
            prepared.pixels,
            card,
            picture.notes + _size_note(card, spec),
        )

    def prepared(self, spec: ArchSpec, state: dict[str, Tensor]) -> nn.Module:
        """A network as this engine keeps it: on its device, channels last, for `forward`."""
        with torch.device("meta"):  # the state brings the memory
            network = build(spec)
        network.load_state_dict(state, assign=True)
        network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        network.eval()
        # the first forward also plans the kernels, which is no part of a picture's time
        self.forward(network, torch.zeros(1, spec.channels, *spec.size))
        return network

    def forward(self, network: nn.Module, batch: Tensor) -> tuple[Tensor, float]:
        """The logits of a batch, and the milliseconds from its lying in memory to their being computed."""
        with torch.inference_mode():
            start = time.perf_counter()
            logits: Tensor = network(batch.to(self.device))
            synchronise(self.device)
            return logits, (time.perf_counter() - start) * 1e3

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=self._patience):
            raise BusyError("Other pictures are being looked at: try again in a moment.")
        try:
            yield
        finally:
            self._turn.release()

    def _network(self, card: Card) -> nn.Module:
        """The network of a card, from memory where it ran lately; a file that has changed is another network."""
        key = (card.spec, card.sha256)
        if key not in self._networks:
            self._networks[key] = self.prepared(card.spec, read_weights(card))
        self._networks.move_to_end(key)
        while len(self._networks) > self._most:
            self._networks.popitem(last=False)
        return self._networks[key]


def _check_memory(spec: ArchSpec) -> None:
    needed = analyse(spec).totals.peak_bytes
    if needed > MOST_BYTES:
        raise EngineError(
            f"At {spec.size[0]:,}×{spec.size[1]:,} pixels one picture needs {memory(needed)} of activations, "
            f"and {memory(MOST_BYTES)} may be taken: choose a smaller input size."
        )


def _top(logits: Tensor, card: Card) -> tuple[Guess, ...]:
    likeliest = logits.cpu().double().softmax(0).topk(min(TOP, len(card.classes)))
    return tuple(
        Guess(card.classes[index], probability)
        for probability, index in zip(likeliest.values.tolist(), likeliest.indices.tolist(), strict=True)
    )


def _size_note(card: Card, spec: ArchSpec) -> tuple[str, ...]:
    if spec.size == card.spec.size:
        return ()
    trained, asked = ("×".join(map(str, size)) for size in (card.spec.size, spec.size))
    return (f"The network was trained on pictures of {trained} pixels: how well it does on {asked} was not measured.",)
