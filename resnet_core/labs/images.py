"""The few pictures that experiments come with: CIFAR-10's own pixels, as sheets of small pictures."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..training.images import Images

FOLDER = Path(__file__).parents[2] / "assets" / "labs"
SIDE = 32


@lru_cache(maxsize=1)
def for_judging() -> Images:
    """500 pictures of the test set, 50 of each class, which no network here was trained on."""
    return _sheet("cifar10-test")


@lru_cache(maxsize=1)
def for_learning() -> Images:
    """2,000 pictures of the training set, 200 of each class."""
    return _sheet("cifar10-train")


def _sheet(name: str) -> Images:
    """The pictures of a sheet, row by row."""
    labels = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["labels"]
    pixels = np.array(Image.open(FOLDER / f"{name}.webp", formats=("WEBP",)).convert("RGB"))
    rows, columns = pixels.shape[0] // SIDE, pixels.shape[1] // SIDE
    cells = pixels.reshape(rows, SIDE, columns, SIDE, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, SIDE, SIDE)
    return Images(torch.from_numpy(cells.copy()), torch.tensor([int(label) for label in labels]))
