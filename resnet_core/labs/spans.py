"""Neighbours that weigh enough together."""

import math
from collections.abc import Sequence


def shortest(weights: Sequence[float], share: float) -> tuple[int, int]:
    """The fewest neighbours that weigh so much together: the first and the last of them."""
    spans = (
        (first, last)
        for first in range(len(weights))
        for last in range(first, len(weights))
        if math.fsum(weights[first : last + 1]) >= share
    )
    return min(spans, key=lambda span: (span[1] - span[0], span[0]))
