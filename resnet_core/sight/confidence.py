"""How sure a network is of its answer: the entropy of its probabilities, in bits."""

import math
from typing import TYPE_CHECKING

from ..prediction import probabilities

if TYPE_CHECKING:
    from .scale import Values


def entropy(logits: "Values", temperature: float = 1.0) -> float:
    """Of `probabilities`: 0 where one class has all, log2 of their number at most."""
    import numpy as np

    shares = probabilities(logits, temperature)
    some = shares[shares > 0]
    return max(0.0, float(-(some * np.log2(some)).sum()))


def doubt(logits: "Values", temperature: float = 1.0) -> str:
    """As a sentence: between how many equally likely classes it might as well hesitate."""
    bits = entropy(logits, temperature)
    like = f"as unsure as between {2**bits:.1f} equally likely classes of {len(logits)}"
    return f"Entropy {bits:.2f} of {math.log2(len(logits)):.2f} bits: {like}."
