"""Pictures in parts: so few at a time that others, who wait for a part to end, hardly notice it."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ..rows import analyse
from ..spec import ArchSpec

MOST_MACS = 4 * 10**9
"""Multiply-adds of a forward pass of one part: with its gradient about a quarter of a second on two cores."""


def most_together(spec: ArchSpec) -> int:
    """How many pictures make a part."""
    return max(1, MOST_MACS // analyse(spec).totals.macs)


def number_of_parts(spec: ArchSpec, pictures: int) -> int:
    """How many parts so many pictures make."""
    return -(-pictures // most_together(spec))


def parts(spec: ArchSpec, pictures: Tensor, labels: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Pictures N,3,H,W with their labels N, part by part."""
    size = most_together(spec)
    return zip(torch.split(pictures, size), torch.split(labels, size), strict=True)
