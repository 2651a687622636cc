"""The trained state behind a card: read, checked, fitted to its network, and written. Only what runs needs torch."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .cards import Card, WeightsError, write_card
from .published_weights import published_as
from .spec import ArchSpec
from .tensor_files import ChecksumError, read_tensors
from .tensor_names import current_name
from .weights import require_card

if TYPE_CHECKING:
    from torch import Tensor

_log = logging.getLogger(__name__)


def load_weights(spec: ArchSpec) -> "dict[str, Tensor]":
    """The trained state of a network, for its `load_state_dict`. Raises WeightsError where it cannot be had."""
    return read_weights(require_card(spec))


def read_weights(card: Card) -> "dict[str, Tensor]":
    """What the file behind a card holds, once its checksum and its shapes are those of card and network.

    By the names and in the precision of today: torchvision's early files have other names and no
    `num_batches_tracked`, some are in half precision, and GoogLeNet's has heads that the network may be without.
    """
    try:
        found = _checked(card)
        state = _fitted({current_name(name): tensor for name, tensor in found.items()}, card)
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


def _checked(card: Card) -> "dict[str, Tensor]":
    """What the file holds; where it is damaged the error says what brings it again."""
    try:
        return read_tensors(card.file, card.sha256)
    except ChecksumError as error:
        if weights := published_as(card):
            raise ChecksumError(
                f"The weights file {card.file.name} is damaged: get it again, with {weights.command}."
            ) from error
        raise


def _fitted(state: "dict[str, Tensor]", card: Card) -> "dict[str, Tensor]":
    """The tensors that the network takes, in its types. Raises WeightsError where they are those of another one."""
    import torch

    expected = _shape_of(card.spec)
    without = {*_shape_of(replace(card.spec, aux=True))} - {*expected} if "aux" in card.spec.choices else set()
    state = {name: tensor for name, tensor in state.items() if name not in without}
    for name in expected:
        if name.endswith("num_batches_tracked"):  # no part of the answer
            state.setdefault(name, torch.tensor(0))
    shapes = {name: tensor.shape for name, tensor in state.items()}
    if wrong := sorted(
        name
        for name in expected.keys() | shapes.keys()
        if name not in expected or expected[name].shape != shapes.get(name)
    ):
        raise WeightsError(
            f"The weights in {card.file.name} do not fit {card.spec}, for {len(wrong)} tensors differ, the first being "
            f"{wrong[0]}: get the file again."
        )
    return {name: state[name].to(tensor.dtype) for name, tensor in expected.items()}


def _shape_of(spec: ArchSpec) -> "dict[str, Tensor]":
    """The state of a network on the meta device: names, shapes and types."""
    import torch

    from .network import build

    with torch.device("meta"):
        return build(spec).state_dict()
