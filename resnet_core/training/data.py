"""CIFAR-10 from a folder: the original archive, or parquet files of encoded pictures.

Source of the pictures: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from .archive import ARCHIVE, read_archive
from .images import DataError, Images, Sets

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
LOSSLESS_REPEATS = 3


def load(folder: Path) -> Sets:
    """The data in a folder: the original archive where it lies there, else the parquet files.

    Raises DataError where there is neither, or where a file cannot be read.
    """
    if (folder / ARCHIVE).exists():
        train, test = read_archive(folder / ARCHIVE)
        return Sets(f"CIFAR-10: the {len(train):,} training pictures of the original archive", train, {"test": test})
    if not (folder / "train_jpeg.parquet").exists():
        raise DataError(f"{folder} holds neither {ARCHIVE} nor train_jpeg.parquet: name the folder with --data.")
    degraded, lossless = (_parquet(folder / f"train_{kind}.parquet") for kind in ("jpeg", "lossless"))
    return Sets(
        f"CIFAR-10: {len(degraded):,} training pictures as strong JPEG, and {len(lossless):,} of them with their "
        f"original pixels, the latter {LOSSLESS_REPEATS} times an epoch",
        Images.joined([degraded, *[lossless] * LOSSLESS_REPEATS]),
        {name: _parquet(folder / f"{name}.parquet") for name in ("test_lossless", "test_jpeg")},
    )


def _parquet(path: Path) -> Images:
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path, columns=["image", "label"])
        pictures = [np.asarray(Image.open(io.BytesIO(_encoded(cell))).convert("RGB")) for cell in table["image"]]
        labels = table["label"].to_numpy().astype(np.int64)
        pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    except (OSError, KeyError, ValueError, TypeError) as error:
        cause = str(error).partition("\n")[0]
        raise DataError(f"{path} cannot be read ({cause}): get the file again.") from error
    return Images(pixels, torch.from_numpy(labels))


def _encoded(cell: Any) -> bytes:
    """The bytes of a picture, alone or in a record with its path."""
    value = cell.as_py()
    encoded: bytes = value["bytes"] if isinstance(value, dict) else value
    return encoded
