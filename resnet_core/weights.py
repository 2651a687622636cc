"""Which weights exist, which network they fit, and how they load. Only loading needs torch.

Weights are pairs of files, NAME.safetensors and its card NAME.json, in the folder that RESNET_EXPLORER_WEIGHTS names
or in the one that comes with the project.
"""

import hashlib
import logging
import os
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .cards import Card, WeightsError, read_card, write_card
from .codec import nearest
from .spec import ArchSpec
from .tensor_names import current_name

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED = Path(__file__).parents[1] / "assets" / "weights"
FOLDER_VARIABLE = "RESNET_EXPLORER_WEIGHTS"
RUN_LOG = "log.json"
"""No card: what a training run keeps beside the weights that it writes."""

_log = logging.getLogger(__name__)


class NoWeightsError(WeightsError):
    """A network that nobody trained. `nearest` is the card of the nearest one that somebody did."""

    def __init__(self, spec: ArchSpec, nearest: Card | None) -> None:
        super().__init__(
            f"There are no weights for {spec}: take {nearest.spec}, the nearest network that has some."
            if nearest
            else f"There are no weights for {spec}, nor for any other: train some, "
            "with python -m resnet_core train cifar-resnet-20 --data FOLDER."
        )
        self.nearest = nearest


def folders() -> tuple[Path, ...]:
    """Where weights are looked for, first things first."""
    named = os.environ.get(FOLDER_VARIABLE)
    return (Path(named), BUNDLED) if named else (BUNDLED,)


def catalogue() -> dict[str, Card | WeightsError]:
    """Every card, by name; for a damaged one the error that says so. A name counts where it is found first."""
    files = {
        path.stem: path for folder in reversed(folders()) for path in folder.glob("*.json") if path.name != RUN_LOG
    }
    return {name: _read(files[name]) for name in sorted(files)}


def cards() -> tuple[Card, ...]:
    """The card of every network that has weights."""
    return tuple(card for card in catalogue().values() if isinstance(card, Card))


def card_for(spec: ArchSpec) -> Card | None:
    """The card of the weights that fit a network. The input size is free: no weight depends on it."""
    fitting = [card for card in cards() if not _differences(card.spec, spec)]
    return min(fitting, key=lambda card: card.spec.size != spec.size, default=None)


def nearest_card(spec: ArchSpec) -> Card | None:
    """The card of the network with weights that shares most choices with this one, then of the nearest depth."""
    return min(
        cards(),
        key=lambda card: (len(_differences(card.spec, spec) - {"depths"}), abs(card.spec.layers - spec.layers)),
        default=None,
    )


def require_card(spec: ArchSpec) -> Card:
    """As card_for. Raises NoWeightsError where there is none, WeightsError where the one of its name is damaged."""
    if card := card_for(spec):
        return card
    if isinstance(damaged := catalogue().get(nearest(spec)), WeightsError):
        raise damaged
    raise NoWeightsError(spec, nearest_card(spec))


def load_weights(spec: ArchSpec) -> "dict[str, Tensor]":
    """The trained state of a network, for its `load_state_dict`. Raises WeightsError where it cannot be had."""
    return read_weights(require_card(spec))


def read_weights(card: Card) -> "dict[str, Tensor]":
    """What the file behind a card holds, once its checksum and its shapes are those of card and network.

    By the names of today, where the file has those of torchvision's early DenseNets.
    """
    try:
        state = _tensors(_bytes(card), card)
        _check_shapes(state, card)
    except WeightsError as error:
        _log.warning("%s Cause: %r", error, error.__cause__)
        raise
    return state


def write_weights(state: "Mapping[str, Tensor]", card: Card) -> Card:
    """Put a trained state and its card where the card's `file` says; the card that was written, with its checksum."""
    from safetensors.torch import save

    data = save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
    card = replace(card, sha256=hashlib.sha256(data).hexdigest())
    card.file.parent.mkdir(parents=True, exist_ok=True)
    card.file.write_bytes(data)
    write_card(card)
    return card


def _read(path: Path) -> Card | WeightsError:
    try:
        return read_card(path)
    except WeightsError as error:
        _log.warning("%s Cause: %r", error, error.__cause__)
        return error


def _differences(one: ArchSpec, other: ArchSpec) -> set[str]:
    """The choices in which two networks differ, the input size aside."""
    names = {field.name for field in fields(ArchSpec)} - {"size"}
    return {name for name in names if getattr(one, name) != getattr(other, name)}


def _bytes(card: Card) -> bytes:
    try:
        data = card.file.read_bytes()
    except OSError as error:
        raise WeightsError(f"The weights file {card.file.name} cannot be read: get it again.") from error
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise WeightsError(
            f"The weights file {card.file.name} is damaged or not the one its card describes: get both again."
        )
    return data


def _tensors(data: bytes, card: Card) -> "dict[str, Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return {current_name(name): tensor for name, tensor in load(data).items()}
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"{card.file.name} is no safetensors file: get it again.") from error


def _check_shapes(state: "dict[str, Tensor]", card: Card) -> None:
    import torch

    from .network import build

    with torch.device("meta"):
        expected = {name: tensor.shape for name, tensor in build(card.spec).state_dict().items()}
    found = {name: tensor.shape for name, tensor in state.items()}
    if wrong := sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)):
        raise WeightsError(
            f"The weights in {card.file.name} do not fit {card.spec}, for {len(wrong)} tensors differ, the first being "
            f"{wrong[0]}: get the file again."
        )
