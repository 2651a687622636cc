"""The original CIFAR-10 archive, read without letting it run code."""

import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .images import DataError, Images

ARCHIVE = "cifar-10-python.tar.gz"


def read_archive(path: Path) -> tuple[Images, Images]:
    """The training and the test pictures. Raises DataError where the file is no such archive."""
    try:
        with tarfile.open(path) as archive:
            batches = [_batch(archive, f"data_batch_{n}") for n in range(1, 6)]
            return Images.joined(batches), _batch(archive, "test_batch")
    except Exception as error:  # a damaged pickle raises whatever its bytes lead to
        cause = str(error).partition("\n")[0]
        raise DataError(f"{path} is no CIFAR-10 archive ({cause}): download it again.") from error


def _batch(archive: tarfile.TarFile, name: str) -> Images:
    member = archive.extractfile(f"cifar-10-batches-py/{name}")
    if member is None:
        raise KeyError(name)
    batch = _Arrays(member, encoding="bytes").load()
    pixels = torch.from_numpy(np.array(batch[b"data"], dtype=np.uint8)).reshape(-1, 3, 32, 32)
    return Images(pixels, torch.tensor(batch[b"labels"], dtype=torch.int64))


class _Arrays(pickle.Unpickler):
    """Reads arrays and plain values; any other class in the file is refused, so the archive cannot run code."""

    ALLOWED = frozenset(
        {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("_codecs", "encode"),
        }
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)
