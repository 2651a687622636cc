"""Output shapes and receptive fields, op by op: pure arithmetic."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .algebra import Op

Shape = tuple[int, ...]
"""Channels, height, width of a map; or the features of a vector. Without the batch."""


class Field(NamedTuple):
    """What one cell of a map sees of the input, in pixels: how wide, how far from cell to cell, and where the first
    cell's field begins, which is before the picture where there is padding.

    Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill.
    A size of None: the whole picture, which begins at 0.
    """

    size: int | None = 1
    jump: int = 1
    start: int = 0


def _window(op: Op, shape: Shape) -> Shape:
    _, height, width = shape
    return (op.c_out, windows(op, height), windows(op, width))


def windows(op: Op, side: int) -> int:
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
    size, jump, start = field
    if size is None:
        return Field(None, jump * op.stride)
    return Field(size + (op.kernel - 1) * jump, jump * op.stride, start - op.padding * jump)


def _same_field(op: Op, shape: Shape, field: Field) -> Field:
    return field


def _whole(op: Op, shape: Shape, field: Field) -> Field:
    return Field(None, field.jump)


def _adaptive_field(op: Op, shape: Shape, field: Field) -> Field:
    """A pool to the side that is there already changes nothing; to one cell, it sees everything.

    Where windows differ, the widest counts, and the jump is that of windows side by side.
    """
    height, width = shape[1:]
    size, jump, start = field
    if op.to == 1 or size is None:
        return Field(None, jump)
    widest = max(len(span) for side in (height, width) for span in pooled_spans(side, op.to))
    return Field(size + (widest - 1) * jump, jump * max(1, max(height, width) // op.to), start)


def pooled_spans(side: int, to: int) -> tuple[range, ...]:
    """Which cells of a side each cell of an adaptive pool takes the mean of: torch's windows, which may overlap."""
    return tuple(range(i * side // to, -(-(i + 1) * side // to)) for i in range(to))


OUT_FIELD: Mapping[str, Callable[[Op, Shape, Field], Field]] = MappingProxyType(
    {
        "conv": _windowed_field,
        "maxpool": _windowed_field,
        "avgpool": _windowed_field,
        **dict.fromkeys(("bn", "relu", "sigmoid", "tanh", "lrn", "dropout", "scale", "select", "flatten"), _same_field),
        "zeropad": lambda op, shape, field: Field(field.size, field.jump * op.stride, field.start),
        "adaptivepool": _adaptive_field,
        "linear": _whole,
        "rbf": _whole,
    }
)


def joined(kind: str, shapes: list[Shape], fields: list[Field]) -> tuple[Shape, Field]:
    """Shape and field after paths have met: all that one of them sees; channels add up where they stay apart."""
    channels = sum(shape[0] for shape in shapes) if kind == "concat" else shapes[0][0]
    return (channels, *shapes[0][1:]), _united(fields)


def _united(fields: list[Field]) -> Field:
    jump, start = fields[0].jump, min([field.start for field in fields])
    end = start
    for field in fields:
        if field.size is None:
            return Field(None, jump)
        end = max(end, field.start + field.size)
    return Field(end - start, jump, start)
