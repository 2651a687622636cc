"""Many people at the same time, as a class would be, against servers of this machine.

    python -m benchmarks.load [--people 100] [--run 32] [--every 60] [--within 0] [--video 8] [--labs 4] [--windows 0]
        [--minutes 5] [--replicas 1] [--out FILE]

`--replicas 1` is one process, more stand behind nginx. `--within 60` spreads each Run of the class over a minute.
`--windows` are people beside the others who have a Chromium, whose own work is then on the machine too. Prints how long
each thing took, by page, what failed, and what the servers took; `--out` keeps everything as JSON. Every answer of Run
is held against what the network says of the same picture when nobody else asks. What people's windows cost is not the
servers': they are all of this one process, on the same machine, so that the times are those of a machine which is busy
with both.
"""

import argparse
import asyncio
import json
import math
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from deploy.replicas import Replica, free_ports, replicas
from resnet_core.engine import Engine

from .people import CHANGED, Photograph, Record, explorer, filmer, labourer, photographs, runner
from .watch import Sample, Server, documents, watch
from .windows import chromium, clicker

MOST_SECONDS = 1.0
GROWTH = 1.05
SETTLED = 300.0
"""Seconds after which memory should grow no more."""
EVERY = 5.0
SETTLING = 10.0
"""Seconds in which all come, before the first Run."""
MOST_PEOPLE, MOST_WINDOWS, MOST_MINUTES = 400, 8, 90


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whoever is told to end takes the servers along
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__.splitlines()[0])
    for name, usual in {"people": 100, "run": 32, "video": 8, "labs": 4, "windows": 0, "replicas": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--every", type=float, default=60.0, help="seconds from one Run of the class to the next")
    parser.add_argument("--within", type=float, default=0.0, help="seconds in which all of the class have pressed Run")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    everybody = asked.people + asked.run + asked.video + asked.labs
    if everybody > MOST_PEOPLE or asked.windows > MOST_WINDOWS or asked.minutes > MOST_MINUTES:
        sys.exit(f"At most {MOST_PEOPLE} people and {MOST_WINDOWS} windows for {MOST_MINUTES} minutes: ask for fewer.")
    with closing(Engine("cpu")) as engine:
        pictures = photographs(engine, asked.run)
    with served(asked.replicas) as (address, servers):
        record, samples = asyncio.run(load(address, servers, pictures, asked))
    tell(record, samples)
    if asked.out:
        document = {"asked": vars(asked) | {"out": None}, "samples": documents(samples), "errors": record.errors}
        document |= {"seconds": dict(record.seconds), "bytes": dict(record.bytes)}
        asked.out.write_text(json.dumps(document), encoding="utf-8")


@contextmanager
def served(number: int) -> Iterator[tuple[str, list[Server]]]:
    """The address of the app, and its processes: one, or replicas behind nginx."""
    with tempfile.TemporaryDirectory() as cache:
        surroundings = {**os.environ, "XDG_CACHE_HOME": cache}
        if number > 1:
            with replicas(number, *free_ports(1), surroundings) as running:
                yield running.address, [Server(replica.pid, replica.address) for replica in running.replicas]
            return
        alone = Replica(*free_ports(1), surroundings)
        try:
            alone.wait_until_ready()
            yield alone.address, [Server(alone.pid, alone.address)]
        finally:
            alone.stop()


async def load(
    address: str, servers: Sequence[Server], pictures: list[Photograph], asked: argparse.Namespace
) -> tuple[Record, list[Sample]]:
    """Everybody at once, for as long as was asked."""
    record, samples = Record(), list[Sample]()
    async with AsyncExitStack() as open_windows:
        browser = await open_windows.enter_async_context(chromium()) if asked.windows else None
        end = time.monotonic() + 60 * asked.minutes
        watching = asyncio.create_task(watch(servers, samples, EVERY))
        telling = asyncio.create_task(tell_minutes(record, samples))
        deeds = [explorer(address, record, end, place) for place in range(asked.people)]
        deeds += [labourer(address, record, end, place) for place in range(asked.labs)]
        deeds += [filmer(address, record, end, place) for place in range(asked.video)]
        if browser:
            deeds += [clicker(browser, address, record, end, place) for place in range(asked.windows)]
        first, apart = time.monotonic() + SETTLING, asked.within / max(1, asked.run)
        deeds += [
            runner(address, record, end, picture, first + apart * place, asked.every)
            for place, picture in enumerate(pictures)
        ]
        await asyncio.gather(*(_heard(deed, record) for deed in deeds))
    watching.cancel()
    telling.cancel()
    return record, samples


async def tell_minutes(record: Record, samples: Sequence[Sample]) -> None:
    """How it goes, minute by minute, until it is cancelled."""
    for minute in count(1):
        before = len(record.seconds.get(CHANGED, ()))
        await asyncio.sleep(60)
        seconds = record.seconds.get(CHANGED, [])[before:]
        p50, p95 = (percentile(seconds or [math.nan], share) for share in (0.50, 0.95))
        print(
            f"minute {minute}: {len(seconds)} changes, p50 {p50:.3f}, p95 {p95:.3f} s; "
            f"{samples[-1].megabytes:.0f} MB; errors {len(record.errors)}, "
            f"swapped {record.swapped} of {record.checked}",
            file=sys.stderr,
            flush=True,
        )


async def _heard(deed: Coroutine[Any, Any, None], record: Record) -> None:
    try:
        await deed
    except Exception as error:  # one person's failure is a finding, not the end of the others'
        record.errors.append(f"{type(error).__name__}: {error}")


def tell(record: Record, samples: Sequence[Sample]) -> None:
    print(f"{'':18} {'times':>6} {'p50':>7} {'p95':>7} {'p99':>7} s {'kB':>8}")
    for what, seconds in sorted(record.seconds.items()):
        cuts = [percentile(seconds, share) for share in (0.50, 0.95, 0.99)]
        kilobytes = statistics.mean(record.bytes[what]) / 1000
        print(f"{what:18} {len(seconds):6} {cuts[0]:7.3f} {cuts[1]:7.3f} {cuts[2]:7.3f}   {kilobytes:8.1f}")
    first, last = samples[0], samples[-1]
    span = last.at - first.at
    print(
        f"servers: {(last.cpu - first.cpu) / span:.2f} cores; at most {max(one.threads for one in samples)} threads, "
    )
    print(f"    {max(one.megabytes for one in samples):.0f} MB, {max(one.waiting for one in samples)} pictures waiting")
    window = min(SETTLED, span / 3)
    early, late = mean_megabytes(samples, window), mean_megabytes(samples, span - window)
    print(
        f"memory: in the last {window:.0f} s {late:.0f} MB on the average, {late / early:.3f} of the {early:.0f} MB of "
        f"as long after the first {window:.0f} s (at most {GROWTH})"
    )
    print(
        f"answers checked: {record.checked}, of another's picture: {record.swapped}; frames dropped: {record.dropped}"
    )
    print(f"errors: {len(record.errors)}")
    for error in record.errors[:5]:
        print(f"    {error}")
    changed = record.seconds.get(CHANGED)
    if changed:
        slow = percentile(changed, 0.95)
        verdict = "under" if slow < MOST_SECONDS else "NOT under"
        print(f"p95 of a changed control: {slow:.3f} s ({verdict} {MOST_SECONDS} s)")


def mean_megabytes(samples: Sequence[Sample], begin: float) -> float:
    """Over SETTLED seconds, or what there is of them: from one second to the next a batch more or less is a tenth."""
    first = samples[0].at
    return statistics.mean(one.megabytes for one in samples if begin <= one.at - first <= begin + SETTLED)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


if __name__ == "__main__":
    main()
