"""ImageNet weights that torchvision publishes: which file is of which network, what it is worth, how it is told apart.

No file comes along: they are fetched, or put into a folder under the names that torchvision gives them.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from .cards import Accuracy, Card, WeightsError, differences
from .codec import parse
from .preprocessing import Preprocessing
from .spec import ArchSpec

URL_VARIABLE = "RESNET_EXPLORER_WEIGHTS_URL"
LABELS = Path(__file__).parents[1] / "assets" / "labels" / "imagenet.txt"
DATA = "ImageNet-1k, 1.28 million pictures of 1,000 classes"
TEST_SET = "ImageNet-1k validation"
IMAGES = 50_000
SUFFIXES = (".pth", ".pt", ".safetensors")
"""By which the tensors of a published file may lie in a folder; the last where somebody converted them."""
WHY_ONLY_AS_V1_5 = (
    "They fit the paper's network too, but were trained with the stride in the 3×3, as v1.5: "
    "with the stride in the first 1×1 the same tensors compute what nobody trained."
)


@dataclass(frozen=True, slots=True)
class PublishedWeights:
    """A row of `published_weights.toml`. `sha256` are the digits that the file's name tells, `size` about its
    bytes, from printed MiB, `top1` and `top5` the printed accuracies in percent."""

    spec: ArchSpec
    label: str
    file: str
    size: int
    top1: str
    top5: str
    recipe: str
    preprocessing: Preprocessing

    @property
    def name(self) -> str:
        """The file's name without its ending, which no other file has."""
        return Path(self.file).stem

    @property
    def sha256(self) -> str:
        return self.name.rpartition("-")[2]

    @property
    def command(self) -> str:
        """What fetches the file, and replaces a damaged one."""
        which = "" if self == published_for(self.spec)[0] else f" --weights {self.label}"
        return f"python -m resnet_core weights fetch {self.spec}{which}"

    @property
    def right(self) -> int:
        """How many of the 50,000 pictures had their likeliest class right."""
        return int(Decimal(self.top1) * IMAGES / 100)

    def card(self, file: Path, sha256: str) -> Card:
        """What is known of these weights, where they lie in a file with that checksum, or one that so begins."""
        return Card(
            file=file,
            spec=self.spec,
            data=DATA,
            recipe=self.recipe,
            epochs=0,  # nor are the time and the machine told where the files are
            seconds=0.0,
            machine="",
            accuracy=(Accuracy(TEST_SET, IMAGES, self.right),),
            classes=imagenet_labels(),
            preprocessing=self.preprocessing,
            reproduce=f"published by torchvision as {self.file}",
            sha256=sha256,
            label=self.label,
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """Weights that could be fetched for a network, the most accurate first. `why` is the sentence that says why they
    are those of another network; empty where they are its own."""

    weights: tuple[PublishedWeights, ...]
    why: str = ""

    @property
    def spec(self) -> ArchSpec:
        """The network that the weights are of."""
        return self.weights[0].spec


@cache
def published_weights() -> tuple[PublishedWeights, ...]:
    """Every published file, in the order of the rows."""
    data = _data()
    return tuple(_row(data["usual"] | row, data["recipe"]) for row in data["file"])


@cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1,000 classes of ImageNet-1k in the order of the logits, by torchvision's names."""
    return tuple(LABELS.read_text(encoding="utf-8").splitlines())


def published_for(spec: ArchSpec) -> tuple[PublishedWeights, ...]:
    """The files of a network, the most accurate first. The input size is free."""
    return _best_first(weights for weights in published_weights() if not differences(weights.spec, spec))


def published_as(card: Card) -> PublishedWeights | None:
    """The published file that a card is of, where it is of one."""
    return next((weights for weights in published_weights() if weights.name == card.name), None)


def offer_for(spec: ArchSpec) -> Offer | None:
    """What could be fetched for a network: its own weights, or those of the one that has the stride in the 3×3."""
    if own := published_for(spec):
        return Offer(own)
    moved = _best_first(
        weights
        for weights in published_weights()
        if differences(weights.spec, spec) == {"stride_on"} and weights.spec.stride_on == "3x3"
    )
    return Offer(moved, WHY_ONLY_AS_V1_5) if moved else None


def called(spec: ArchSpec, label: str) -> PublishedWeights:
    """The file of a network that a label such as "IMAGENET1K_V2" names. Raises WeightsError where there is none."""
    rows = published_for(spec)
    for weights in rows:
        if label.upper() in (weights.label, weights.label.rpartition("_")[2]):
            return weights
    labels = " or ".join(weights.label for weights in rows) or "others"
    raise WeightsError(f"No weights of {spec} are published as {label[:40]!r}: take {labels}.")


def address(weights: PublishedWeights) -> str:
    """Where a file is published, or its mirror. Raises WeightsError for a mirror that is no web address."""
    base: str = os.environ.get(URL_VARIABLE) or _data()["base"]
    if not re.fullmatch(r"https?://[!-~]+", base):
        raise WeightsError(
            f"{URL_VARIABLE} is {base[:80]!r}: write a web address, such as http://mirror.local/models/."
        )
    return f"{base.rstrip('/')}/{weights.file}"


def _best_first(weights: Iterable[PublishedWeights]) -> tuple[PublishedWeights, ...]:
    return tuple(sorted(weights, key=lambda row: -row.right))


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _row(row: Mapping[str, Any], recipes: Mapping[str, str]) -> PublishedWeights:
    return PublishedWeights(
        spec=parse(row["net"]),
        label=row["label"],
        file=row["file"],
        size=round(Decimal(row["mebibytes"]) * 2**20),
        top1=row["top1"],
        top5=row["top5"],
        recipe=recipes[row["recipe"]],
        preprocessing=Preprocessing(
            size=(row["crop"], row["crop"]),
            mean=tuple(row["mean"]),
            std=tuple(row["std"]),
            resize=row["resize"],
            interpolation=row["interpolation"],
        ),
    )
