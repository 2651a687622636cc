"""Two networks beside one another: stages by their role and place, blocks by place, ops by name, role and place."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from .algebra import Block
from .diagram import rows_of
from .rows import Analysis, Row, StageRow

COMPARED = ("out_shape", "kernel", "stride", "groups", "params", "macs", "receptive_field", "activation_bytes")
"""The fields of `Row` in which two ops are held against each other."""
MAIN = frozenset({"residual", "branch", "pre"})
"""Roles of one path: a plain block's only one, and a residual one with what stands before its fork."""
_Item = TypeVar("_Item")
_ALIKE_PATH = re.compile(r"branches\.[0-9]+\.")


@dataclass(frozen=True, slots=True)
class OpPair:
    """An op of one network and the one that stands for it in the other; None where there is none.

    Both stand for `times` repetitions of their block; shapes and sums are those of one block, the receptive field that
    of the last. Ops of like paths (Xie 2017, Fig. 3) are one, whose sums are over all of them.
    """

    times: int
    one: Row | None
    other: Row | None

    @property
    def either(self) -> Row:
        """The one network's row, or else the other's."""
        row = self.one or self.other
        assert row is not None
        return row

    @property
    def differing(self) -> tuple[str, ...]:
        """In which of `COMPARED` they differ; in all of them where there is only one."""
        if self.one is None or self.other is None:
            return COMPARED
        one, other = self.one, self.other
        return tuple(field for field in COMPARED if getattr(one, field) != getattr(other, field))


@dataclass(frozen=True, slots=True)
class BlockPair:
    """`times` blocks one after the other that do not differ among themselves, and those of the other network.

    `one` and `other` are the blocks, `names` the first's and the last's; None, and no names, where there is none.
    """

    times: int
    one: Block | None
    other: Block | None
    one_names: tuple[str, str]
    other_names: tuple[str, str]
    ops: tuple[OpPair, ...]

    @property
    def differs(self) -> bool:
        return self.one != self.other


@dataclass(frozen=True, slots=True)
class StagePair:
    """A stage of one network and the one of the other that has its part; None where there is none."""

    one: StageRow | None
    other: StageRow | None
    blocks: tuple[BlockPair, ...]

    @property
    def title(self) -> str:
        """As both call it, or each: "conv2_x", "conv2_x / stage 1"."""
        titles = [stage.title for stage in (self.one, self.other) if stage is not None]
        return " / ".join(dict.fromkeys(titles))

    def change(self, quantity: str) -> int:
        """By how much a sum of `Totals` is greater in the other network's stage."""
        return _sum(self.other, quantity) - _sum(self.one, quantity)


def align(one: Analysis, other: Analysis) -> tuple[StagePair, ...]:
    """Every stage, block and op of both networks, each once, beside its counterpart where there is one."""
    of_one, of_other = list(_units(one)), list(_units(other))
    return tuple(
        StagePair(
            _at(one.stages, i),
            _at(other.stages, j),
            tuple(_block_pairs(_at(of_one, i) or [], _at(of_other, j) or [])),
        )
        for i, j in _paired(list(_roles(one)), list(_roles(other)))
    )


class _Unit(NamedTuple):
    """A block with its rows; one of an empty name is a chain of ops outside blocks."""

    name: str
    block: Block
    rows: Sequence[Row]

    @property
    def role(self) -> str:
        return "aside" if self.block.join == "aside" else "block" if self.name else "chain"


def _sum(stage: StageRow | None, quantity: str) -> int:
    return 0 if stage is None else int(getattr(stage.totals, quantity))


def _units(analysis: Analysis) -> Iterator[list[_Unit]]:
    """What each stage consists of."""
    begin = 0
    for stage in analysis.stages:
        units = []
        for run in stage.stage.runs:
            many = rows_of(run.block)
            for name in run.names:
                units.append(_Unit(name, run.block, analysis.rows[begin : begin + many]))
                begin += many
        yield units


def _roles(analysis: Analysis) -> Iterator[str]:
    """What part each stage has: "stem", "body" (it has blocks), "transition" (between bodies), "head" (of vectors).

    In networks without blocks the stem is all before the head, and has the part of bodies in others.
    """
    has_bodies = any(map(_is_body, analysis.stages))
    begun = False
    for stage in analysis.stages:
        body = _is_body(stage)
        begun = begun or body
        if len(stage.out_shape) == 1:
            yield "head"
        else:
            yield "body" if body else "transition" if begun else "stem" if has_bodies else "trunk"


def _is_body(stage: StageRow) -> bool:
    """Whether a stage repeats blocks; a transition of a DenseNet, one block that pools, is none."""
    return any(
        run.names[0] and (run.block.join != "none" or not any("pool" in op.kind for op in run.block.ops()))
        for run in stage.stage.runs
    )


def _paired(one: list[str], other: list[str]) -> Iterator[tuple[int | None, int | None]]:
    """Which stages stand beside each other: of each role the first with the first; in the order of both."""
    if "trunk" in one + other:  # without blocks on one side, place alone decides
        one, other = ([role if role == "head" else "trunk" for role in roles] for roles in (one, other))
    yield from _in_order(dict(_first_with_first(one, other)), len(one), len(other))


def _in_order(partners: Mapping[int, int], of_one: int, of_other: int) -> Iterator[tuple[int | None, int | None]]:
    """Places in the order of the one, and what only the other has before that in front of which it stands there."""
    taken = set(partners.values())
    left_over = [j for j in range(of_other) if j not in taken]
    for i in range(of_one):
        j = partners.get(i)
        while j is not None and left_over and left_over[0] < j:
            yield None, left_over.pop(0)
        yield i, j
    yield from ((None, j) for j in left_over)


def _first_with_first(one: Sequence[Hashable], other: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Places of equal keys in both, the first of a key with the first, the second with the second."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for j, key in enumerate(other):
        places[key].append(j)
    for i, key in enumerate(one):
        if places.get(key):
            yield i, places[key].pop(0)


def _block_pairs(one: list[_Unit], other: list[_Unit]) -> Iterator[BlockPair]:
    """Blocks by their place, neighbours that are alike on both sides folded into one."""
    before: tuple[_Unit | None, _Unit | None] | None = None
    last: tuple[_Unit | None, _Unit | None] = (None, None)
    times = 0
    for pair in _placed(one, other):
        if before and _alike(before[0], pair[0]) and _alike(before[1], pair[1]):
            last, times = pair, times + 1
            continue
        if before:
            yield _block_pair(before, last, times)
        before, last, times = pair, pair, 1
    if before:
        yield _block_pair(before, last, times)


def _placed(one: list[_Unit], other: list[_Unit]) -> Iterator[tuple[_Unit | None, _Unit | None]]:
    """In the order of both: a chain before the first block stays before it, one behind the last behind it."""
    for i, j in _paired([unit.role for unit in one], [unit.role for unit in other]):
        yield _at(one, i), _at(other, j)


def _at(items: Sequence[_Item], place: int | None) -> _Item | None:
    return None if place is None else items[place]


def _alike(one: _Unit | None, other: _Unit | None) -> bool:
    """Whether blocks differ in nothing but their survival, which no row shows."""
    if one is None or other is None:
        return one is other
    return bool(one.name) and (
        one.block is other.block or replace(one.block, survival=other.block.survival) == other.block
    )


def _block_pair(
    first: tuple[_Unit | None, _Unit | None], last: tuple[_Unit | None, _Unit | None], times: int
) -> BlockPair:
    one, other = first
    return BlockPair(
        times,
        one.block if one else None,
        other.block if other else None,
        _names(one, last[0]),
        _names(other, last[1]),
        tuple(OpPair(times, *pair) for pair in _op_pairs(*(list(_ops(unit)) if unit else [] for unit in last))),
    )


def _names(first: _Unit | None, last: _Unit | None) -> tuple[str, str]:
    return (first.name, last.name) if first and last else ("", "")


def _ops(unit: _Unit) -> Iterator[Row]:
    """A block's rows under their local names, like paths as one."""
    prefix = len(unit.name) + 1 if unit.name else 0
    same: dict[str, list[Row]] = {}
    for row in unit.rows:
        same.setdefault(_ALIKE_PATH.sub("", row.name[prefix:]), []).append(row)
    for name, rows in same.items():
        yield rows[0]._replace(
            name=name,
            params=sum(row.params for row in rows),
            macs=sum(row.macs for row in rows),
            activation_bytes=sum(row.activation_bytes for row in rows),
        )


def _op_pairs(one: list[Row], other: list[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Ops of the same name and kind, then those of the same role and kind, the first with the first."""
    partners = dict(_first_with_first([(row.kind, row.name) for row in one], [(row.kind, row.name) for row in other]))
    alone = [i for i in range(len(one)) if i not in partners]
    free = [j for j in range(len(other)) if j not in partners.values()]
    later = _first_with_first([_part(one[i]) for i in alone], [_part(other[j]) for j in free])
    partners |= {alone[i]: free[j] for i, j in later}
    for i, j in _in_order(partners, len(one), len(other)):
        yield _at(one, i), _at(other, j)


def _part(row: Row) -> tuple[str, str]:
    return ("main" if row.role in MAIN else row.role), row.kind


def op_pairs(stages: Iterable[StagePair]) -> Iterator[OpPair]:
    """Every pair of ops, first to last."""
    for stage in stages:
        for block in stage.blocks:
            yield from block.ops
