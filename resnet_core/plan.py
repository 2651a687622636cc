"""Spec -> stages of blocks of ops: the only place that knows how a network is wired.

A block is paths that leave one point and meet at another: post(join(path(pre(x)) for each path)).
Identical blocks stand once, in a `Run` with the names of its repetitions, so 1202 layers cost no more than 20.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .spec import BLOCKS, STEMS, ArchSpec

Role = Literal["residual", "shortcut", "gate", "branch"]
Join = Literal["add", "none"]


class Op(NamedTuple):
    """One operation. `name` is local to its block and, for ops with parameters, torchvision's.

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


Ops = tuple[Op, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a block. No items: the identity. An item may itself be a block."""

    role: Role
    items: "tuple[Op | Block, ...]" = ()


@dataclass(frozen=True, slots=True)
class Block:
    """post(join(path(pre(x)) for each path)). Families differ only in the parts."""

    paths: tuple[Path, ...]
    join: Join = "none"
    pre: Ops = ()
    post: Ops = ()
    survival: float = 1.0
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


class Order(NamedTuple):
    """Where BN and ReLU stand: before each convolution, after it, after the last one, after the meeting."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    last: tuple[str, ...]
    post: tuple[str, ...]


ORDERS = {
    "post": Order((), ("bn", "relu"), ("bn",), ("relu",)),  # He 2015, Fig. 2; He 2016, Fig. 4 (a)
    "pre": Order(("bn", "relu"), (), (), ()),  # He 2016, Fig. 4 (e)
}


def plan(spec: ArchSpec) -> Plan:
    """The wiring of a network; sizes play no part in it."""
    c_stem = spec.width
    stem = STEMS[spec.stem]
    first: list[Op] = [
        Op("conv", "conv1", 3, c_stem, stem.kernel, stem.stride, stem.kernel // 2),
        Op("bn", "bn1", c_stem, c_stem),
        Op("relu", "relu", c_stem, c_stem, inplace=True),
    ]
    stages = [Stage("conv1", (_chain(first),))]
    c_in = c_stem
    for i, (depth, stride) in enumerate(zip(spec.depths, spec.stage_strides, strict=True)):
        runs: list[Run] = []
        if i == 0 and stem.pool:  # Table 1 of He 2015 lists the max-pool with conv2_x
            runs.append(_chain([Op("maxpool", "maxpool", c_stem, c_stem, 3, 2, 1)]))
        width = spec.width * 2**i
        names = tuple(f"layer{i + 1}.{b}" for b in range(depth))
        # The first pre-activation block needs no BN-ReLU of its own: the stem's stands "right after conv1 and
        # before splitting into two paths" (He 2016, appendix).
        head = _block(spec, c_in, width, stride, activated=i == 0 and spec.order == "pre")
        c_in = width * BLOCKS[spec.block].expansion
        tail = _block(spec, c_in, width, 1)
        if head == tail:
            runs.append(Run(head, names))
        else:
            runs.append(Run(head, names[:1]))
            if names[1:]:
                runs.append(Run(tail, names[1:]))
        title = f"conv{i + 2}_x" if spec.stem == "imagenet" else f"stage {i + 1}"
        stages.append(Stage(title, tuple(runs)))
    last: list[Op] = []
    if spec.order == "pre":  # "an extra activation right after its element-wise addition" (He 2016, appendix)
        last += [Op("bn", "bn_last", c_in, c_in), Op("relu", "relu_last", c_in, c_in, inplace=True)]
    last += [
        Op("avgpool", "avgpool", c_in, c_in),
        Op("flatten", "flatten", c_in, c_in),
        Op("linear", "fc", c_in, spec.classes, bias=True),
    ]
    stages.append(Stage("classifier", (_chain(last),)))
    return Plan(tuple(stages))


def _chain(ops: list[Op]) -> Run:
    return Run(Block((Path("branch", tuple(ops)),)))


def _block(spec: ArchSpec, c_in: int, width: int, stride: int, activated: bool = False) -> Block:
    """One residual (or plain) block; `activated` when BN and ReLU already stand right before it."""
    order, shape = ORDERS[spec.order], BLOCKS[spec.block]
    kernels = shape.kernels
    c_out = width * shape.expansion
    strided = kernels.index(3) if spec.stride_on == "3x3" else 0
    shortcut = _shortcut(spec, c_in, c_out, stride)
    path: list[Op] = []
    c = c_in
    for i, kernel in enumerate(kernels):
        is_last = i == len(kernels) - 1
        out = c_out if is_last else width
        if i > 0 or not activated:
            path += _activations(order.before, c, i + 1)
        path.append(Op("conv", f"conv{i + 1}", c, out, kernel, stride if i == strided else 1, kernel // 2))
        path += _activations(order.last if is_last else order.after, out, i + 1)
        c = out
    pre: Ops = ()
    if shortcut and shortcut[0].kind == "conv" and not activated:
        pre, path = tuple(path[: len(order.before)]), path[len(order.before) :]
    post = tuple(Op(kind, kind, c_out, c_out, inplace=True) for kind in order.post)
    if spec.family == "plain":
        return Block((Path("branch", tuple(path)),), "none", pre, post)
    return Block((Path("residual", tuple(path)), Path("shortcut", shortcut)), "add", pre, post)


def _activations(kinds: tuple[str, ...], channels: int, number: int) -> list[Op]:
    # in place: a ReLU of the tables above always follows a BN, whose output nobody else holds
    return [Op(kind, f"{kind}{number}", channels, channels, inplace=kind == "relu") for kind in kinds]


def _shortcut(spec: ArchSpec, c_in: int, c_out: int, stride: int) -> Ops:
    """The ops of the shortcut path, options A, B and C of He 2015, section 3.3; none for the identity."""
    changes = stride != 1 or c_in != c_out
    if spec.shortcut == "C" or (spec.shortcut == "B" and changes):
        projection = Op("conv", "downsample.0", c_in, c_out, 1, stride)
        # a pre-activation block has its BN in front (He 2016, Fig. 4 e)
        return (projection,) if spec.order == "pre" else (projection, Op("bn", "downsample.1", c_out, c_out))
    if spec.shortcut == "A" and changes:
        return (Op("zeropad", "shortcut", c_in, c_out, stride=stride),)
    return ()
