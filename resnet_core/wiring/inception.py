"""GoogLeNet, Szegedy et al. 2015, arXiv:1409.4842: four branches, one behind the other.

torchvision ships another net under that name: batch norm in place of local response normalisation and biases, and a
3×3 where the paper has its 5×5.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..algebra import Block, Op, Ops, Path, Plan, Run, Stage, chain
from ..spec import USUAL_SIZE, ArchSpec
from .wiring import UNLIMITED, Wiring, classifier, only


class Module(NamedTuple):
    """Widths of one inception module, as in Table 1: 1×1; reduced, 3×3; reduced, 5×5; behind the pooling."""

    name: str
    one: int
    reduce3: int
    three: int
    reduce5: int
    five: int
    pool: int


STAGES = (
    ("inception 3", (Module("3a", 64, 96, 128, 16, 32, 32), Module("3b", 128, 128, 192, 32, 96, 64))),
    (
        "inception 4",
        (
            Module("4a", 192, 96, 208, 16, 48, 64),
            Module("4b", 160, 112, 224, 24, 64, 64),
            Module("4c", 128, 128, 256, 24, 64, 64),
            Module("4d", 112, 144, 288, 32, 64, 64),
            Module("4e", 256, 160, 320, 32, 128, 128),
        ),
    ),
    ("inception 5", (Module("5a", 256, 160, 320, 32, 128, 128), Module("5b", 384, 192, 384, 48, 128, 128))),
)
AUXILIARY = {"4a": "aux1", "4d": "aux2"}
AUX_SIDE, AUX_WIDTH = 4, 1024
EPS = 1e-3  # of torchvision's BN, in its BasicConv2d
PUBLISHED_SIZES = (223, 270)  # of pictures whose maps the published auxiliary heads pool to 4×4


def _conv(spec: ArchSpec, name: str, c: int, out: int, kernel: int, stride: int = 1) -> Ops:
    published = spec.release == "paper"
    conv = Op("conv", f"{name}.conv", c, out, kernel, stride, kernel // 2, bias=published)
    relu = Op("relu", f"{name}.relu", out, out, inplace=True)
    return (conv, relu) if published else (conv, Op("bn", f"{name}.bn", out, out, eps=EPS), relu)


def _pool(spec: ArchSpec, name: str, c: int, kernel: int = 3) -> Op:
    return Op("maxpool", name, c, c, kernel, 2, ceil=True)


def _module(spec: ArchSpec, of: Module, c: int) -> Block:
    large = 5 if spec.release == "paper" else 3
    return Block(
        (
            Path("branch", _conv(spec, "branch1", c, of.one, 1)),
            Path(
                "branch",
                (*_conv(spec, "branch2.0", c, of.reduce3, 1), *_conv(spec, "branch2.1", of.reduce3, of.three, 3)),
            ),
            Path(
                "branch",
                (*_conv(spec, "branch3.0", c, of.reduce5, 1), *_conv(spec, "branch3.1", of.reduce5, of.five, large)),
            ),
            Path(
                "branch",
                (Op("maxpool", "branch4.0", c, c, 3, 1, 1, ceil=True), *_conv(spec, "branch4.1", c, of.pool, 1)),
            ),
        ),
        "concat",
    )


def _auxiliary(spec: ArchSpec, c: int) -> Block:
    published = spec.release == "paper"
    features = 128 * AUX_SIDE**2
    ops = (
        Op("avgpool", "pool", c, c, 5, 3) if published else Op("adaptivepool", "pool", c, c, to=AUX_SIDE),
        *_conv(spec, "conv", c, 128, 1),
        Op("flatten", "flatten", features, features),
        Op("linear", "fc1", features, AUX_WIDTH, bias=True),
        Op("relu", "relu", AUX_WIDTH, AUX_WIDTH, inplace=True),
        Op("dropout", "dropout", AUX_WIDTH, AUX_WIDTH, factor=0.7),
        Op("linear", "fc2", AUX_WIDTH, spec.classes, bias=True),
    )
    return Block((Path("shortcut"), Path("branch", ops)), "aside")


def _plan(spec: ArchSpec) -> Plan:
    norms = [Op("lrn", f"norm{i}", c, c, kernel=5) for i, c in ((1, 64), (2, 192))] if spec.release == "paper" else []
    stages = [
        Stage("conv1", (chain(*_conv(spec, "conv1", 3, 64, 7, 2), _pool(spec, "maxpool1", 64), *norms[:1]),)),
        Stage(
            "conv2",
            (
                chain(
                    *_conv(spec, "conv2", 64, 64, 1),
                    *_conv(spec, "conv3", 64, 192, 3),
                    *norms[1:],
                    _pool(spec, "maxpool2", 192),
                ),
            ),
        ),
    ]
    c = 192
    for number, (title, modules) in enumerate(STAGES, start=3):
        runs: list[Run] = []
        for module in modules:
            runs.append(Run(_module(spec, module, c), (f"inception{module.name}",)))
            c = module.one + module.three + module.five + module.pool
            if spec.aux and module.name in AUXILIARY:
                runs.append(Run(_auxiliary(spec, c), (AUXILIARY[module.name],)))
        if number < 5:
            kernel = 2 if number == 4 and spec.release == "torchvision" else 3
            runs.append(chain(_pool(spec, f"maxpool{number}", c, kernel)))
        stages.append(Stage(title, tuple(runs)))
    share = 0.4 if spec.release == "paper" else 0.2
    stages.append(classifier(c, spec.classes, drop=Op("dropout", "dropout", c, c, factor=share)))
    return Plan(tuple(stages))


def _least(spec: ArchSpec) -> int:
    if spec.release == "torchvision":
        return 15
    return PUBLISHED_SIZES[0] if spec.aux else 31  # where one cell is left for the last pooling


def _most(spec: ArchSpec) -> int:
    return PUBLISHED_SIZES[1] if spec.aux and spec.release == "paper" else UNLIMITED


def _follows(spec: ArchSpec, choices: Mapping[str, Any]) -> Mapping[str, Any]:
    """The published heads and a size that they cannot read: whichever was not asked for gives way."""
    heads = choices.get("aux", spec.aux) and choices.get("release", spec.release) == "paper"
    if heads and "size" in choices:
        return {"aux": _fit(choices["size"])}
    return {"size": USUAL_SIZE} if heads and not _fit(spec.size) else {}


def _fit(size: object) -> bool:
    return isinstance(size, tuple) and all(PUBLISHED_SIZES[0] <= n <= PUBLISHED_SIZES[1] for n in size)


def _title(spec: ArchSpec) -> str:
    release = "" if spec.release == "paper" else " of torchvision"
    return f"GoogLeNet{release}{' with auxiliary heads' if spec.aux else ''}"


GOOGLENET = Wiring(
    kind="GoogLeNet",
    choices=frozenset(["release", "aux", "classes", "size"]),
    plan=_plan,
    title=_title,
    layers=lambda spec: 22,
    formula=lambda spec: "3 + 2·9 + 1",
    depths=lambda spec, layers: only(spec, layers, 22),
    least=_least,
    most=_most,
    follows=_follows,
)
