"""A network's operations summed by what they are, so that it is walked once and counted by a thousand conventions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

from .rows import Analysis, Row


class Tally(NamedTuple):
    """The sums over a network's rows that any convention is linear in; `auxiliary`: the part of auxiliary heads."""

    conv: int = 0
    fc: int = 0
    conv_biases: int = 0
    fc_biases: int = 0
    bn: int = 0
    bn_parameters: int = 0
    relu: int = 0
    pool: int = 0
    pool_inputs: int = 0
    adaptive_pool_inputs: int = 0
    average_pool_outputs: int = 0
    response_norm_steps: int = 0
    add: int = 0
    others: int = 0
    auxiliary: "Tally | None" = None


def _macs(row: Row) -> int:
    return row.macs


def _elementwise(row: Row) -> int:
    return row.elementwise


def _inputs(row: Row) -> int:
    return prod(row.in_shape)


def _outputs(row: Row) -> int:
    return prod(row.out_shape)


def _response_norm_steps(row: Row) -> int:
    """As `functional.local_response_norm` goes: a square, a factor, a constant, and a padded pool."""
    channels, height, width = row.in_shape
    window = row.elementwise // prod(row.in_shape) - 5  # of the channels; by what `counts` has beside it
    return 3 * prod(row.in_shape) + (channels + window - 1) * height * width


_SUMMED: Mapping[str, tuple[tuple[str, ...], Callable[[Row], int]]] = MappingProxyType(
    {  # of which kinds of rows, and what
        "conv": (("conv",), _macs),
        "fc": (("linear",), _macs),
        "conv_biases": (("conv",), _elementwise),
        "fc_biases": (("linear",), _elementwise),
        "bn": (("bn",), _outputs),
        "bn_parameters": (("bn",), lambda row: row.bn),
        "relu": (("relu",), _outputs),
        "pool": (("maxpool", "avgpool", "adaptivepool"), _elementwise),
        "pool_inputs": (("maxpool", "avgpool", "adaptivepool"), _inputs),
        "adaptive_pool_inputs": (("adaptivepool",), _inputs),
        "average_pool_outputs": (("avgpool", "adaptivepool"), _outputs),
        "response_norm_steps": (("lrn",), _response_norm_steps),
        "add": (("add",), _elementwise),
        "others": (("sigmoid", "tanh", "lrn", "scale", "rbf", "gate", "carry"), _elementwise),
    }
)


def tally(analysis: Analysis) -> Tally:
    """The sums of a whole network."""
    runs = [run for stage in analysis.stages for run in stage.stage.runs if run.block.join == "aside"]
    sums = tally_rows(analysis.rows)
    if not runs:
        return sums
    heads = {name for run in runs for name in run.names}
    return sums._replace(auxiliary=tally_rows(row for row in analysis.rows if row.block in heads))


def tally_rows(rows: Iterable[Row]) -> Tally:
    """The sums of any rows: a stage's, or one alone."""
    of_kind = defaultdict(list)
    for row in rows:
        of_kind[row.kind].append(row)
    sums: dict[str, Any] = {
        name: sum([measure(row) for kind in kinds if kind in of_kind for row in of_kind[kind]])
        for name, (kinds, measure) in _SUMMED.items()
    }
    return Tally(**sums)
