"""The subcommand `features`. Like `cli`, it reads arguments and prints."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from . import units
from .arguments import write_to
from .codec import parse
from .columns import aligned
from .commands_run import picture_bytes, told_of
from .refusal import Refusal
from .shapes import Shape
from .sight.extraction import WRITERS, Writer, extract
from .sight.pyramid import Level, pyramid
from .sight.snippet import snippet
from .spec import ArchSpec
from .tensors import NoTensorError

LEVELS = ("Level", "Tensor", "Stride", "Shape", "Receptive field", "Lateral", "Anchors")


class FileError(Refusal):
    """A file that features cannot be written to."""


def features_arguments(parser: argparse.ArgumentParser) -> None:
    """What `features` takes."""
    parser.add_argument(
        "picture", metavar="IMAGE", nargs="?", help="a JPEG, PNG, WebP, GIF or BMP file; without one, shapes only"
    )
    parser.add_argument(
        "--model", metavar="NAME", default="cifar-resnet-20", help="the network; %(default)s if not given"
    )
    parser.add_argument(
        "--taps", metavar="T,T…", help="levels, rows of the layer table, blocks; every level if not given"
    )
    parser.add_argument("--out", metavar="FILE", help=f"write the features to a file of {' or '.join(WRITERS)}")
    parser.add_argument("--device", metavar="D", help="cuda, mps or cpu; the fastest that is there if not given")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--snippet", action="store_true", help="print a program in plain torch that gives the same")


def features(options: argparse.Namespace) -> int:
    """Print the levels of a network, or the features of a picture, and write these to a file."""
    spec = parse(options.model)
    taps = _taps(options.taps, spec)
    if options.snippet:
        print(snippet(spec, taps), end="")
        return 0
    write = _writer(options.out) if options.out else None
    if options.picture is None:
        if write or taps:
            raise FileError("Features are those of a picture: name a picture file before the options.")
        _print_levels(spec, options.json)
        return 0
    data = picture_bytes(Path(options.picture))
    from .engine import Engine

    with told_of(options.picture):
        found = extract(data, taps, spec=spec, backend=Engine(options.device))
    if write:
        write_to(options.out, write(found))
    shapes = {name: values.shape for name, values in found.items()}
    if options.json:
        print(json.dumps({"model": str(spec), "features": shapes, "file": options.out}, ensure_ascii=False, indent=1))
    else:
        _print_features(shapes, options.out)
    return 0


def _taps(listed: str | None, spec: ArchSpec) -> tuple[str, ...]:
    """The names in a list with commas; none where no list is given. Raises NoTensorError for a list without one."""
    taps = tuple(tap.strip() for tap in (listed or "").split(",") if tap.strip())
    if listed is not None and not taps:
        levels = ", ".join(level.name for level in pyramid(spec))
        raise NoTensorError(f"--taps names nothing: give it some of {levels}, or leave it out, which takes them all.")
    return taps


def _writer(file: str) -> Writer:
    ending = Path(file).suffix
    if ending not in WRITERS:
        raise FileError(f"Features are not written to {file}: name a file that ends with {' or '.join(WRITERS)}.")
    return WRITERS[ending]


def _print_levels(spec: ArchSpec, as_json: bool) -> None:
    levels = pyramid(spec)
    if as_json:
        document = {"model": str(spec), "levels": [asdict(level) | {"lateral": level.lateral} for level in levels]}
        print(json.dumps(document, ensure_ascii=False, indent=1))
        return
    print("\n".join(aligned([LEVELS, *map(_level, levels)], right=(2,))))


def _level(level: Level) -> tuple[str, ...]:
    shapes = units.shape(level.shape), units.pixels(level.receptive_field), units.shape(level.lateral)
    return level.name, level.tensor, str(level.stride), *shapes, f"{units.exact(level.anchors)} of {level.anchor} px"


def _print_features(shapes: dict[str, Shape], file: str | None) -> None:
    print("\n".join(aligned([("Tensor", "Shape"), *((name, units.shape(shape)) for name, shape in shapes.items())])))
    if file:
        print(f"\nWritten to {file}, channels × height × width, float32.")
