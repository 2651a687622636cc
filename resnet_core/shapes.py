"""Output shapes and receptive fields, op by op: pure arithmetic."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .plan import Op

Shape = tuple[int, ...]
"""Channels, height, width of a map; or the features of a vector. Without the batch."""


class Field(NamedTuple):
    """What one cell of a map sees of the input, in pixels: how wide, and how far from cell to cell.

    Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill.
    A size of None: the whole picture.
    """

    size: int | None = 1
    jump: int = 1


def _window(op: Op, shape: Shape) -> Shape:
    _, height, width = shape
    reach = 2 * op.padding - op.kernel
    return (op.c_out, (height + reach) // op.stride + 1, (width + reach) // op.stride + 1)


def _same(op: Op, shape: Shape) -> Shape:
    return shape


def _subsampled(op: Op, shape: Shape) -> Shape:
    _, height, width = shape
    return (op.c_out, -(-height // op.stride), -(-width // op.stride))


def _pooled(op: Op, shape: Shape) -> Shape:
    return (op.c_out, 1, 1)


def _flat(op: Op, shape: Shape) -> Shape:
    channels, height, width = shape
    return (channels * height * width,)


def _features(op: Op, shape: Shape) -> Shape:
    return (op.c_out,)


OUT_SHAPE: Mapping[str, Callable[[Op, Shape], Shape]] = MappingProxyType(
    {
        "conv": _window,
        "maxpool": _window,
        "bn": _same,
        "relu": _same,
        "zeropad": _subsampled,
        "avgpool": _pooled,
        "flatten": _flat,
        "linear": _features,
    }
)


def _windowed_field(op: Op, field: Field) -> Field:
    size, jump = field
    return Field(None if size is None else size + (op.kernel - 1) * jump, jump * op.stride)


def _same_field(op: Op, field: Field) -> Field:
    return field


def _whole(op: Op, field: Field) -> Field:
    return Field(None, field.jump)


OUT_FIELD: Mapping[str, Callable[[Op, Field], Field]] = MappingProxyType(
    {
        "conv": _windowed_field,
        "maxpool": _windowed_field,
        "bn": _same_field,
        "relu": _same_field,
        "zeropad": lambda op, field: Field(field.size, field.jump * op.stride),
        "avgpool": _whole,
        "flatten": _same_field,
        "linear": _same_field,
    }
)


def joined(fields: list[Field]) -> Field:
    """The field after paths have met: as wide as the widest path."""
    sizes = [field.size for field in fields]
    return Field(None if None in sizes else max(size for size in sizes if size is not None), fields[0].jump)
