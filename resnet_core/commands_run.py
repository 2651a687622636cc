"""The subcommand `classify`. Like `cli`, it reads arguments and prints."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from . import units
from .codec import parse
from .columns import aligned
from .pictures import MOST_BYTES, PictureError
from .prediction import Prediction, predict
from .spec import ArchSpec
from .weights import require_card


def classify_arguments(parser: argparse.ArgumentParser) -> None:
    """What `classify` takes."""
    parser.add_argument("picture", metavar="IMAGE", help="a JPEG, PNG, WebP, GIF or BMP file")
    parser.add_argument(
        "--model", metavar="NAME", default="cifar-resnet-20", help="the network; %(default)s if not given"
    )
    parser.add_argument(
        "--weights", metavar="W", help="where there are several: IMAGENET1K_V1, V2; the most accurate if not given"
    )
    parser.add_argument("--device", metavar="D", help="cuda, mps or cpu; the fastest that is there if not given")
    parser.add_argument("--json", action="store_true", help="as JSON")


def classify(options: argparse.Namespace) -> int:
    """Print the five likeliest classes of a picture."""
    spec, data = parse(options.model), picture_bytes(Path(options.picture))
    card = require_card(spec, options.weights)
    from .engine import Engine

    with told_of(options.picture):
        prediction = predict(Engine(options.device), data, spec, card=card)
    if options.json:
        print(json.dumps(_document(prediction, spec), ensure_ascii=False, indent=1))
    else:
        print("\n".join(_lines(prediction, spec)))
    return 0


def picture_bytes(path: Path) -> bytes:
    """What a picture's file holds, as much as is needed to decode or refuse it. Raises PictureError."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)  # one more than can be read is enough to refuse it
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise PictureError(f"{path} cannot be read ({cause}): name a picture file.") from error


@contextmanager
def told_of(picture: str) -> Iterator[None]:
    """Refusals of what is in a picture's file name the file."""
    try:
        yield
    except PictureError as refused:
        raise PictureError(f"{picture}: {refused}") from refused


def _document(prediction: Prediction, spec: ArchSpec) -> dict[str, object]:
    return {
        "model": str(spec),
        "top": [asdict(guess) for guess in prediction.top],
        "milliseconds": asdict(prediction.milliseconds),
        "device": prediction.device,
        "weights": prediction.card.name,
        "notes": list(prediction.notes),
    }


def _lines(prediction: Prediction, spec: ArchSpec) -> list[str]:
    took = [f"{step} {units.milliseconds(spent)}" for step, spent in asdict(prediction.milliseconds).items()]
    guesses = [(guess.label, units.percent(guess.probability)) for guess in prediction.top]
    return [
        *aligned(guesses, right=(1,)),
        "",
        f"{spec} on {prediction.device}: {', '.join(took)}",
        *prediction.notes,
    ]
