"""CIFAR-10 from files: the original archive, or parquet files of encoded pictures.

Source of the pictures: Krizhevsky 2009, "Learning Multiple Layers of Features from Tiny Images".
"""

import io
import pickle
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2470, 0.2435, 0.2616)
ARCHIVE = "cifar-10-python.tar.gz"
LOSSLESS_REPEATS = 3


class DataError(ValueError):
    """Training pictures that are not there or not readable; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Images:
    """Pictures as uint8, N,3,32,32, with their labels."""

    pixels: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def plus(self, other: "Images", times: int = 1) -> "Images":
        """These pictures, and the others so many times over."""
        return Images(
            torch.cat([self.pixels, *[other.pixels] * times]), torch.cat([self.labels, *[other.labels] * times])
        )


@dataclass(frozen=True, eq=False)
class Sets:
    """What to learn from, and what to be judged by, each judge under its name."""

    source: str
    train: Images
    tests: dict[str, Images]


def load(folder: Path) -> Sets:
    """The data in a folder: the original archive where it lies there, else the parquet files.

    Raises DataError where there is neither, or where a file cannot be read.
    """
    if (folder / ARCHIVE).exists():
        return _from_archive(folder / ARCHIVE)
    if not (folder / "train_jpeg.parquet").exists():
        raise DataError(f"{folder} holds neither {ARCHIVE} nor train_jpeg.parquet: name the folder with --data.")
    train = _parquet(folder / "train_jpeg.parquet").plus(_parquet(folder / "train_lossless.parquet"), LOSSLESS_REPEATS)
    tests = {name: _parquet(folder / f"{name}.parquet") for name in ("test_lossless", "test_jpeg")}
    return Sets(
        "CIFAR-10: 50,000 training pictures as strong JPEG, and 8,068 of them with their original pixels, "
        f"the latter {LOSSLESS_REPEATS} times an epoch",
        train,
        tests,
    )


def _parquet(path: Path) -> Images:
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path, columns=["image", "label"])
        pictures = [np.asarray(Image.open(io.BytesIO(_encoded(cell))).convert("RGB")) for cell in table["image"]]
        labels = table["label"].to_numpy()
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path} cannot be read ({error}): get the file again.") from error
    pixels = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.from_numpy(labels.astype(np.int64)))


def _encoded(cell: Any) -> bytes:
    value = cell.as_py()
    return value["bytes"] if isinstance(value, dict) else value


def _from_archive(path: Path) -> Sets:
    try:
        with tarfile.open(path) as archive:
            batches = [_batch(archive, f"data_batch_{n}") for n in range(1, 6)]
            test = _batch(archive, "test_batch")
    except (OSError, KeyError, tarfile.TarError, pickle.UnpicklingError, EOFError) as error:
        raise DataError(f"{path} is no CIFAR-10 archive ({error}): download it again.") from error
    train = batches[0]
    for batch in batches[1:]:
        train = train.plus(batch)
    return Sets("CIFAR-10: the 50,000 training pictures of the original archive", train, {"test": test})


def _batch(archive: tarfile.TarFile, name: str) -> Images:
    member = archive.extractfile(f"cifar-10-batches-py/{name}")
    if member is None:
        raise KeyError(name)
    batch = _Arrays(member, encoding="bytes").load()
    pixels = torch.from_numpy(np.array(batch[b"data"], dtype=np.uint8)).reshape(-1, 3, 32, 32)
    return Images(pixels, torch.tensor(batch[b"labels"], dtype=torch.int64))


class _Arrays(pickle.Unpickler):
    """Reads arrays and plain values; any other class in the file is refused, so the archive cannot run code."""

    _ALLOWED = {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("_codecs", "encode"),
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
