"""Output shapes and receptive fields, op by op: pure arithmetic."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .algebra import Op

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
    return (op.c_out, _windows(op, height), _windows(op, width))


def _windows(op: Op, side: int) -> int:
    """How many windows fit along a side; a pool that rounds up drops one that would begin beyond the edge."""
    free = side + 2 * op.padding - op.kernel
    if not op.ceil:
        return free // op.stride + 1
    number = -(-free // op.stride) + 1
    return number - ((number - 1) * op.stride >= side + op.padding)


def _same(op: Op, shape: Shape) -> Shape:
    return shape


def _subsampled(op: Op, shape: Shape) -> Shape:
    _, height, width = shape
    return (op.c_out, -(-height // op.stride), -(-width // op.stride))


def _pooled(op: Op, shape: Shape) -> Shape:
    return (op.c_out, op.to, op.to)


def _selected(op: Op, shape: Shape) -> Shape:
    return (op.c_out, *shape[1:])


def _flat(op: Op, shape: Shape) -> Shape:
    channels, height, width = shape
    return (channels * height * width,)


def _features(op: Op, shape: Shape) -> Shape:
    return (op.c_out,)


OUT_SHAPE: Mapping[str, Callable[[Op, Shape], Shape]] = MappingProxyType(
    {
        "conv": _window,
        "maxpool": _window,
        "avgpool": _window,
        **dict.fromkeys(("bn", "relu", "sigmoid", "tanh", "lrn", "dropout", "scale"), _same),
        "select": _selected,
        "zeropad": _subsampled,
        "adaptivepool": _pooled,
        "flatten": _flat,
        "linear": _features,
        "rbf": _features,
    }
)


def _windowed_field(op: Op, shape: Shape, field: Field) -> Field:
    size, jump = field
    return Field(None if size is None else size + (op.kernel - 1) * jump, jump * op.stride)


def _same_field(op: Op, shape: Shape, field: Field) -> Field:
    return field


def _whole(op: Op, shape: Shape, field: Field) -> Field:
    return Field(None, field.jump)


def _adaptive_field(op: Op, shape: Shape, field: Field) -> Field:
    """A pool to the side that is there already changes nothing; to one cell, it sees everything."""
    height, width = shape[1:]
    if op.to == 1:
        return Field(None, field.jump)
    size, jump = field
    window = max(-(-(i + 1) * side // op.to) - i * side // op.to for side in (height, width) for i in range(op.to))
    return Field(None if size is None else size + (window - 1) * jump, jump * max(1, max(height, width) // op.to))


OUT_FIELD: Mapping[str, Callable[[Op, Shape, Field], Field]] = MappingProxyType(
    {
        "conv": _windowed_field,
        "maxpool": _windowed_field,
        "avgpool": _windowed_field,
        **dict.fromkeys(("bn", "relu", "sigmoid", "tanh", "lrn", "dropout", "scale", "select", "flatten"), _same_field),
        "zeropad": lambda op, shape, field: Field(field.size, field.jump * op.stride),
        "adaptivepool": _adaptive_field,
        "linear": _whole,
        "rbf": _whole,
    }
)


def joined(kind: str, shapes: list[Shape], fields: list[Field]) -> tuple[Shape, Field]:
    """Shape and field after paths have met: as wide as the widest path sees; channels add up where they stay apart."""
    sizes = [field.size for field in fields]
    field = Field(None if None in sizes else max(size for size in sizes if size is not None), fields[0].jump)
    channels = sum(shape[0] for shape in shapes) if kind == "concat" else shapes[0][0]
    return (channels, *shapes[0][1:]), field
