"""Files of named tensors: checked by their checksum, read without executing anything in them."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .cards import WeightsError

if TYPE_CHECKING:
    from torch import Tensor

SHORTEST_CHECKSUM = 8
"""So many hexadecimal digits of a sha256 tell two files apart that nobody made alike on purpose."""


class ChecksumError(WeightsError):
    """A file that is damaged, or another one."""


def checksum(file: Path) -> str:
    """The sha256 of a file, as hexadecimal digits. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def read_tensors(file: Path, sha256: str) -> "dict[str, Tensor]":
    """The tensors of a safetensors file, or of one that torch wrote, whose checksum begins with those digits.

    Raises ChecksumError where the file is another one, WeightsError where it cannot be read or holds more than tensors.
    """
    try:
        with file.open("rb") as opened:  # once, so that what is read is what was checked
            found = hashlib.file_digest(opened, "sha256").hexdigest()
            if len(sha256) < SHORTEST_CHECKSUM or not found.startswith(sha256):
                raise ChecksumError(
                    f"The weights file {file.name} is damaged or not the one its card describes: get both again."
                )
            opened.seek(0)
            return _of_safetensors(opened, file) if file.suffix == ".safetensors" else _of_torch(opened, file)
    except OSError as error:
        raise WeightsError(f"The weights file {file.name} cannot be read: get it again.") from error


def _of_safetensors(opened: BinaryIO, file: Path) -> "dict[str, Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors: dict[str, Tensor] = load(opened.read())
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(f"{file.name} is no safetensors file: get it again.") from error
    return tensors


def _of_torch(opened: BinaryIO, file: Path) -> "dict[str, Tensor]":
    import torch

    try:
        found: Any = torch.load(opened, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a forged pickle can raise anything; it is not executed
        raise WeightsError(f"{file.name} holds something else than tensors: get it again.") from error
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in found.items()
    ):
        raise WeightsError(f"{file.name} holds something else than named tensors: get it again.")
    return {name: tensor.detach() for name, tensor in found.items()}
