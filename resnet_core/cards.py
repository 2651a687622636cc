"""A card: what a weights file was trained on, how, and what it was measured to be worth. JSON beside the weights."""

import json
import math
from dataclasses import asdict, dataclass
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

from .codec import parse
from .preprocessing import Preprocessing
from .refusal import Refusal
from .spec import ArchSpec

MOST_NAMED = 20
"""So many classes are told by name."""


class WeightsError(Refusal):
    """Weights that are not there or cannot be used."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many pictures of a test set had their likeliest class right."""

    test_set: str
    images: int
    correct: int

    @property
    def share(self) -> float:
        """The measured accuracy, 0 to 1."""
        return self.correct / self.images

    @property
    def standard_error(self) -> float:
        """By how much the share would scatter over other test sets of as many pictures: a binomial deviation."""
        return math.sqrt(self.share * (1 - self.share) / self.images)


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of the weights in `file`. `recipe`, `machine` and `reproduce` are in words, `seconds` those of
    the training; 0 and no words where nobody tells. `sha256` may be the beginning of the checksum, where no more is
    published. `label` tells several weights of one network apart."""

    file: Path
    spec: ArchSpec
    data: str
    recipe: str
    epochs: int
    seconds: float
    machine: str
    accuracy: tuple[Accuracy, ...]
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    reproduce: str
    sha256: str = ""
    label: str = ""

    @property
    def name(self) -> str:
        return self.file.stem

    @property
    def choice(self) -> str:
        """Between what the network chooses, whatever the picture, in words; of very many classes their number."""
        few = len(self.classes) <= MOST_NAMED
        named = f"these {len(self.classes)}: {', '.join(self.classes)}" if few else f"{len(self.classes):,} classes"
        return f"It knows only {named}, and must choose one."


def differences(one: ArchSpec, other: ArchSpec) -> set[str]:
    """The choices in which two networks differ, the input size aside: no weight depends on it."""
    names = {field.name for field in fields_of(ArchSpec)} - {"size"}
    return {name for name in names if getattr(one, name) != getattr(other, name)}


def card_file(weights_file: Path) -> Path:
    """Where the card of a weights file lies."""
    return weights_file.with_suffix(".json")


def read_card(path: Path) -> Card:
    """The card in a JSON file. Raises WeightsError where that is missing, damaged or contradicts itself."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        card = Card(
            **fields
            | {
                "file": path.with_suffix(".safetensors"),
                "spec": parse(fields["spec"]),
                "accuracy": tuple(Accuracy(**row) for row in fields["accuracy"]),
                "classes": tuple(fields["classes"]),
                "preprocessing": _preprocessing(fields["preprocessing"]),
            }
        )
        _check(card)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise WeightsError(f"The weights' card {path.name} cannot be used ({error}): get it again.") from error
    return card


def write_card(card: Card) -> None:
    """The card as JSON beside its weights file."""
    fields: dict[str, Any] = asdict(card) | {"spec": str(card.spec)}
    del fields["file"]  # the card's own name says it
    card_file(card.file).write_text(json.dumps(fields, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _preprocessing(fields: dict[str, Any]) -> Preprocessing:
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return Preprocessing(**values)


_WORDS = ("data", "recipe", "machine", "reproduce", "sha256", "label")


def _check(card: Card) -> None:
    """What the fields' types promise, for a prediction and a page rest on it."""
    if not all(isinstance(getattr(card, field), str) for field in _WORDS):
        raise ValueError(f"not all of {', '.join(_WORDS)} are words")
    if len(card.classes) != card.spec.classes or not all(isinstance(label, str) for label in card.classes):
        raise ValueError(f"it has {len(card.classes)} class labels for a network of {card.spec.classes} classes")
    if not all(0 <= row.correct <= row.images and row.images > 0 for row in card.accuracy):
        raise ValueError("more pictures are right than there are")
    prepared = card.preprocessing
    channels, sizes = (*prepared.mean, *prepared.std), (*prepared.size, prepared.resize or 1)
    numbers = (*channels, *sizes, card.epochs, card.seconds)
    if (len(channels), len(sizes)) != (6, 3) or not all(isinstance(number, int | float) for number in numbers):
        raise ValueError("a number is missing, or a word where one belongs")
    if min(*sizes, *prepared.std) <= 0 or prepared.interpolation not in ("bilinear", "bicubic"):
        raise ValueError("pictures cannot be prepared in that way")
