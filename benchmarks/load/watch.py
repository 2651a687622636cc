"""What servers take while they are used: CPU, memory and threads of their processes, and their queues. Linux only."""

import asyncio
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Server:
    """A process of the app, and where it listens."""

    pid: int
    address: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One moment, of all servers together: CPU-seconds since they began, MB resident, threads, pictures that wait."""

    at: float
    cpu: float
    megabytes: float
    threads: int
    waiting: int


def cpu_seconds(pid: int) -> float:
    """Of a process with all threads that it has and had, to the nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)  # CPUCLOCK_SCHED of another process: clock_getcpuclockid(3)


def megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def sample(servers: Sequence[Server]) -> Sample:
    return Sample(
        time.monotonic(),
        sum(cpu_seconds(server.pid) for server in servers),
        sum(megabytes(server.pid) for server in servers),
        sum(len(list(Path(f"/proc/{server.pid}/task").iterdir())) for server in servers),
        sum(_waiting(server) for server in servers),
    )


def _waiting(server: Server) -> int:
    try:
        with urllib.request.urlopen(f"{server.address}/health/ready", timeout=5) as answer:
            return int(json.load(answer)["waiting"])
    except urllib.error.HTTPError as unready:
        return int(json.load(unready)["waiting"])
    except OSError:
        return 0


async def watch(servers: Sequence[Server], samples: list[Sample], every: float) -> None:
    """Until it is cancelled."""
    while True:
        samples.append(await asyncio.to_thread(sample, servers))
        await asyncio.sleep(every)


def documents(samples: Sequence[Sample]) -> list[dict[str, float]]:
    return [asdict(one) for one in samples]
