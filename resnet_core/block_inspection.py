"""One block looked at closely: what each of its paths does to the shapes, and what its shortcut costs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from . import units
from .algebra import WEIGHTED, Block, Op, Path
from .block_choices import block_choices
from .block_costs import block_sentence
from .describe import CIRCLED, KIND
from .op_code import MOST_ENDS
from .plan import plan
from .rows import Analysis, Row

SHORT = {"bn": "BN", "relu": "ReLU", **CIRCLED}
AROUND = frozenset({"shortcut", "gate"})


class Hop(NamedTuple):
    """An op on a path and the shape that it leaves. `role`: the path's, or "pre", "join", "post". `weighted`: a layer
    that counts in the depth."""

    role: str
    name: str
    what: str
    shape: str
    weighted: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One path of a block: what a formula calls it, its ops, and what it costs, as text. `share` is that of the
    block's multiply-adds."""

    role: str
    symbol: str
    hops: tuple[Hop, ...]
    params: str
    macs: str
    share: str


@dataclass(frozen=True, slots=True)
class BlockView:
    """`sentence` says what the block does to its map, `cost` what its shortcut costs, "" where nothing goes around.

    `ways` are the paths, none of a head beside the trunk, nor of many alike; they meet by `sign`, "" where there is
    one. `begin` and `end` are the shapes of x and y, `pre` and `post` the ops before the fork and after the meeting.
    """

    name: str
    sentence: str
    begin: str
    pre: tuple[Hop, ...]
    ways: tuple[Way, ...]
    sign: str
    post: tuple[Hop, ...]
    end: str
    cost: str


def block_view(analysis: Analysis, name: str) -> BlockView:
    """Everything that there is to say of a named block. Raises KeyError for a name that no block has."""
    block, rows = block_named(analysis, name), rows_of(analysis, name)
    choice = next(one for one in block_choices(analysis) if name in one.run.names)
    known = {row.name: row for row in rows}
    pre, post = (tuple(hops_of(ops, f"{name}.", known)) for ops in (block.pre, block.post))
    return BlockView(
        name,
        block_sentence(analysis, choice),
        units.shape(rows[0].in_shape),
        pre,
        tuple(_ways(block, name, known)),
        CIRCLED.get(block.join, ""),
        post,
        units.shape(rows[-1].out_shape),
        _cost(analysis, name),
    )


def block_named(analysis: Analysis, name: str) -> Block:
    """A block by its module name. Raises KeyError."""
    return dict(plan(analysis.spec).blocks())[name]


def rows_of(analysis: Analysis, block: str) -> tuple[Row, ...]:
    """The rows of a block by its module name."""
    return tuple(row for row in analysis.rows if row.block == block)


def _ways(block: Block, name: str, known: Mapping[str, Row]) -> Iterator[Way]:
    if block.join == "aside" or len(block.paths) > MOST_ENDS:
        return
    rows = list(known.values())
    numbered = {path: number for number, path in enumerate(block.paths, start=1)}
    for path in sorted(block.paths, key=lambda path: path.role != "shortcut"):
        inside = tuple(f"{name}.{item.name}" for item in path.items)
        own = [row for row in rows if row.name in inside or row.name.startswith(tuple(f"{one}." for one in inside))]
        hops = tuple(hops_of(path.items, f"{name}.", known))
        yield Way(
            path.role,
            _symbol(block, path, numbered[path]),
            hops,
            units.exact(sum(row.params for row in own)),
            units.count(sum(row.macs for row in own)),
            units.share(sum(row.macs for row in own), sum(row.macs for row in rows)),
        )


def hops_of(items: Iterable[Op | Block], prefix: str, known: Mapping[str, Row]) -> Iterator[Hop]:
    """Of a block within a block, what one of its many paths does, or all that its few do."""
    for item in items:
        if isinstance(item, Op):
            yield hop(known[prefix + item.name])
            continue
        inside = f"{prefix}{item.name}."
        inner = [list(hops_of(path.items, inside, known)) for path in item.paths]
        join = hop(known[inside + item.join])
        if len(inner) > MOST_ENDS:
            one = "; ".join(step.what for step in inner[0])
            yield join._replace(what=f"{len(inner)} × ({one}) {join.what}", weighted=True)
        else:
            yield from (step for way in inner for step in way)
            yield join


def _symbol(block: Block, path: Path, number: int) -> str:
    """What a formula calls a path."""
    if path.role == "shortcut":
        return "shortcut(x)" if path.items else "x"
    if path.role == "gate":
        return "T(x)"
    if block.join == "gate":
        return "H(x)"
    return "F(x)" if path.role == "residual" or len(block.paths) == 1 else f"F{number}(x)"


def hop(row: Row) -> Hop:
    """An op as a hop on its path, with the shape that it leaves as text."""
    return Hop(row.role, row.name, _what(row), units.shape(row.out_shape), row.kind in WEIGHTED)


def _what(row: Row) -> str:
    """An op in a few letters: "3×3, 256", "BN", "ReLU"."""
    stride = f", /{row.stride}" if (row.stride or 1) > 1 else ""
    groups = f", {row.groups} groups" if (row.groups or 1) > 1 else ""
    if row.kind == "conv":
        return f"{row.kernel}×{row.kernel}, {row.out_shape[0]}{stride}{groups}"
    return f"{SHORT.get(row.kind, KIND[row.kind])}{stride}"


def _cost(analysis: Analysis, name: str) -> str:
    """What the shortcut of a block costs, and those of the whole network together."""
    blocks = {name for name, block in plan(analysis.spec).blocks() if _goes_around(block)}
    if name not in blocks:
        return ""
    here, everywhere = (
        _spent([row for row in some if row.role in AROUND]) for some in (rows_of(analysis, name), analysis.rows)
    )
    own = f"This shortcut has {here.words}." if here.params else "This shortcut costs no parameter and no multiply-add."
    if not everywhere.params:
        return f"{own} Nor does any other of the {len(blocks)} in this network."
    totals = analysis.totals
    return (
        f"{own} All {len(blocks)} of this network together have {everywhere.words}: "
        f"{units.share(everywhere.params, totals.params)} of its parameters and "
        f"{units.share(everywhere.macs, totals.macs)} of its multiply-adds."
    )


def _goes_around(block: Block) -> bool:
    return any(path.role == "shortcut" for path in block.paths)


class _Sum(NamedTuple):
    """What some rows cost together."""

    params: int
    macs: int

    @property
    def words(self) -> str:
        return f"{units.exact(self.params)} parameters and {units.count(self.macs)} multiply-adds"


def _spent(rows: Sequence[Row]) -> _Sum:
    return _Sum(sum(row.params for row in rows), sum(row.macs for row in rows))
