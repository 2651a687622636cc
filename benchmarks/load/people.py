"""What people do at the same time: change a control, press Run, stream video, run experiments in labs."""

import asyncio
import io
import json
import math
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from PIL import Image
from websockets.asyncio.client import connect

from app.components.lab_result import NO_GUESS
from resnet_core.backend import InferenceBackend
from resnet_core.codec import parse
from resnet_core.decoding import CROWDED, YOURS
from resnet_core.experiments.lab import Lab
from resnet_core.experiments.table import LABS
from resnet_core.prediction import predict
from resnet_core.promise import TOO_LONG
from resnet_core.queueing import FULL
from resnet_core.samples import samples
from resnet_core.units import percent

from .visitor import PATIENCE, VisitError, Visitor

NETS = ("resnet-50", "resnet-101", "resnet-34", "resnet-18", "resnet-152", "cifar-resnet-20", "densenet-121")
BETWEEN = 3.0
"""Seconds from one change of a control to the next."""
CHANGED = "Explore, changed"
RUN_NET = "cifar-resnet-20"
FRAMES_A_SECOND = 5.0
LOOKS = 1.0
"""Seconds from one look at an experiment that runs to the next, as the page itself has them."""
STAY = 30.0
"""Seconds after which a visitor of a lab stops what still runs."""
CROWDS = (FULL.format(""), TOO_LONG, CROWDED, YOURS)
AGAIN = 5.0
"""Seconds after which somebody who was refused tries again."""
ROUNDING = 0.11
"""Per cent by which an answer may differ from the same picture's alone: the last digit that is shown."""
_GUESSES = re.compile(r'<div class="rx-guesses" data-picture="([0-9a-f]{64})">')
_GUESS = re.compile(r'<div class="rx-guess[^"]*"><span>([^<]*)</span><b>([^<]*)</b>')


@dataclass(slots=True)
class Record:
    """What was seen: seconds by what was done, bytes likewise, and what failed."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    bytes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    checked: int = 0
    swapped: int = 0
    dropped: int = 0

    def saw(self, what: str, seconds: float, size: int = 0) -> None:
        self.seconds[what].append(seconds)
        self.bytes[what].append(size)


Deed = Callable[[], Awaitable[None]]


async def explorer(address: str, record: Record, end: float, seed: int) -> None:
    """Opens Explore and changes a control every three seconds."""
    await _structure_page(address, "", record, end, seed)


async def labourer(address: str, record: Record, end: float, seed: int) -> None:
    """Goes from one lab to the next, runs its experiment, looks on every second, and stops it if it takes long."""
    random = Random(seed)
    async with Visitor(address, "labs", "lab=all") as visitor:
        opened = await visitor.run()
        record.saw("Labs, opened", opened.seconds, opened.bytes)
        while time.monotonic() < end:
            await asyncio.sleep(BETWEEN * random.uniform(0.5, 1.5))
            await _experiment(visitor, record, random.choice(LABS), end)


async def _experiment(visitor: Visitor, record: Record, lab: Lab, end: float) -> None:
    visitor.query = f"lab={lab.name}"
    chosen = await visitor.run(lab=[lab.name])
    record.saw("Labs, changed", chosen.seconds, chosen.bytes)
    guessed = await visitor.run(guess=[NO_GUESS])
    record.saw("Labs, guessed", guessed.seconds, guessed.bytes)
    if not visitor.shows("lab_run"):  # so short that it has run already
        return
    pressed = await visitor.press("lab_run")
    record.saw("Labs, begun", pressed.seconds, pressed.bytes)
    left = min(time.monotonic() + STAY, end)
    while visitor.shows("lab_stop") and time.monotonic() < left:
        await asyncio.sleep(LOOKS)
        looked = await visitor.poll()
        record.saw("Labs, looked on", looked.seconds, looked.bytes)
    if visitor.shows("lab_stop"):
        stopped = await visitor.press("lab_stop")
        record.saw("Labs, stopped", stopped.seconds, stopped.bytes)


async def _structure_page(address: str, page: str, record: Record, end: float, seed: int) -> None:
    random = Random(seed)
    await asyncio.sleep(BETWEEN * random.random())
    begin = time.perf_counter()
    async with Visitor(address, page, f"net={random.choice(NETS)}") as visitor:
        opened = await visitor.run()
        record.saw("Explore, opened", time.perf_counter() - begin, opened.bytes + visitor.opened_bytes)
        while time.monotonic() < end:
            await asyncio.sleep(BETWEEN * random.uniform(0.5, 1.5))
            net = random.choice(NETS)
            visitor.query = f"net={net}"
            changed = await visitor.run(net=net)
            record.saw(CHANGED, changed.seconds, changed.bytes)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture of somebody's own, and what the network says of it when nobody else asks. `hash` is that of the
    network's input, which an answer must carry."""

    name: str
    data: bytes
    hash: str
    answer: dict[str, float]


def photographs(backend: InferenceBackend, number: int) -> list[Photograph]:
    """As many different ones, each asked for alone, of a backend that is not the servers'."""
    pictures = [Image.open(sample.path).convert("RGB") for sample in samples()]
    found = []
    for place in range(number):
        file = io.BytesIO()
        pictures[place % len(pictures)].rotate(11 * place).resize((240 + place, 200)).save(file, "PNG")
        found.append(photograph(backend, f"{place}.png", file.getvalue()))
    return found


def photograph(backend: InferenceBackend, name: str, data: bytes) -> Photograph:
    """The picture in a file, and the answer of a backend that is not the servers'. Raises Refusal."""
    prediction = predict(backend, data, parse(RUN_NET))
    answer = {guess.label: _number(percent(guess.probability)) for guess in prediction.top}
    return Photograph(name, data, prediction.answer.picture, answer)


async def runner(address: str, record: Record, end: float, picture: Photograph, first: float, every: float) -> None:
    """Presses Run with a picture of their own, at `first` and at every so many seconds after it."""
    async with Visitor(address, "run", f"net={RUN_NET}&source=upload") as visitor:
        opened = await visitor.run()
        record.saw("Run, opened", opened.seconds, opened.bytes)
        while (moment := first + every * max(0, math.ceil((time.monotonic() - first) / every))) < end:
            await asyncio.sleep(moment - time.monotonic())
            begin = time.perf_counter()
            info = await visitor.upload(picture.name, picture.data)
            answered = await visitor.run(upload=info)
            while is_refused(visitor) and time.monotonic() < end:  # who is told to try again tries again
                record.saw("Run, refused", answered.seconds, answered.bytes)
                await asyncio.sleep(AGAIN)
                answered = await visitor.run()
            record.saw("Run, pressed", time.perf_counter() - begin, answered.bytes + info.size)
            record.checked += 1
            record.swapped += not is_of(picture, visitor)


def is_refused(visitor: Visitor) -> bool:
    """Whether the page says that too many others ask, which is no fault."""
    return any(sentence in piece for piece in visitor.html() for sentence in CROWDS)


def is_of(photograph: Photograph, visitor: Visitor) -> bool:
    """Whether a visitor's page has the answer to their own picture: by its hash, and by what it says. Raises VisitError
    where there is none."""
    page = "".join(visitor.html())
    hashes, given = _GUESSES.findall(page), {label: _number(share) for label, share in _GUESS.findall(page)}
    if not hashes:
        raise VisitError("The page has no answer.")
    own = photograph.answer
    alike = all(abs(given[label] - own[label]) < ROUNDING for label in {*given} & {*own})  # the fifth may be another
    return hashes == [photograph.hash] and next(iter(given)) in own and alike


def _number(share: str) -> float:
    return float(re.sub(r"[^0-9.]", "", share))


async def filmer(address: str, record: Record, end: float, seed: int) -> None:
    """Streams a camera's frames, and waits for each answer."""
    random, file = Random(seed), io.BytesIO()
    Image.open(random.choice(samples()).path).convert("RGB").resize((320, 240)).save(file, "JPEG", quality=80)
    async with connect(
        address.replace("http", "ws", 1) + "/api/live",
        origin=address,
        open_timeout=PATIENCE,
        ping_interval=None,
        proxy=None,
    ) as socket:
        await socket.send(json.dumps({"net": RUN_NET}))
        await socket.recv()
        number = 0
        while time.monotonic() < end:
            begin, number = time.perf_counter(), number + 1
            await socket.send(number.to_bytes(4, "big") + file.getvalue())
            async with asyncio.timeout(PATIENCE):
                told = json.loads(await socket.recv())
            if told["kind"] == "answer" and told["frame"] == number:
                record.saw("Live, a frame", time.perf_counter() - begin, len(file.getvalue()))
            elif told["kind"] == "dropped":
                record.dropped += 1
            else:
                raise VisitError(f"A frame was answered with {told['kind']}.")
            await asyncio.sleep(max(0.0, 1 / FRAMES_A_SECOND - (time.perf_counter() - begin)))
