"""Named computations, as evidence quotes them: "parameters of vgg-16" -> what comes out, for people and to compare.

A name, "of", a subject, which is a network in the words of the codec or a number of residual modules, and sometimes
a detail: "kernels of resnet-50 layer1.0".
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .algebra import Block, Op
from .codec import parse
from .describe import KIND
from .paths import path_lengths, share
from .plan import plan
from .refusal import Refusal
from .rows import Analysis, Row, analyse
from .spec import quoted
from .wiring.residual import expected_depth, projections

NOTHING = "nothing"


class ComputationRefusal(Refusal):
    """Words behind a computation that it does not take. The message is one sentence that says what to leave out."""


class Value(NamedTuple):
    """What a computation gives: a text, and the number that it writes, if it is one."""

    text: str
    number: Fraction | None = None


@cache
def compute(words: str) -> Value:
    """The value of a named computation. Raises ValueError for words that name none, or no network, or one word more."""
    name, _, subject = words.partition(" of ")
    what, _, detail = subject.partition(" ")
    if detail and name in COMPUTATIONS and name not in _DETAILED:
        raise no_more(name, detail)
    if name in _OF_PATHS:
        return _OF_PATHS[name](int(what), detail)
    if name not in _OF_NETS:
        raise ValueError(f"There is no computation {name!r}.")
    return _OF_NETS[name](analyse(parse(what)), detail)


def no_more(name: str, detail: str) -> ComputationRefusal:
    """What is wrong where a detail stands behind a computation that takes none."""
    return ComputationRefusal(f"{quoted(name)} takes a name and no more: leave out {quoted(detail)}.")


def _count(number: int) -> Value:
    return Value(units.count(number), Fraction(number))


def _exact(number: int) -> Value:
    return Value(units.exact(number), Fraction(number))


def _texts(items: Iterable[object], between: str = ", ") -> Value:
    return Value(between.join(map(str, items)) or NOTHING)


def _of_block(analysis: Analysis, block: str, *roles: str) -> list[Row]:
    """The rows of a block on the paths of these roles, in their order."""
    rows = [row for row in analysis.rows if row.block == block]
    if not rows:
        raise ValueError(f"{analysis.spec} has no block {block!r}.")
    return [row for row in rows if row.role in roles]


def _layer(analysis: Analysis, name: str) -> Row:
    found = next((row for row in analysis.rows if row.name == name), None)
    if found is None:
        raise ValueError(f"{analysis.spec} has no layer {name!r}.")
    return found


def _convolutions(analysis: Analysis, block: str) -> list[Row]:
    """Those of a whole network, or of the residual path of a block."""
    rows = _of_block(analysis, block, "residual") if block else analysis.rows
    return [row for row in rows if row.kind == "conv"]


def _linears(analysis: Analysis, first: str = "") -> list[Row]:
    rows = [row for row in analysis.rows if row.kind == "linear"]
    return rows[: int(first)] if first else rows


def _squares(rows: Iterable[Row]) -> Iterable[str]:
    return (f"{row.kernel}×{row.kernel}" for row in rows)


def _words(rows: Iterable[Row]) -> Value:
    return _texts((KIND[row.kind] for row in rows), " → ")


def _changes(analysis: Analysis) -> list[tuple[int, int]]:
    """Channels at the fork and at the sum of each block that changes them."""
    forks = {row.block: row.in_shape[0] for row in reversed(analysis.rows) if row.block}
    sums = [(forks[row.block], row.out_shape[0]) for row in analysis.rows if row.role == "join" and row.kind == "add"]
    return [(before, after) for before, after in sums if before != after]


def _block(analysis: Analysis, name: str) -> Block:
    """A named block, or the one within it whose paths are branches."""
    block = dict(plan(analysis.spec).blocks())[name]
    within = [item for path in block.paths for item in path.items if isinstance(item, Block)]
    return within[0] if within else block


def _branches(analysis: Analysis, name: str) -> list[tuple[Op, ...]]:
    """The branches of a block as bare ops, without their names."""
    paths = _block(analysis, name).paths
    return [tuple(op._replace(name="") for op in path.items if isinstance(op, Op)) for path in paths]


def _expected(analysis: Analysis, _: str) -> Value:
    expected = expected_depth(analysis.spec)
    return Value(f"{float(expected):g}", expected)


def _stage_maps(analysis: Analysis, _: str) -> Value:
    return _texts(units.shape(stage.out_shape) for stage in analysis.stages if stage.blocks)


def _path_share(modules: int, lengths: str) -> Value:
    first, last = map(int, lengths.split("–"))
    part = share(modules, first, last)
    return Value(f"{float(part):.2%}".replace("%", " %"), part)


_Net = Callable[[Analysis, str], Value]
_OF_NETS: Mapping[str, _Net] = MappingProxyType(
    {
        "parameters": lambda net, _: _count(net.totals.params),
        "multiply-adds": lambda net, _: _count(net.totals.macs),
        "layers": lambda net, _: _exact(net.totals.layers),
        "blocks": lambda net, _: _exact(sum(net.spec.depths)),
        "operations": lambda net, kind: _exact(sum(row.kind == kind for row in net.rows)),
        "parameters by kind": lambda net, kind: _count(sum(row.params for row in net.rows if row.kind == kind)),
        "convolutions": lambda net, _: _exact(len(_convolutions(net, ""))),
        "convolutions per stage": lambda net, _: _texts(
            sum(row.stage == stage.title for row in _convolutions(net, "")) for stage in net.stages
        ),
        "fully connected layers": lambda net, _: _exact(len(_linears(net))),
        "fully connected widths": lambda net, _: _texts(row.out_shape[0] for row in _linears(net)),
        "fully connected parameters": lambda net, first: _count(sum(row.params for row in _linears(net, first))),
        "kernel sizes": lambda net, _: _texts(dict.fromkeys(_squares(_convolutions(net, "")))),
        "grouped kernel sizes": lambda net, _: _texts(
            dict.fromkeys(_squares(row for row in _convolutions(net, "") if row.groups != 1))
        ),
        "kernels": lambda net, block: _texts(_squares(_convolutions(net, block))),
        "widths": lambda net, block: _texts(row.out_shape[0] for row in _convolutions(net, block)),
        "residual path": lambda net, block: _words(_of_block(net, block, "pre", "residual")),
        "shortcut": lambda net, block: _words(_of_block(net, block, "shortcut")),
        "after the addition": lambda net, block: _words(_of_block(net, block, "post")),
        "meeting": lambda net, block: Value(KIND[_block(net, block).join]),
        "branches": lambda net, block: _exact(len(_branches(net, block))),
        "different branches": lambda net, block: _exact(len(set(_branches(net, block)))),
        "projections": lambda net, _: _exact(projections(net.spec)),
        "shortcut parameters": lambda net, _: _count(sum(row.params for row in net.rows if row.role == "shortcut")),
        "channels across": lambda net, _: _texts(f"{before} → {after}" for before, after in _changes(net)),
        "narrowing shortcuts": lambda net, _: _exact(sum(after < before for before, after in _changes(net))),
        "output": lambda net, layer: Value(units.shape(_layer(net, layer).out_shape)),
        "input channels": lambda net, layer: _exact(_layer(net, layer).in_shape[0]),
        "output channels": lambda net, layer: _exact(_layer(net, layer).out_shape[0]),
        "stride": lambda net, layer: _exact(_layer(net, layer).stride or 1),
        "multiply-adds in": lambda net, layer: _count(_layer(net, layer).macs),
        "picture channels": lambda net, _: _exact(net.spec.channels),
        "stage maps": _stage_maps,
        "expected blocks": _expected,
    }
)
_OF_PATHS: Mapping[str, Callable[[int, str], Value]] = MappingProxyType(
    {
        "paths": lambda modules, _: _exact(sum(path_lengths(modules))),
        "path share": _path_share,
    }
)
_DETAILED = frozenset(
    {
        *("operations", "parameters by kind", "fully connected parameters", "kernels", "widths", "residual path"),
        *("shortcut", "after the addition", "meeting", "branches", "different branches", "output", "input channels"),
        *("output channels", "stride", "multiply-adds in", "path share"),
    }
)
"""Computations that take words behind the network: a block, a layer, a kind, how many, which lengths."""
COMPUTATIONS = (*_OF_NETS, *_OF_PATHS)
"""The names of all computations."""
