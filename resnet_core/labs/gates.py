"""How far the gates of a Highway network are open before training: Srivastava 2015, arXiv:1505.00387."""

import math


def carried(bias: float, layers: int) -> float:
    """The share of its input that a Highway chain passes on at the start, (1 − σ(bias))^layers: section 2.2, where the
    gate's weights are small."""
    return (1 - 1 / (1 + math.exp(-bias))) ** layers
