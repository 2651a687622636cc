"""The words of the block algebra: ops, paths, blocks, runs, stages. Every network of every family is said in them.

A block is paths that leave one point and meet at another: post(join(path(pre(x)) for each path)).
Identical blocks stand once, in a `Run` with the names of its repetitions, so 1202 layers cost no more than 20.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Literal, NamedTuple

Role = Literal["residual", "shortcut", "gate", "branch"]
Join = Literal["add", "concat", "gate", "carry", "aside", "none"]


class Op(NamedTuple):
    """One operation. `name` is local to its block and, for ops with parameters, torchvision's.

    `ceil`: a pool whose last window may reach over the edge. `to`: the side that an adaptive pool leaves. `factor`:
    what a scaling multiplies by, or the share that dropout drops. `start`: what a bias is at first. `picked`: the
    channels that a selection takes. `eps`: what BN adds to the variance, as torch does where nobody says otherwise.

    A tuple rather than a dataclass: a deep net has thousands, and analysis must take a millisecond.
    """

    kind: str
    name: str
    c_in: int
    c_out: int
    kernel: int = 0
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = False
    inplace: bool = False
    ceil: bool = False
    to: int = 1
    factor: float = 1.0
    start: float | None = None
    picked: tuple[int, ...] = ()
    eps: float = 1e-5


Ops = tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a block. No items: the identity. An item may itself be a block."""

    role: Role
    items: "tuple[Op | Block, ...]" = ()


@dataclass(frozen=True, slots=True)
class Block:
    """post(join(path(pre(x)) for each path)). Families differ only in the parts.

    `join` is how the paths meet. "add": their sum. "concat": one behind the other. "gate": T·H + (1−T)·x, of paths in
    the roles residual (H), gate (T) and shortcut (x). "carry": (1−T)·x, of gate and shortcut. "aside": the first goes
    on, the others end beside it. "none": there is only one. `survival` is the probability that the residual path
    takes part in a step of training; `inverted` divides by it then, rather than multiplying by it at test time.
    """

    paths: tuple[Path, ...]
    join: Join = "none"
    pre: Ops = ()
    post: Ops = ()
    survival: float = 1.0
    inverted: bool = False
    name: str = ""

    def ops(self) -> Iterator[Op]:
        """Every op, in the order in which they run (joins are not ops)."""
        yield from self.pre
        for path in self.paths:
            for item in path.items:
                if isinstance(item, Block):
                    yield from item.ops()
                else:
                    yield item
        yield from self.post


@dataclass(frozen=True, slots=True)
class Run:
    """Identical blocks one after the other; `names` are their module names, "" for ops of the network itself."""

    block: Block
    names: tuple[str, ...] = ("",)


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of the paper's table: what happens at one map size."""

    title: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole network, ready to be counted, drawn or built."""

    stages: tuple[Stage, ...]
    channels: int = 3

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Every block with its module name, repetitions unfolded."""
        for stage in self.stages:
            for run in stage.runs:
                for name in run.names:
                    yield name, run.block


def chain(*ops: Op) -> Run:
    """Ops of the network itself, one after the other."""
    return Run(Block((Path("branch", ops),)))


def folded(blocks: Iterable[tuple[str, Block]]) -> Iterator[Run]:
    """Named blocks as runs: identical neighbours stand once."""
    for block, same in groupby(blocks, key=lambda named: named[1]):
        yield Run(block, tuple(name for name, _ in same))


def depth(block: Block) -> int:
    """Weighted layers on the longest way through a block."""
    paths = block.paths[:1] if block.join == "aside" else block.paths
    return max(
        sum(depth(item) if isinstance(item, Block) else item.kind in WEIGHTED for item in path.items) for path in paths
    )


RESPONSE_NORM: Mapping[str, float] = MappingProxyType({"alpha": 5e-4, "beta": 0.75, "k": 2.0})
"""The constants of every "lrn", as torch takes them, which divides alpha by n: Krizhevsky 2012, section 3.3."""
WEIGHTED = frozenset({"conv", "linear", "rbf"})
"""Kinds that count as layers."""
