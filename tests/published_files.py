"""Files as torchvision publishes them, of random tensors, made on the spot; the rows are changed to their checksums."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch

from resnet_core import build, commands_weights, parse
from resnet_core import published_weights as rows
from resnet_core import weights as shelf
from resnet_core.published_weights import PublishedWeights, published_weights

ROWS = published_weights()
KNOWING_ROWS = (rows, shelf, commands_weights)


def bytes_of(state: Any, **options: Any) -> bytes:
    """What torch.save writes."""
    file = io.BytesIO()
    torch.save(state, file, **options)
    return file.getvalue()


def random_state(name: str, seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return dict(build(parse(name)).state_dict())


def row_of(name: str, label: str = "IMAGENET1K_V1") -> PublishedWeights:
    return next(row for row in ROWS if (str(row.spec), row.label) == (name, label))


def made(name: str, data: bytes, label: str = "IMAGENET1K_V1") -> PublishedWeights:
    """The row of a network, as if it had these bytes."""
    row = row_of(name, label)
    file = f"{row.name.rpartition('-')[0]}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    return replace(row, file=file, size=len(data))


def publish(monkeypatch: pytest.MonkeyPatch, changed: Mapping[PublishedWeights, PublishedWeights]) -> None:
    """Have some rows changed everywhere; the others stay."""
    for module in KNOWING_ROWS:
        monkeypatch.setattr(module, "published_weights", lambda: tuple(changed.get(row, row) for row in ROWS))


def published(
    monkeypatch: pytest.MonkeyPatch, name: str, data: bytes, label: str = "IMAGENET1K_V1"
) -> PublishedWeights:
    """The row of a network, changed to these bytes everywhere."""
    row = made(name, data, label)
    publish(monkeypatch, {row_of(name, label): row})
    return row
