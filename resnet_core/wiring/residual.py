"""ResNet, plain nets, ResNeXt, Wide ResNet, pre-activation, stochastic depth: everything of residual units."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

from ..algebra import Block, Op, Ops, Path, Plan, Run, Stage, chain, folded
from ..spec import BLOCKS, MOST_BLOCKS, STEMS, ArchSpec, SpecError, either
from .wiring import Wiring, classifier, settle, summed

STAGE_LISTS: Mapping[tuple[str, int], tuple[int, ...]] = MappingProxyType(
    {
        ("basic", 18): (2, 2, 2, 2),
        ("basic", 34): (3, 4, 6, 3),
        ("bottleneck", 50): (3, 4, 6, 3),
        ("bottleneck", 101): (3, 4, 23, 3),
        ("bottleneck", 152): (3, 8, 36, 3),
        ("bottleneck", 200): (3, 24, 36, 3),  # He 2016, section 5
    }
)
"""Blocks per stage of the ImageNet nets: He 2015, Table 1, and He 2016 for 200 layers."""

CIFAR_STAGES = 3
GATED = ("exclusive-gating", "shortcut-gating")
MOST_PATHS = 2200  # in a whole network: ResNeXt-101 (64×4d) has 2,112, and each is seven rows of memory
SCALE = 0.5  # constant scaling and dropout of He 2016, section 3.1


Items = tuple[Op | Block, ...]


class Order(NamedTuple):
    """Where BN and ReLU stand: before each convolution, after it, after the last one, after the meeting."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    last: tuple[str, ...]
    post: tuple[str, ...]


ORDERS: Mapping[str, Order] = MappingProxyType(
    {  # He 2016, Fig. 4, (a) to (e)
        "post": Order((), ("bn", "relu"), ("bn",), ("relu",)),
        "bn-after-add": Order((), ("bn", "relu"), (), ("bn", "relu")),
        "relu-before-add": Order((), ("bn", "relu"), ("bn", "relu"), ()),
        "relu-only-pre": Order(("relu",), ("bn",), ("bn",), ()),
        "pre": Order(("bn", "relu"), (), (), ()),
    }
)


def depths_of_spec(spec: ArchSpec, layers: int) -> tuple[int, ...]:
    """As `depths_of`, for the block and the stem of a spec."""
    return depths_of(layers, spec.block, spec.stem)


def depths_of(layers: int, block: str, stem: str) -> tuple[int, ...]:
    """Blocks per stage for a depth of the papers: 6n+2 or 9n+2 on CIFAR, the stage lists on ImageNet.

    Raises SpecError, naming the nearest depths that exist.
    """
    if stem == "imagenet":
        if (block, layers) not in STAGE_LISTS:
            raise not_listed(layers, (block,))
        return STAGE_LISTS[block, layers]
    step = CIFAR_STAGES * len(BLOCKS[block].kernels)
    n, rest = divmod(layers - 2, step)
    most = MOST_BLOCKS // CIFAR_STAGES
    if rest or not 1 <= n <= most:
        nearest = sorted({2 + step * min(max(nearby, 1), most) for nearby in (n, n + 1)})
        raise SpecError(
            f"{layers} layers is not {step}n+2 with n from 1 to {most}, the depth of a CIFAR net of {block} blocks: "
            f"choose {either(nearest)}."
        )
    return (n,) * CIFAR_STAGES


def not_listed(layers: int, blocks: Iterable[str]) -> SpecError:
    """The refusal of a depth that the papers do not list for ImageNet nets of these blocks."""
    blocks = tuple(blocks)
    known = [depth for kind, depth in STAGE_LISTS if kind in blocks]
    others = [f"block={kind}" for kind, depth in STAGE_LISTS if depth == layers and kind not in blocks]
    return SpecError(
        f"{layers} layers is not in the papers' lists for {either(blocks)} blocks: "
        f"choose {either([*known, *others])}, or give the blocks of each stage, such as depths=3-4-6-3."
    )


def stage_strides(spec: ArchSpec) -> tuple[int, ...]:
    """The stride at the entry of each stage: 1, then 2 each time."""
    return (1,) + (2,) * (len(spec.depths) - 1)


def total_stride(spec: ArchSpec) -> int:
    """Pixels of the input per cell of the last map."""
    return STEMS[spec.stem].total_stride * prod(stage_strides(spec))


def survivals(spec: ArchSpec) -> tuple[float, ...]:
    """The probability of each block to take part in a step of training: Huang 2016, eq. 4, linear decay to p_L."""
    blocks = sum(spec.depths)
    return tuple(1 - number / blocks * (1 - spec.survival) for number in range(1, blocks + 1))


def expected_depth(spec: ArchSpec) -> Fraction:
    """How many blocks take part in a step of training, on average: the sum of `survivals`, exactly."""
    blocks = sum(spec.depths)
    return blocks - (1 - Fraction(str(spec.survival))) * Fraction(blocks + 1, 2)


def projections(spec: ArchSpec) -> int:
    """How many shortcuts are projections."""
    return sum(
        len(run.names)
        for stage in _plan(spec).stages
        for run in stage.runs
        for path in run.block.paths
        if path.role == "shortcut" and any(isinstance(item, Op) and item.kind == "conv" for item in path.items)
    )


def _check(spec: ArchSpec) -> None:
    if spec.family == "plain" and spec.shortcut != "none":
        raise SpecError(
            f"A plain net has no shortcuts, so option {spec.shortcut} says nothing there: "
            "take a ResNet, or shortcut=none."
        )
    if spec.shortcut == "none":  # the same network, so the same spec
        settle(spec, family="plain")
    if spec.block == "basic":
        if spec.stride_on != "1x1":
            raise SpecError(
                "stride_on chooses between the convolutions of a bottleneck, and a basic block has its stride "
                "in the first 3×3: take block=bottleneck, or stride_on=1x1."
            )
        if spec.groups != 1 or spec.group_width not in (None, spec.width * spec.widen):
            raise SpecError(
                "Grouped or widened convolutions need a third one to widen again (Xie 2017, section 3.3), and a basic "
                "block has two: take block=bottleneck, or leave groups and group_width out."
            )
    if spec.groups == 1:
        settle(spec, form="c")
        if spec.group_width == spec.width * spec.widen:
            settle(spec, group_width=None)
    elif spec.group_width is None:
        raise SpecError(f"{spec.groups} groups need a width each: give group_width, such as 4.")
    if spec.form != "c" and spec.groups * sum(spec.depths) > MOST_PATHS:
        raise SpecError(
            f"Form {spec.form} draws every one of {spec.groups * sum(spec.depths):,} paths: take form=c, or fewer "
            "groups."
        )
    if spec.survival == 1:
        settle(spec, survival_rule="paper")
    elif spec.skip in GATED:
        raise SpecError(
            "No paper says what a gate does while stochastic depth drops its block: take survival=1, or skip=identity."
        )
    if spec.skip not in GATED:
        settle(spec, gate_bias=-6.0)


def _follows(spec: ArchSpec, choices: Mapping[str, Any]) -> Mapping[str, Any]:
    brought: dict[str, Any] = {}
    if choices.get("block") == "basic":
        brought |= {"stride_on": "1x1", "groups": 1, "group_width": None, "form": "c"}
    groups = choices.get("groups", spec.groups)
    if groups == 1 != spec.groups:
        brought |= {"group_width": None}
    elif groups > 1 and spec.group_width is None:
        brought |= {"group_width": max(1, spec.width // groups)}
    if groups * sum(choices.get("depths", spec.depths)) > MOST_PATHS:
        brought |= {"form": "c"}
    if choices.get("shortcut") == "none":
        brought |= {"family": "plain", "skip": "identity", "survival": 1.0}
    elif "shortcut" in choices:
        brought |= {"family": "resnet"}
    if choices.get("skip") in GATED:
        brought |= {"survival": 1.0}
    elif choices.get("survival", 1) < 1 and spec.skip in GATED:
        brought |= {"skip": "identity"}
    return brought


def _title(spec: ArchSpec) -> str:
    dataset = "CIFAR " if spec.stem == "cifar" and len(spec.depths) == CIFAR_STAGES else ""
    if spec.widen > 1:
        name = (
            f"WRN-{spec.layers + len(spec.depths) - 1}-{spec.widen}"  # their 28 count three projections, no classifier
        )
        return f"{dataset}{name}"
    wide = (spec.group_width or 0) // spec.width if spec.groups == 1 else 0
    if spec.family == "plain":
        name = f"Plain-{spec.layers}"
    elif spec.groups > 1:
        name = f"ResNeXt-{spec.layers} ({spec.groups}×{spec.group_width}d)"
    elif wide > 1 and spec.group_width == wide * spec.width:
        name = f"Wide ResNet-{spec.layers}-{wide}"
    else:
        version = " v1.5" if spec.stride_on == "3x3" and spec.order != "pre" else ""
        name = f"ResNet-{spec.layers}{version}"
    order = {"pre": " v2", "post": ""}.get(
        spec.order, f", {spec.order.replace('-', ' ').replace('bn', 'BN').replace('relu', 'ReLU')}"
    )
    skip = "" if spec.skip == "identity" else f", {spec.skip.replace('-', ' ')}"
    depth = " with stochastic depth" if spec.survival < 1 else ""
    return f"{dataset}{name}{order}{skip}{depth}"


def _plan(spec: ArchSpec) -> Plan:
    c_stem = spec.width
    stem = STEMS[spec.stem]
    order = ORDERS[spec.order]
    first = chain(
        Op("conv", "conv1", 3, c_stem, stem.kernel, stem.stride, stem.kernel // 2),
        Op("bn", "bn1", c_stem, c_stem),
        Op("relu", "relu", c_stem, c_stem, inplace=True),
    )
    stages = [Stage("conv1", (first,))]
    c_in = c_stem
    alive = iter(survivals(spec))
    for i, (depth, stride) in enumerate(zip(spec.depths, stage_strides(spec), strict=True)):
        runs: list[Run] = []
        if i == 0 and stem.pool:  # Table 1 of He 2015 lists the max-pool with conv2_x
            runs.append(chain(Op("maxpool", "maxpool", c_stem, c_stem, 3, 2, 1)))
        width = spec.width * spec.widen * 2**i
        # The first pre-activation block needs no BN-ReLU of its own: the stem's stands "right after conv1 and
        # before splitting into two paths" (He 2016, appendix).
        head = _block(spec, i, c_in, stride, activated=i == 0 and bool(order.before))
        c_in = width * BLOCKS[spec.block].expansion
        tail = _block(spec, i, c_in, 1)
        blocks = [(f"layer{i + 1}.{b}", tail if b else head) for b in range(depth)]
        if spec.survival < 1:
            inverted = spec.survival_rule == "inverted"
            blocks = [(name, replace(block, survival=next(alive), inverted=inverted)) for name, block in blocks]
        runs += folded(blocks)
        title = f"conv{i + 2}_x" if spec.stem == "imagenet" else f"stage {i + 1}"
        stages.append(Stage(title, tuple(runs)))
    # "an extra activation right after its element-wise addition" (He 2016, appendix)
    last = [Op(kind, f"{kind}_last", c_in, c_in, inplace=kind == "relu") for kind in order.before]
    stages.append(classifier(c_in, spec.classes, *last))
    return Plan(tuple(stages))


def _block(spec: ArchSpec, stage: int, c_in: int, stride: int, activated: bool = False) -> Block:
    """One residual (or plain) block; `activated` when BN and ReLU already stand right before it."""
    order, shape = ORDERS[spec.order], BLOCKS[spec.block]
    kernels = shape.kernels
    width = spec.width * spec.widen * 2**stage
    inner = (spec.group_width * 2**stage * spec.groups) if spec.group_width else width
    c_out = width * shape.expansion
    strided = kernels.index(3) if spec.stride_on == "3x3" else 0
    path: list[Op] = []
    c = c_in
    for i, kernel in enumerate(kernels):
        is_last = i == len(kernels) - 1
        out = c_out if is_last else inner
        if i > 0 or not activated:
            path += _activations(order.before, c, i + 1, fresh=i > 0)
        grouped = spec.groups if kernel == 3 else 1
        path.append(Op("conv", f"conv{i + 1}", c, out, kernel, stride if i == strided else 1, kernel // 2, grouped))
        path += _activations(order.last if is_last else order.after, out, i + 1)
        c = out
    shortcut = _shortcut(spec, c_in, c_out, stride)
    pre: Ops = ()
    if "bn" in order.before and shortcut and shortcut[0].kind == "conv" and not activated:
        pre, path = tuple(path[: len(order.before)]), path[len(order.before) :]
    post = tuple(Op(kind, kind, c_out, c_out, inplace=kind == "relu") for kind in order.post)
    items = tuple(path) if spec.form == "c" else _paths(spec, path)
    if spec.family == "plain":
        return Block((Path("branch", items),), "none", pre, post)
    return _joined(spec, items, shortcut, c_in, c_out, stride, pre, post)


def _joined(
    spec: ArchSpec, items: Items, shortcut: Ops, c_in: int, c_out: int, stride: int, pre: Ops, post: Ops
) -> Block:
    """The residual path and the shortcut meet, as He 2016, Fig. 2 has it."""
    residual, around = Path("residual", items), Path("shortcut", shortcut)
    gate = Path(
        "gate",
        (
            Op("conv", "gate.0", c_in, c_out, 1, stride, bias=True, start=spec.gate_bias),
            Op("sigmoid", "gate.1", c_out, c_out, inplace=False),
        ),
    )
    if spec.skip == "exclusive-gating":
        return Block((residual, gate, around), "gate", pre, post)
    if spec.skip == "shortcut-gating":
        carried = Block((gate, around), "carry", name="carry")
        return Block((residual, Path("shortcut", (carried,))), "add", pre, post)
    if spec.skip == "scaling":
        halves = [Op("scale", name, c_out, c_out, factor=SCALE) for name in ("scale", "shortcut_scale")]
        residual, around = Path("residual", (*items, halves[0])), Path("shortcut", (*shortcut, halves[1]))
    if spec.skip == "dropout":
        around = Path("shortcut", (*shortcut, Op("dropout", "shortcut_dropout", c_out, c_out, factor=SCALE)))
    return Block((residual, around), "add", pre, post)


def _paths(spec: ArchSpec, path: list[Op]) -> Items:
    """The residual path as Xie 2017, Fig. 3 draws it: (a) as many paths as groups, added; (b) concatenated early."""
    numbers = {op.name: i for i, op in enumerate(path)}
    begin, end = numbers["conv1"], numbers["conv3"]
    before = spec.order == "pre"
    split = end - len(ORDERS[spec.order].before) if before else end
    inside = path[begin : end + 1] if spec.form == "a" else path[begin : split if before else end]
    after = path[end + 1 :] if spec.form == "a" else path[split if before else end :]
    paths = tuple(Path("branch", tuple(_share(op, spec.groups, str(i)) for op in inside)) for i in range(spec.groups))
    return (*path[:begin], Block(paths, "add" if spec.form == "a" else "concat", name="branches"), *after)


def _share(op: Op, groups: int, name: str) -> Op:
    """What one of the paths has of an op: all of the block's input and output, its share of what lies between."""
    whole_in, whole_out = op.name == "conv1", op.name == "conv3"
    return op._replace(
        name=f"{name}.{op.name}",
        c_in=op.c_in if whole_in else op.c_in // groups,
        c_out=op.c_out if whole_out else op.c_out // groups,
        groups=1,
    )


def _activations(kinds: tuple[str, ...], channels: int, number: int, fresh: bool = True) -> list[Op]:
    # in place where it follows something of this path's own, whose output nobody else holds
    return [
        Op(kind, f"{kind}{number}", channels, channels, inplace=kind == "relu" and (fresh or "bn" in kinds))
        for kind in kinds
    ]


def _shortcut(spec: ArchSpec, c_in: int, c_out: int, stride: int) -> Ops:
    """The ops of the shortcut path, options A, B and C of He 2015, section 3.3; none for the identity."""
    changes = stride != 1 or c_in != c_out
    if spec.shortcut == "C" or (spec.shortcut == "B" and changes):
        projection = Op("conv", "downsample.0", c_in, c_out, 1, stride)
        # BN follows it where BN follows the path's last convolution; a pre-activation block has its BN in front
        follows = "bn" in ORDERS[spec.order].last
        return (projection, Op("bn", "downsample.1", c_out, c_out)) if follows else (projection,)
    if spec.shortcut == "A" and changes:
        return (Op("zeropad", "shortcut", c_in, c_out, stride=stride),)
    if spec.shortcut == "pool" and changes:  # Huang 2016, section 4: average pooling and zero padding
        pool = (Op("avgpool", "shortcut.0", c_in, c_in, stride, stride, ceil=True),) if stride > 1 else ()
        pad = (Op("zeropad", "shortcut.1", c_in, c_out),) if c_in != c_out else ()
        return (*pool, *pad)
    return ()


_CHOICES = frozenset(
    {
        *("stem", "block", "depths", "shortcut", "stride_on", "order", "width", "widen"),
        *("groups", "group_width", "form", "classes", "size"),
    }
)
RESNET = Wiring(
    kind="residual net",
    choices=_CHOICES | {"skip", "survival", "survival_rule", "gate_bias"},
    plan=_plan,
    title=_title,
    layers=lambda spec: 2 + len(BLOCKS[spec.block].kernels) * sum(spec.depths),
    formula=lambda spec: f"1 + {len(BLOCKS[spec.block].kernels)}·{summed(spec.depths)} + 1",
    depths=depths_of_spec,
    least=total_stride,
    check=_check,
    follows=_follows,
)
PLAIN = RESNET._replace(kind="plain net", choices=_CHOICES)
