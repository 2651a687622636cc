"""What people do at the same time: change a control, press Run, stream video, work in labs."""

import asyncio
import io
import json
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from PIL import Image
from websockets.asyncio.client import connect

from resnet_core.experiments.table import LABS
from resnet_core.samples import samples

from .visitor import PATIENCE, VisitError, Visitor

NETS = ("resnet-50", "resnet-101", "resnet-34", "resnet-18", "resnet-152", "cifar-resnet-20", "densenet-121")
BETWEEN = 3.0
"""Seconds from one change of a control to the next."""
RUN_NET = "cifar-resnet-20"
FRAMES_A_SECOND = 5.0
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
    """Goes from one lab to the next."""
    random = Random(seed)
    async with Visitor(address, "labs", "lab=lesion") as visitor:
        opened = await visitor.run()
        record.saw("Labs, opened", opened.seconds, opened.bytes)
        while time.monotonic() < end:
            await asyncio.sleep(BETWEEN * random.uniform(0.5, 1.5))
            lab = random.choice(LABS).name
            visitor.query = f"lab={lab}"
            changed = await visitor.run(lab=[lab])
            record.saw("Labs, changed", changed.seconds, changed.bytes)


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
            record.saw("Explore, changed", changed.seconds, changed.bytes)


@dataclass(frozen=True, slots=True)
class Photograph:
    """A picture of somebody's own, and what the network says of it when nobody else asks."""

    name: str
    data: bytes
    answer: tuple[tuple[str, float], ...]


async def photographs(address: str, number: int) -> list[Photograph]:
    """As many different ones, each with its own answer, asked for one at a time."""
    pictures = [Image.open(sample.path).convert("RGB") for sample in samples()]
    found = []
    async with Visitor(address, "run", f"net={RUN_NET}&source=upload") as visitor:
        await visitor.run()
        for place in range(number):
            file = io.BytesIO()
            pictures[place % len(pictures)].rotate(11 * place).resize((240 + place, 200)).save(file, "PNG")
            info = await visitor.upload(f"{place}.png", file.getvalue())
            await visitor.run(upload=info)
            found.append(Photograph(info.name, file.getvalue(), answer(visitor)))
    return found


async def runners(address: str, record: Record, end: float, pictures: list[Photograph]) -> None:
    """A class that presses Run in the same moment, again and again, each with a picture of their own."""
    barrier = asyncio.Barrier(len(pictures))
    await asyncio.gather(*(_runner(address, record, end, pictures, place, barrier) for place in range(len(pictures))))


async def _runner(
    address: str, record: Record, end: float, pictures: list[Photograph], place: int, barrier: asyncio.Barrier
) -> None:
    try:
        async with Visitor(address, "run", f"net={RUN_NET}&source=upload") as visitor:
            opened = await visitor.run()
            record.saw("Run, opened", opened.seconds, opened.bytes)
            while True:
                await barrier.wait()
                if time.monotonic() > end:
                    return
                begin = time.perf_counter()
                info = await visitor.upload(pictures[place].name, pictures[place].data)
                answered = await visitor.run(upload=info)
                record.saw("Run, pressed", time.perf_counter() - begin, answered.bytes + info.size)
                record.checked += 1
                record.swapped += not _is_nearest(answer(visitor), place, pictures)
                await asyncio.sleep(10)
    except BaseException:
        await barrier.abort()  # nobody waits for one who has left
        raise


def answer(visitor: Visitor) -> tuple[tuple[str, float], ...]:
    """The five likeliest classes on a visitor's page, with their per cents. Raises VisitError where there are none."""
    found = _GUESS.findall("".join(visitor.html()))
    if not found:
        raise VisitError("The page has no answer.")
    return tuple((label, float(re.sub(r"[^0-9.]", "", share))) for label, share in found)


def _is_nearest(given: tuple[tuple[str, float], ...], place: int, pictures: list[Photograph]) -> bool:
    """Whether an answer is that of its own picture: no other's is nearer to it."""

    def distance(other: Photograph) -> float:
        one, two = dict(given), dict(other.answer)
        return sum(abs(one.get(label, 0.0) - two.get(label, 0.0)) for label in {*one, *two})

    return distance(pictures[place]) <= min(map(distance, pictures)) + 1e-9


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
