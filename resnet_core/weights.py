"""Which weights exist, and which network they fit; loading.py reads them.

Weights are pairs of files, NAME.safetensors and its card NAME.json, or files that torchvision publishes, under the
names that it gives them. They lie in the folder that RESNET_EXPLORER_WEIGHTS names, in the user's cache, or in the
folder that comes with the project.
"""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from .cards import Card, WeightsError, differences, read_card
from .codec import nearest
from .inside import is_inside
from .published_weights import SUFFIXES, Offer, called, offer_for, published_weights
from .spec import ArchSpec
from .tensor_files import checksum
from .units import memory

BUNDLED = Path(__file__).parents[1] / "assets" / "weights"
FOLDER_VARIABLE = "RESNET_EXPLORER_WEIGHTS"
RUN_LOG = "log.json"
"""No card: what a training run keeps beside the weights that it writes."""

_log = logging.getLogger(__name__)


class NoWeightsError(WeightsError):
    """A network whose weights are not here. `nearest` is the card of the nearest one that has some, `offer` what
    could be fetched."""

    def __init__(self, spec: ArchSpec, nearest: Card | None, offer: Offer | None = None) -> None:
        super().__init__(_where_to_get(spec, nearest, offer))
        self.nearest, self.offer = nearest, offer


def _where_to_get(spec: ArchSpec, nearest: Card | None, offer: Offer | None) -> str:
    if offer and not offer.why:
        return (
            f"The weights of {spec} are published, but not here yet: get them, {memory(offer.weights[0].size)}, with "
            f"python -m resnet_core weights fetch {offer.spec}."
        )
    if offer and nearest and not differences(nearest.spec, offer.spec):
        return (
            f"There are no weights for {spec} itself: take {offer.spec}, whose weights would fit, but were trained "
            "with the stride in the 3×3."
        )
    if offer:
        return (
            f"There are no weights for {spec} itself: get those of {offer.spec}, with python -m resnet_core weights "
            f"fetch {offer.spec}, and take them as that, for they were trained with the stride in the 3×3."
        )
    if nearest:
        return f"There are no weights for {spec}: take {nearest.spec}, the nearest network that has some."
    return (
        f"There are no weights for {spec}, nor for any other: train some, "
        "with python -m resnet_core train cifar-resnet-20 --data FOLDER."
    )


def named_folder() -> Path | None:
    """The folder that RESNET_EXPLORER_WEIGHTS names, where it does."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else None


def cache_folder() -> Path:
    """Where the user keeps what can be fetched again."""
    usual = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    kept = os.environ.get(usual)
    return (Path(kept) if kept else Path.home() / ".cache") / "resnet-explorer"


def folders() -> tuple[Path, ...]:
    """Where weights are looked for, first things first."""
    return tuple(filter(None, (named_folder(), cache_folder(), BUNDLED)))


def catalogue() -> dict[str, Card | WeightsError]:
    """Every card, by name; for a damaged one the error that says so. A name counts where it is found first.

    So for the name of the variable, where it names a file.
    """
    found: dict[str, Card | WeightsError] = {}
    if is_file := _named_file():
        found[FOLDER_VARIABLE] = is_file
    for folder in reversed(folders()):
        files = {path.name: path for path in folder.glob("*") if _is_its_own(path)}
        found |= {card.name: card for card in _published(files)}
        found |= {path.stem: _read(path) for name, path in files.items() if path.suffix == ".json" and name != RUN_LOG}
    return {name: found[name] for name in sorted(found)}


def unreadable() -> tuple[str, ...]:
    """The names of the bundled files that cannot be opened; of their folder, where it has none."""
    cards = [path for path in BUNDLED.glob("*.json") if path.name != RUN_LOG]
    files = [file for card in cards for file in (card, card.with_suffix(".safetensors"))]
    return tuple(sorted(file.name for file in files or [BUNDLED] if not _opens(file)))


def _opens(file: Path) -> bool:
    try:
        with file.open("rb"):
            return True
    except OSError:
        return False


def cards() -> tuple[Card, ...]:
    """The card of everything that was trained."""
    return tuple(card for card in catalogue().values() if isinstance(card, Card))


def cards_for(spec: ArchSpec) -> tuple[Card, ...]:
    """The cards of the weights that fit a network: those trained at its very input size first, then the most accurate.

    The input size is free: no weight depends on it.
    """
    fitting = [card for card in cards() if not differences(card.spec, spec)]
    return tuple(sorted(fitting, key=lambda card: (card.spec.size != spec.size, -_share(card))))


def card_for(spec: ArchSpec, label: str | None = None) -> Card | None:
    """The first of `cards_for`, or of those so labelled: "IMAGENET1K_V1", in short "V1", or a file's name."""
    return next((card for card in cards_for(spec) if label is None or _is_called(card, label)), None)


def nearest_card(spec: ArchSpec) -> Card | None:
    """The card of the network with weights that shares most choices with this one, then of the nearest depth, then the
    most accurate."""
    return min(
        cards(),
        key=lambda card: (
            len(differences(card.spec, spec) - {"depths"}),
            abs(card.spec.layers - spec.layers),
            -_share(card),
        ),
        default=None,
    )


def require_card(spec: ArchSpec, label: str | None = None) -> Card:
    """As card_for. Raises NoWeightsError where there is none, WeightsError where the one of its name is damaged, where
    no weights are called so, or where the folder that is named is none."""
    if card := card_for(spec, label):
        return card
    if is_file := _named_file():
        raise is_file
    if label is not None:
        raise NoWeightsError(spec, nearest_card(spec), Offer((called(spec, label),)))
    if isinstance(damaged := catalogue().get(nearest(spec)), WeightsError):
        raise damaged
    raise NoWeightsError(spec, nearest_card(spec), offer_for(spec))


def _named_file() -> WeightsError | None:
    """What is wrong where the variable names a file."""
    named = named_folder()
    if named is None or not named.is_file():
        return None
    return WeightsError(f"{FOLDER_VARIABLE} is {named}, which is a file: name the folder that holds the weights.")


def _is_its_own(path: Path) -> bool:
    if is_inside(path):
        return True
    _log.warning("%s leads out of its folder, so it is passed over: put the file itself there.", path)
    return False


def _read(path: Path) -> Card | WeightsError:
    try:
        stat = path.stat()
        return _remembered_card(path, stat.st_mtime_ns, stat.st_size)
    except OSError:  # gone since it was listed
        return WeightsError(f"{path.name} cannot be read any more: look again.")
    except WeightsError as error:
        _log.warning("%s Cause: %r", error, error.__cause__)
        return error


@lru_cache(maxsize=256)
def _remembered_card(path: Path, changed: int, size: int) -> Card:
    return read_card(path)


def _published(files: Mapping[str, Path]) -> Iterator[Card]:
    """The cards of torchvision's files in a folder."""
    for weights in published_weights():
        for name in (weights.name + suffix for suffix in SUFFIXES):
            if path := files.get(name):
                converted = path.suffix == ".safetensors"  # of which the published checksum says nothing
                yield weights.card(path, _own_checksum(path) if converted else weights.sha256)
                break


def _own_checksum(path: Path) -> str:
    try:
        stat = path.stat()
        return _remembered_checksum(path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return ""  # what cannot be read is refused when it is loaded


@lru_cache(maxsize=64)
def _remembered_checksum(path: Path, changed: int, size: int) -> str:
    return checksum(path)


def _share(card: Card) -> float:
    return card.accuracy[0].share if card.accuracy else 0.0


def _is_called(card: Card, label: str) -> bool:
    return label.upper() in (card.label, card.label.rpartition("_")[2]) or label == card.name
