"""The subcommand `bench`. Like `cli`, it reads arguments and prints."""

import argparse
import json
import sys
from typing import Any

from . import units
from .arguments import of_kind
from .benchmark_fps import FRAMES, SECONDS, USUAL, VIDEO, WEIGHTS, Rate, rate, specs
from .columns import aligned
from .refusal import Refusal

HEAD = ("Network", "Input", "Frames a second", "Median", "95 of 100 within", "Network alone", f"{VIDEO:g} fps")


def bench_arguments(parser: argparse.ArgumentParser) -> None:
    """What `bench` takes."""
    parser.add_argument(
        "what",
        nargs="?",
        metavar="fps",
        help="frames a second, from a JPEG's bytes to the five likeliest classes",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"networks; {len(USUAL)} of the paper's depths and sizes if not given"
    )
    parser.add_argument("--size", metavar="N|HxW", help="of the input, in pixels; each network's own if not given")
    parser.add_argument(
        "--frames", type=of_kind(int), default=FRAMES, metavar="N", help="at most; %(default)s if not given"
    )
    parser.add_argument(
        "--seconds",
        type=of_kind(float),
        default=SECONDS,
        metavar="S",
        help="at most, a network; %(default)s if not given",
    )
    parser.add_argument("--device", metavar="D", help="cuda, mps or cpu; the fastest that is there if not given")
    parser.add_argument("--json", action="store_true", help="as JSON")


def bench(options: argparse.Namespace) -> int:
    """Print the frames a second of some networks, each as soon as it was measured on standard error."""
    if options.what != "fps":
        raise Refusal("Say what is to be measured: python -m resnet_core bench fps counts frames a second of video.")
    asked = specs(options.names, options.size)
    from .engine import Engine

    engine, rates = Engine(options.device), []
    for spec in asked:
        found = rate(engine, spec, frames=options.frames, seconds=options.seconds)
        rates.append(found)
        if not options.json:
            print(f"{spec}: {units.per_second(found.fps)} frames a second", file=sys.stderr)
    if options.json:
        print(json.dumps([_document(found) for found in rates], ensure_ascii=False, indent=1))
    else:
        print("\n".join(aligned([HEAD, *map(_cells, rates)], right=(2, 3, 4, 5))))
        print(f"\nOn {engine.device_name}, one frame at a time, decoding and preprocessing included.")
        if not all(found.trained for found in rates):
            print(WEIGHTS)
    return 0


def _cells(found: Rate) -> tuple[str, ...]:
    height, width = found.spec.size
    times = (units.milliseconds(duration) for duration in (found.median, found.p95, found.forward))
    return (
        str(found.spec),
        f"{height}×{width}",
        units.per_second(found.fps),
        *times,
        "yes" if found.keeps_up else "no",
    )


def _document(found: Rate) -> dict[str, Any]:
    return {
        "network": str(found.spec),
        "size": list(found.spec.size),
        "frames": len(found.frames),
        "fps": found.fps,
        "median_ms": found.median,
        "p95_ms": found.p95,
        "forward_ms": found.forward,
        "keeps_up": found.keeps_up,
        "trained": found.trained,
        "device": found.device,
    }
