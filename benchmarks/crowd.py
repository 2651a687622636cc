"""Many people who press Run at once, against the same pictures through one loop in batches of sixteen.

    PYTHONPATH=. python benchmarks/crowd.py [PEOPLE] [ROUNDS] [NETWORK ...]

Everyone decodes, prepares and asks in a thread of their own, as the pages do. The loop decodes and prepares the same
files one after the other and runs the engine's own float32 form in batches of sixteen: the least that it can be done
in. Each answer is compared with the picture's own, asked alone. Memory: of the process, after the first round and
after the last.
"""

import statistics
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from resnet_core import parse
from resnet_core.allocator import few_arenas
from resnet_core.backend import Request
from resnet_core.benchmark_fps import random_card
from resnet_core.cards import Card
from resnet_core.demand import MOST_TOGETHER
from resnet_core.engine import Engine
from resnet_core.pictures import decode
from resnet_core.prediction import predict
from resnet_core.preprocessing import prepare
from resnet_core.samples import samples

NETWORKS = ("cifar-resnet-20", "resnet-18", "resnet-50-v1.5")
MOST = 1.3


def main(people: int, rounds: int, names: tuple[str, ...]) -> None:
    few_arenas()  # as app/server.py does
    files = photographs(people)
    engine = Engine()
    print(f"{people} people on {engine.device_name}")
    for name in names:
        with TemporaryDirectory() as folder:
            card = random_card(parse(name), Path(folder))
            alone = [predict(engine, file, card.spec, card=card).answer.logits for file in files]
            crowd, loop, resident = [], [], []
            for _ in range(rounds):
                seconds, answers = at_once(engine, card, files)
                crowd.append(seconds)
                for given, own in zip(answers, alone, strict=True):
                    assert np.abs(given - own).max() < 0.2 * own.std(), "somebody got another's answer"
                loop.append(in_a_loop(engine, card, files))
                resident.append(memory())
            ratio = statistics.median(crowd) / statistics.median(loop)
            print(
                f"{name}: at once {statistics.median(crowd):.2f} s, one loop {statistics.median(loop):.2f} s, "
                f"ratio {ratio:.2f} (at most {MOST}); memory {resident[-1] / resident[0]:.3f} of what it was after "
                f"the first round, {resident[-1] / 2**20:.0f} MB"
            )


def photographs(number: int) -> list[bytes]:
    """As many different JPEG files of a few megapixels as telephones would send: our samples, turned and enlarged."""
    pictures = [Image.open(sample.path).convert("RGB") for sample in samples() if sample.path.suffix == ".jpg"]
    files = []
    for place in range(number):
        picture = pictures[place % len(pictures)].rotate(7 * place).resize((1600, 1200))
        file = BytesIO()
        picture.save(file, "JPEG", quality=88)
        files.append(file.getvalue())
    return files


def at_once(engine: Engine, card: Card, files: list[bytes]) -> tuple[float, list[np.ndarray]]:
    begin = threading.Barrier(len(files) + 1)

    def ask(file: bytes) -> np.ndarray:
        begin.wait()
        return predict(engine, file, card.spec, card=card).answer.logits

    with ThreadPoolExecutor(len(files)) as pool:
        asked = [pool.submit(ask, file) for file in files]
        begin.wait()
        start = time.perf_counter()
        answers = [answer.result() for answer in asked]
        return time.perf_counter() - start, answers


def in_a_loop(engine: Engine, card: Card, files: list[bytes]) -> float:
    start = time.perf_counter()
    for first in range(0, len(files), MOST_TOGETHER):
        arrays = [prepare(decode(file), card.preprocessing).array for file in files[first : first + MOST_TOGETHER]]
        engine.execution.answers([Request(card, card.spec, array, exact=True) for array in arrays])
    return time.perf_counter() - start


def memory() -> int:
    """Resident bytes of this process; Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 32,
        int(sys.argv[2]) if len(sys.argv) > 2 else 5,
        tuple(sys.argv[3:]) or NETWORKS,
    )
