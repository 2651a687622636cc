"""Does a network keep up with video? Frames a second on this machine, from a JPEG's bytes to the likeliest classes.

One frame after the other, as from one camera: decoded, prepared, queued at the engine, answered, its classes named.
What no network's speed is to blame for, travel and the browser, benchmarks/live.py measures.
"""

import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from .backend import InferenceBackend, Request
from .cards import Card
from .codec import amended, parse
from .frames import decode_frame
from .loading import write_weights
from .prediction import PATIENCE, top
from .preprocessing import Preprocessing, prepare
from .refusal import Refusal
from .samples import PHOTOGRAPH
from .spec import ArchSpec
from .weights import card_for

VIDEO = 20.0
"""Frames a second: what "real time" means in the texts that claim it."""
FRAMES, SECONDS = 100, 3.0
LEAST_FRAMES = 3
COLOURS = 3
CAMERA = (640, 480)
QUALITY = 85
WEIGHTS = "Networks that nobody trained were timed with random weights, for their time does not depend on them."
USUAL = (
    *(f"cifar-resnet-{depth}" for depth in (20, 32, 44, 56, 110)),
    *(f"cifar-resnet-{depth},size=64" for depth in (20, 56)),
    *(f"resnet-{depth},size=128" for depth in (18, 34, 50)),
    *(f"resnet-{depth}" for depth in (18, 34, 50, 101, 152)),
)
"""The paper's depths, at the sizes at which people run them."""


class FpsError(Refusal):
    """A measurement that makes no sense."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one network answered: milliseconds of each frame, in their order, and of the network alone."""

    spec: ArchSpec
    device: str
    seconds: float
    frames: tuple[float, ...]
    forward: float
    trained: bool

    @property
    def fps(self) -> float:
        return len(self.frames) / self.seconds

    @property
    def median(self) -> float:
        return statistics.median(self.frames)

    @property
    def p95(self) -> float:
        """Milliseconds that 95 of 100 frames took at most."""
        return sorted(self.frames)[-(-95 * len(self.frames) // 100) - 1]

    @property
    def keeps_up(self) -> bool:
        return round(self.fps, 1) >= VIDEO  # as printed


def specs(names: Iterable[str] = (), size: str | None = None) -> tuple[ArchSpec, ...]:
    """The named networks, or the usual ones, at one input size or at their own."""
    return tuple(parse(name) if size is None else amended(parse(name), f"size={size}") for name in names or USUAL)


def rate(
    backend: InferenceBackend,
    spec: ArchSpec,
    *,
    frames: int = FRAMES,
    seconds: float = SECONDS,
    stopped: Callable[[], bool] = lambda: False,
) -> Rate:
    """Measure one network over so many frames or seconds, whichever comes first, or until `stopped`.

    A network that nobody trained is measured with random weights: its time does not depend on them.
    """
    if frames < 1 or not seconds > 0:
        raise FpsError("Nothing can be measured in no time: give at least one frame and some seconds.")
    if spec.channels != COLOURS:
        raise FpsError(f"{spec} takes no colour pictures: measure one that does, such as {USUAL[0]}.")
    with ExitStack() as kept:
        trained = card_for(spec)
        card = trained or random_card(spec, Path(kept.enter_context(TemporaryDirectory(prefix="fps-"))))
        preprocessing = card.preprocessing.at(spec.size)
        jpeg = camera_frame()
        for _ in range(2):  # what the first frames take longer is the network's way into memory
            _look(backend, card, spec, preprocessing, jpeg)
        spent: list[float] = []
        forward: list[float] = []
        begin = time.perf_counter()
        while len(spent) < frames:
            start = time.perf_counter()
            if spent and (stopped() or (start - begin >= seconds and len(spent) >= LEAST_FRAMES)):
                break
            forward.append(_look(backend, card, spec, preprocessing, jpeg))
            spent.append((time.perf_counter() - start) * 1e3)
        total = time.perf_counter() - begin
    return Rate(spec, backend.device_name, total, tuple(spent), statistics.median(forward), trained is not None)


def _look(backend: InferenceBackend, card: Card, spec: ArchSpec, preprocessing: Preprocessing, jpeg: bytes) -> float:
    """One frame from bytes to classes; the milliseconds that the network took of it."""
    prepared = prepare(decode_frame(jpeg, preprocessing), preprocessing)
    answer = backend.submit(Request(card, spec, prepared.array)).result(PATIENCE)
    top(answer.logits, card)
    return answer.milliseconds


@cache
def camera_frame() -> bytes:
    """A sample as a camera gives it: a JPEG of 640×480."""
    from PIL import Image

    buffer = BytesIO()
    Image.open(PHOTOGRAPH).convert("RGB").resize(CAMERA).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def random_card(spec: ArchSpec, folder: Path) -> Card:
    """Random weights with a card, in a folder, for a network that nobody trained: good for timing, not for seeing.

    Files rather than a way around them, so that the engine is asked as it always is. Batch norm is given the
    statistics of noise, without which a deep network's activations would leave the range of floating point.
    """
    import torch

    from .network import build

    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(0)  # the same weights each time, so that the engine keeps one network of them
        network = build(spec).train()
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        network(torch.randn(2, spec.channels, *spec.size))
    card = Card(
        file=folder / f"{spec}.safetensors",
        spec=spec,
        data="nothing",
        recipe="random, for timing",
        epochs=0,
        seconds=0.0,
        machine="this one",
        accuracy=(),
        classes=tuple(f"class {index}" for index in range(spec.classes)),
        preprocessing=Preprocessing(spec.size, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        reproduce="measure again",
    )
    return write_weights(network.state_dict(), card)
