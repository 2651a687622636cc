"""Pictures with labels, as training takes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..refusal import Refusal


class DataError(Refusal):
    """Training pictures that are not there, not readable or not for this network."""


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures as uint8, N,3,32,32, with their labels."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def joined(cls, parts: "Sequence[Images]") -> "Images":
        """All pictures of the parts, one part after the other."""
        return cls(torch.cat([part.pixels for part in parts]), torch.cat([part.labels for part in parts]))


@dataclass(frozen=True, eq=False)
class Sets:
    """What to learn from, and what to be judged by, each judge under its name. `source` says in words what they are."""

    source: str
    train: Images
    tests: Mapping[str, Images]
