"""What torchvision calls a tensor today, where a file that it published earlier has another name."""

import re

EARLY, TODAY = r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..+)", r"\1\2"
"""What a name of an early file looks like, and of which parts of it today's is made."""


def current_name(name: str) -> str:
    """The name of today: "denselayer1.norm.1.weight" of the published DenseNets is "denselayer1.norm1.weight".

    A module's name must hold no dot since torch 0.4; torchvision's densenet.py mends the names in `_load_state_dict`.
    """
    return re.sub(EARLY, TODAY, name)
