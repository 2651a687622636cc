"""Weights of a network so small that a test makes them on the spot. Random: good for loading, not for seeing."""

from pathlib import Path

import torch

from resnet_core import build, parse
from resnet_core.cards import Accuracy, Card
from resnet_core.loading import write_weights
from resnet_core.preprocessing import Preprocessing
from resnet_core.spec import ArchSpec

TINY = parse("cifar-resnet-8,width=4,size=16,classes=7")
CLASSES = ("ant", "bee", "cow", "dog", "emu", "fox", "gnu")


def unwritten(folder: Path, spec: ArchSpec = TINY) -> Card:
    """The card of weights that are not there yet."""
    return Card(
        file=folder / f"{spec}.safetensors",
        spec=spec,
        data="noise",
        recipe="none",
        epochs=1,
        seconds=2.5,
        machine="a test",
        accuracy=(Accuracy("test", 400, 300),),
        classes=CLASSES,
        preprocessing=Preprocessing(spec.size, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
        reproduce="run the test again",
    )


def write_tiny(folder: Path, spec: ArchSpec = TINY, seed: int = 0) -> Card:
    """Put random weights and their card into a folder."""
    torch.manual_seed(seed)
    return write_weights(build(spec).state_dict(), unwritten(folder, spec))
