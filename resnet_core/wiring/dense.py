"""DenseNet, Huang et al. 2017, arXiv:1608.06993: every layer's output is put behind its input."""

from collections.abc import Mapping
from types import MappingProxyType

from ..algebra import Block, Op, Path, Plan, Run, Stage, chain
from ..spec import ArchSpec, SpecError, either
from .wiring import Wiring, classifier, summed

CONVOLUTIONS = {"basic": 1, "bottleneck": 2}  # of one layer: DenseNet, DenseNet-B
BOTTLENECK = 4  # "we let each 1×1 convolution produce 4k feature maps", section 3
STAGE_LISTS: Mapping[int, tuple[int, ...]] = MappingProxyType(
    {  # Table 1; 161 has k=48, and stands in the first edition
        121: (6, 12, 24, 16),
        169: (6, 12, 32, 32),
        201: (6, 12, 48, 32),
        264: (6, 12, 64, 48),
        161: (6, 12, 36, 24),
    }
)
CIFAR_STAGES = 3


def _layers(spec: ArchSpec) -> int:
    return 1 + CONVOLUTIONS[spec.block] * sum(spec.depths) + len(spec.depths)


def _formula(spec: ArchSpec) -> str:
    return f"1 + {CONVOLUTIONS[spec.block]}·{summed(spec.depths)} + {len(spec.depths) - 1} + 1"


def depths_of(spec: ArchSpec, layers: int) -> tuple[int, ...]:
    """Layers per dense block for a depth of the paper. Raises SpecError, naming what exists."""
    if spec.stem == "imagenet":
        if layers not in STAGE_LISTS:
            raise SpecError(
                f"{layers} layers is not in the paper's list: choose {either(sorted(STAGE_LISTS))}, "
                "or give the layers of each dense block, such as depths=6-12-24-16."
            )
        return STAGE_LISTS[layers]
    step = CIFAR_STAGES * CONVOLUTIONS[spec.block]
    n, rest = divmod(layers - CIFAR_STAGES - 1, step)
    if rest or n < 1:
        nearest = [CIFAR_STAGES + 1 + step * max(nearby, 1) for nearby in (n, n + 1)]
        raise SpecError(
            f"{layers} layers is not {step}n+{CIFAR_STAGES + 1}, the depth of a CIFAR DenseNet of {spec.block} layers: "
            f"choose {either(sorted(set(nearest)))}."
        )
    return (n,) * CIFAR_STAGES


def _title(spec: ArchSpec) -> str:
    if spec.stem == "imagenet":
        named = {depths: layers for layers, depths in STAGE_LISTS.items()}
        return f"DenseNet-{named.get(spec.depths, _layers(spec))}"  # the paper's 264 has 265 by its own table
    letters = ("B" if spec.block == "bottleneck" else "") + ("C" if spec.compression < 1 else "")
    return f"CIFAR DenseNet{'-' if letters else ''}{letters}-{_layers(spec)} (k={spec.growth})"


def _least(spec: ArchSpec) -> int:
    halved: int = 2 ** (len(spec.depths) - 1)  # each transition rounds down
    return 4 * (halved - 1) + 1 if spec.stem == "imagenet" else halved


def _plan(spec: ArchSpec) -> Plan:
    c, at = spec.width, "features."
    if spec.stem == "imagenet":
        stages = [
            Stage(
                "convolution",
                (chain(Op("conv", f"{at}conv0", 3, c, 7, 2, 3), *_norm_relu(f"{at}norm0", f"{at}relu0", c)),),
            ),
            Stage("pooling", (chain(Op("maxpool", f"{at}pool0", c, c, 3, 2, 1)),)),
        ]
    else:
        stages = [Stage("convolution", (chain(Op("conv", f"{at}conv0", 3, c, 3, 1, 1)),))]
    for i, depth in enumerate(spec.depths, start=1):
        runs = []
        for layer in range(1, depth + 1):
            runs.append(Run(_layer(spec, c), (f"{at}denseblock{i}.denselayer{layer}",)))
            c += spec.growth
        stages.append(Stage(f"dense block {i}", tuple(runs)))
        if i < len(spec.depths):
            out = max(1, int(c * spec.compression))
            stages.append(Stage(f"transition {i}", (_transition(f"{at}transition{i}", c, out),)))
            c = out
    last = f"{at}norm{len(spec.depths) + 1}"
    stages.append(classifier(c, spec.classes, *_norm_relu(last, last.replace("norm", "relu"), c), name="classifier"))
    return Plan(tuple(stages))


def _norm_relu(norm: str, relu: str, channels: int) -> tuple[Op, Op]:
    return Op("bn", norm, channels, channels), Op("relu", relu, channels, channels, inplace=True)


def _layer(spec: ArchSpec, c: int) -> Block:
    """BN, ReLU, convolution, as often as there are convolutions; its output behind what came in."""
    k, wide = spec.growth, BOTTLENECK * spec.growth
    ops = list(_norm_relu("norm1", "relu1", c))
    if spec.block == "bottleneck":
        ops += [
            Op("conv", "conv1", c, wide, 1),
            *_norm_relu("norm2", "relu2", wide),
            Op("conv", "conv2", wide, k, 3, 1, 1),
        ]
    else:
        ops.append(Op("conv", "conv1", c, k, 3, 1, 1))
    return Block((Path("shortcut"), Path("residual", tuple(ops))), "concat")


def _transition(name: str, c: int, out: int) -> Run:
    ops = (*_norm_relu("norm", "relu", c), Op("conv", "conv", c, out, 1), Op("avgpool", "pool", out, out, 2, 2))
    return Run(Block((Path("branch", ops),)), (name,))


DENSENET = Wiring(
    kind="DenseNet",
    choices=frozenset(["stem", "block", "depths", "growth", "compression", "width", "classes", "size"]),
    plan=_plan,
    title=_title,
    layers=_layers,
    formula=_formula,
    depths=depths_of,
    least=_least,
)
