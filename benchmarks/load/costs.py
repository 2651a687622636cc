"""What one person costs a server: CPU of a page opened and of a control changed, of an answer and of a frame; memory
and bytes of a window.

    python -m benchmarks.load.costs [--times 40] [--windows 40] [--out costs.json]

One thing after the other on a server that does nothing else, for then its CPU time is that thing's. The lower quartile
of each: what else the machine does only adds. Memory of experiments: what the server takes more, on the average, while
four people run theirs for a minute than before.
"""

import argparse
import asyncio
import io
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image
from websockets.asyncio.client import connect

from resnet_core.samples import PHOTOGRAPH

from .__main__ import served
from .people import NETS, RUN_NET, Record, labourer
from .visitor import Visitor
from .watch import Server, cpu_seconds, megabytes

REST = 0.2
"""Seconds after an answer in which the server still has to do with it."""
MOST_PICTURES = 14
"""Which one person may give in a row: each is a body that comes, and one that says to forget the one before."""
LABOURERS, LAB_SECONDS = 4, 60.0


@dataclass(frozen=True, slots=True)
class Costs:
    """CPU-seconds a time, bytes a time, MB."""

    open_cpu: float
    open_bytes: float
    change_cpu: float
    change_bytes: float
    answer_cpu: float
    answer_bytes: float
    frame_cpu: float
    frame_bytes: float
    idle_mb: float
    window_mb: float
    lab_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load.costs", description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--windows", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("costs.json"))
    asked = parser.parse_args()
    with served(1) as (address, (server,)):
        costs = asyncio.run(measure(address, server, asked.times, asked.windows))
    asked.out.write_text(json.dumps(asdict(costs), indent=1) + "\n", encoding="utf-8")
    for what in ("open", "change", "answer", "frame"):
        cpu, size = getattr(costs, f"{what}_cpu"), getattr(costs, f"{what}_bytes")
        print(f"{what:7} {cpu * 1e3:6.1f} ms of CPU, {size / 1000:7.1f} kB")
    print(
        f"memory  {costs.idle_mb:6.0f} MB without anybody, {costs.window_mb:.2f} MB a window, {costs.lab_mb:.0f} MB "
        "somebody in labs"
    )


async def measure(address: str, server: Server, times: int, windows: int) -> Costs:
    async with Visitor(address, "", f"net={NETS[0]}") as visitor:
        await visitor.run()
        for net in NETS:  # what all people share is found once
            await visitor.run(net=net)
        nets = iter(NETS * times)

        async def change() -> int:
            net = next(nets)
            visitor.query = f"net={net}"
            return (await visitor.run(net=net)).bytes

        change_cpu, change_bytes = await _cost(change, server, times)
    frame_cpu, frame_bytes = await _frames(address, server, times)
    answer_cpu, answer_bytes = await _answers(address, server, min(times, MOST_PICTURES))
    idle, opened = megabytes(server.pid), list[Visitor]()

    async def enter() -> int:
        opened.append(await Visitor(address, "", f"net={NETS[len(opened) % len(NETS)]}").__aenter__())
        return (await opened[-1].run()).bytes + opened[-1].opened_bytes

    try:
        open_cpu, open_bytes = await _cost(enter, server, windows)
        window = max(0.0, (megabytes(server.pid) - idle) / windows)
    finally:
        for one in opened:
            await one.__aexit__(None, None, None)
    labs = await _labs(address, server)
    return Costs(
        *(open_cpu, open_bytes, change_cpu, change_bytes, answer_cpu, answer_bytes),
        *(frame_cpu, frame_bytes, idle, window, max(0.0, labs - window)),
    )


async def _labs(address: str, server: Server) -> float:
    """MB that one of some people who run experiments takes."""
    record, end, taken = Record(), time.monotonic() + LAB_SECONDS, list[float]()
    before = megabytes(server.pid)
    deeds = [asyncio.create_task(labourer(address, record, end, place)) for place in range(LABOURERS)]
    while time.monotonic() < end:
        await asyncio.sleep(1.0)
        taken.append(megabytes(server.pid))
    await asyncio.gather(*deeds)
    return max(0.0, statistics.mean(taken) - before) / LABOURERS


async def _answers(address: str, server: Server, times: int) -> tuple[float, float]:
    """Of a picture that is uploaded, decoded and answered; each time another."""
    async with Visitor(address, "run", f"net={RUN_NET}&source=upload") as visitor:
        await visitor.run()
        picture, given = Image.open(PHOTOGRAPH).convert("RGB"), iter(range(times))

        async def press() -> int:
            file = io.BytesIO()
            picture.rotate(next(given)).save(file, "JPEG", quality=88)
            info = await visitor.upload("picture.jpg", file.getvalue())
            return (await visitor.run(upload=info)).bytes + len(file.getvalue())

        return await _cost(press, server, times)


async def _frames(address: str, server: Server, times: int) -> tuple[float, float]:
    """Of live video: a frame of 320×240 pixels and its answer."""
    file = io.BytesIO()
    Image.open(PHOTOGRAPH).convert("RGB").resize((320, 240)).save(file, "JPEG", quality=80)
    async with connect(
        address.replace("http", "ws", 1) + "/api/live", origin=address, ping_interval=None, proxy=None
    ) as socket:
        await socket.send(json.dumps({"net": RUN_NET}))
        await socket.recv()

        async def frame() -> int:
            await socket.send((1).to_bytes(4, "big") + file.getvalue())
            return len(file.getvalue()) + len(await socket.recv())

        return await _cost(frame, server, times)


async def _cost(deed: Callable[[], Awaitable[int]], server: Server, times: int) -> tuple[float, float]:
    """CPU-seconds and bytes a time."""
    spent, sizes = [], []
    for _ in range(times):
        before = cpu_seconds(server.pid)
        sizes.append(await deed())
        await asyncio.sleep(REST)
        spent.append(cpu_seconds(server.pid) - before)
    return statistics.quantiles(spent, n=4)[0], statistics.mean(sizes)


if __name__ == "__main__":
    main()
