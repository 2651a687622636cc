"""What it costs that strangers' pictures are decoded in a process of their own: against decoding them in this one.

    PYTHONPATH=. python benchmarks/decoding.py [ROUNDS]

The two take turns; medians in milliseconds, and their ratio. The pictures are one of our samples, a JPEG of as many
pixels as may be, and frames as live video sends them.
"""

import statistics
import sys
import time
from collections.abc import Callable
from io import BytesIO

from PIL import Image

from resnet_core.decoding import Decoders
from resnet_core.frames import decode_frame
from resnet_core.pictures import decode
from resnet_core.preprocessing import Preprocessing
from resnet_core.samples import samples

ROUNDS = 100
LARGEST = (5000, 5000)
FRAMES = ((640, 480), (341, 256), (128, 96))
IMAGENET = Preprocessing((224, 224), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225), resize=256)


def main(rounds: int) -> None:
    sample = next(sample.path.read_bytes() for sample in samples() if sample.path.suffix == ".jpg")
    photograph = Image.open(BytesIO(sample))
    decoders = Decoders()
    print(f"{'':24}{'apart, ms':>12}{'here, ms':>12}{'ratio':>8}")
    try:
        compare("sample", rounds, lambda: decoders.decode(sample), lambda: decode(sample))
        largest = jpeg(photograph, LARGEST)
        compare("25 megapixels", 5, lambda: decoders.decode(largest), lambda: decode(largest))
        for size in FRAMES:
            frame = jpeg(photograph, size)
            compare(
                f"frame of {size[0]}×{size[1]}",
                rounds,
                lambda frame=frame: decoders.frame(frame, IMAGENET),
                lambda frame=frame: decode_frame(frame, IMAGENET),
            )
    finally:
        decoders.close()


def jpeg(image: Image.Image, size: tuple[int, int]) -> bytes:
    buffer = BytesIO()
    image.resize(size).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def compare(name: str, rounds: int, apart: Callable[[], object], here: Callable[[], object]) -> None:
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for task, seconds in zip((apart, here), spent, strict=True):
            start = time.perf_counter()
            task()
            seconds.append(time.perf_counter() - start)
    apart_ms, here_ms = (statistics.median(seconds) * 1e3 for seconds in spent)
    print(f"{name:24}{apart_ms:12.2f}{here_ms:12.2f}{apart_ms / here_ms:8.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
