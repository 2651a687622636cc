"""The ancestors without branches: LeNet-5, AlexNet, VGG."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..algebra import Block, Op, Path, Plan, Run, Stage, chain
from ..spec import USUAL_SIZE, ArchSpec, SpecError, either
from .wiring import UNLIMITED, Wiring, only, summed

# LeNet-5: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", section II.B

TABLE = (  # which maps of S2 each map of C3 sees, Table I
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)
LENET_SIZE = 32


def _lenet(spec: ArchSpec) -> Plan:
    c3 = Block(
        tuple(
            Path(
                "branch",
                (
                    Op("select", f"{i}.select", 6, len(maps), picked=maps),
                    Op("conv", f"{i}.conv", len(maps), 1, 5, bias=True),
                ),
            )
            for i, maps in enumerate(TABLE)
        ),
        "concat",
    )
    return Plan(
        (
            Stage("C1", (chain(Op("conv", "c1", 1, 6, 5, bias=True), _tanh("c1_tanh", 6)),)),
            Stage("S2", (_subsampled("s2", 6),)),
            Stage("C3", (Run(c3, ("c3",)), chain(_tanh("c3_tanh", 16)))),
            Stage("S4", (_subsampled("s4", 16),)),
            Stage("C5", (chain(Op("conv", "c5", 16, 120, 5, bias=True), _tanh("c5_tanh", 120)),)),
            Stage(
                "F6",
                (
                    chain(
                        Op("flatten", "flatten", 120, 120),
                        Op("linear", "f6", 120, 84, bias=True),
                        _tanh("f6_tanh", 84),
                    ),
                ),
            ),
            Stage("output", (chain(Op("rbf", "output", 84, spec.classes)),)),
        ),
        channels=1,
    )


def _tanh(name: str, channels: int) -> Op:
    return Op("tanh", name, channels, channels)


def _subsampled(name: str, c: int) -> Run:
    """The mean of four, times a coefficient, plus a bias: two numbers a map are learned."""
    return chain(
        Op("avgpool", f"{name}_pool", c, c, 2, 2),
        Op("conv", name, c, c, 1, groups=c, bias=True),
        _tanh(f"{name}_tanh", c),
    )


LENET = Wiring(
    kind="LeNet-5",
    choices=frozenset({"classes", "size"}),
    plan=_lenet,
    title=lambda spec: "LeNet-5",
    layers=lambda spec: 7,
    formula=lambda spec: "2·2 + 1 + 1 + 1",
    depths=lambda spec, layers: only(spec, layers, 7),
    least=lambda spec: LENET_SIZE,
    most=lambda spec: LENET_SIZE + 3,  # whose maps have the same sizes from S2 on
    channels=1,
)

# AlexNet: Krizhevsky, Sutskever, Hinton 2012; torchvision ships the one tower of Krizhevsky 2014, arXiv:1404.5997

ALEXNET_WIDTHS = {"paper": (96, 256, 384, 384, 256), "torchvision": (64, 192, 384, 256, 256)}
ALEXNET_KERNELS = ((11, 4, 2), (5, 1, 2), (3, 1, 1), (3, 1, 1), (3, 1, 1))
TOWERS = (2, 4, 5)  # convolutions that see only the maps of their own GPU, section 3.5
POOLED = (1, 2, 5)  # convolutions that a pooling follows
NORMALISED = (1, 2)  # section 3.3
ALEXNET_SIDE = 6
PUBLISHED_SIZES = (223, 254)  # of pictures whose last maps are 6×6


def _alexnet(spec: ArchSpec) -> Plan:
    published = spec.release == "paper"
    stages, c, layer = [], 3, 0

    def name(kind: str, number: int) -> str:
        nonlocal layer
        layer += 1
        return f"{kind}{number}" if published else f"features.{layer - 1}"

    for number, (out, (kernel, stride, padding)) in enumerate(
        zip(ALEXNET_WIDTHS[spec.release], ALEXNET_KERNELS, strict=True), start=1
    ):
        groups = spec.groups if number in TOWERS else 1
        ops = [
            Op("conv", name("conv", number), c, out, kernel, stride, padding, groups, bias=True),
            Op("relu", name("relu", number), out, out, inplace=True),
        ]
        if published and number in NORMALISED:
            ops.append(Op("lrn", name("norm", number), out, out, kernel=5))
        if number in POOLED:
            ops.append(Op("maxpool", name("pool", number), out, out, 3, 2))
        stages.append(Stage(f"conv{number}", (chain(*ops),)))
        c = out
    stages.append(Stage("classifier", (chain(*_alexnet_head(spec, c)),)))
    return Plan(tuple(stages))


def _alexnet_head(spec: ArchSpec, c: int) -> Iterator[Op]:
    features, wide = c * ALEXNET_SIDE**2, 4096
    if spec.release == "torchvision":
        yield Op("adaptivepool", "avgpool", c, c, to=ALEXNET_SIDE)
    yield Op("flatten", "flatten", features, features)
    if spec.release == "torchvision":  # drops before each of the two layers, the paper after
        yield Op("dropout", "classifier.0", features, features, factor=0.5)
        yield Op("linear", "classifier.1", features, wide, bias=True)
        yield Op("relu", "classifier.2", wide, wide, inplace=True)
        yield Op("dropout", "classifier.3", wide, wide, factor=0.5)
        yield Op("linear", "classifier.4", wide, wide, bias=True)
        yield Op("relu", "classifier.5", wide, wide, inplace=True)
        yield Op("linear", "classifier.6", wide, spec.classes, bias=True)
        return
    for number, c_in in ((6, features), (7, wide)):
        yield Op("linear", f"fc{number}", c_in, wide, bias=True)
        yield Op("relu", f"relu{number}", wide, wide, inplace=True)
        yield Op("dropout", f"drop{number}", wide, wide, factor=0.5)
    yield Op("linear", "fc8", wide, spec.classes, bias=True)


def _check_alexnet(spec: ArchSpec) -> None:
    if spec.groups not in (1, 2) or (spec.groups == 2 and spec.release == "torchvision"):
        raise SpecError("AlexNet has groups=2 as published, over two GPUs, or groups=1, one tower: choose one of them.")


def _alexnet_follows(spec: ArchSpec, choices: Mapping[str, Any]) -> Mapping[str, Any]:
    """The paper's net spans two GPUs and reads a few sizes, torchvision's has one tower and reads many."""
    release = choices.get("release", "paper" if choices.get("groups") == 2 else spec.release)
    if release == spec.release:
        return {}
    if release != "paper":
        return {"groups": 1}
    least, most = PUBLISHED_SIZES
    fits = all(least <= n <= most for n in spec.size)
    return {"release": release, "groups": 2} | ({} if fits else {"size": USUAL_SIZE})


def _alexnet_title(spec: ArchSpec) -> str:
    if spec.release == "torchvision":
        return "AlexNet of torchvision"
    return "AlexNet" if spec.groups == 2 else "AlexNet, one tower"


ALEXNET = Wiring(
    kind="AlexNet",
    choices=frozenset(["release", "groups", "classes", "size"]),
    plan=_alexnet,
    title=_alexnet_title,
    layers=lambda spec: 8,
    formula=lambda spec: "5 + 3",
    depths=lambda spec, layers: only(spec, layers, 8),
    least=lambda spec: 63 if spec.release == "torchvision" else PUBLISHED_SIZES[0],
    most=lambda spec: UNLIMITED if spec.release == "torchvision" else PUBLISHED_SIZES[1],
    check=_check_alexnet,
    follows=_alexnet_follows,
)

# VGG: Simonyan, Zisserman 2015, arXiv:1409.1556, Table 1

VGG_LISTS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
VGG_WIDEST = 8  # times the first stage
VGG_SIDE = 7


def _vgg(spec: ArchSpec) -> Plan:
    stages, c, layer = [], 3, 0
    for i, depth in enumerate(spec.depths):
        out = spec.width * min(2**i, VGG_WIDEST)
        ops = []
        for _ in range(depth):
            ops.append(Op("conv", f"features.{layer}", c, out, 3, 1, 1, bias=True))
            ops.append(Op("relu", f"features.{layer + 1}", out, out, inplace=True))
            c, layer = out, layer + 2
        ops.append(Op("maxpool", f"features.{layer}", c, c, 2, 2))
        layer += 1
        stages.append(Stage(f"conv{i + 1}_x", (chain(*ops),)))
    features, wide = c * VGG_SIDE**2, 4096
    stages.append(
        Stage(
            "classifier",
            (
                chain(
                    Op("adaptivepool", "avgpool", c, c, to=VGG_SIDE),  # changes nothing at 224×224
                    Op("flatten", "flatten", features, features),
                    Op("linear", "classifier.0", features, wide, bias=True),
                    Op("relu", "classifier.1", wide, wide, inplace=True),
                    Op("dropout", "classifier.2", wide, wide, factor=0.5),
                    Op("linear", "classifier.3", wide, wide, bias=True),
                    Op("relu", "classifier.4", wide, wide, inplace=True),
                    Op("dropout", "classifier.5", wide, wide, factor=0.5),
                    Op("linear", "classifier.6", wide, spec.classes, bias=True),
                ),
            ),
        )
    )
    return Plan(tuple(stages))


def _vgg_depths(spec: ArchSpec, layers: int) -> tuple[int, ...]:
    if layers not in VGG_LISTS:
        raise SpecError(
            f"{layers} layers is not in the paper's table: choose {either(VGG_LISTS)}, or give the convolutions of "
            "each stage, such as depths=2-2-3-3-3."
        )
    return VGG_LISTS[layers]


VGG = Wiring(
    kind="VGG net",
    choices=frozenset(["depths", "width", "classes", "size"]),
    plan=_vgg,
    title=lambda spec: f"VGG-{sum(spec.depths) + 3}",
    layers=lambda spec: sum(spec.depths) + 3,
    formula=lambda spec: f"{summed(spec.depths)} + 3",
    depths=_vgg_depths,
    least=lambda spec: 2 ** len(spec.depths),
)
