"""Architectures in words: titles, subtitles, and the cells of the papers' tables, computed from spec and plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from .algebra import Block, Op, Run, Stage, depth
from .codec import nearest
from .spec import STEMS, ArchSpec
from .zoo import ZOO, family_of

KIND: Mapping[str, str] = MappingProxyType(
    {
        "conv": "convolution",
        "bn": "batch norm",
        "relu": "ReLU",
        "sigmoid": "sigmoid",
        "tanh": "tanh",
        "lrn": "response norm",
        "dropout": "dropout",
        "scale": "scaling",
        "select": "selection of maps",
        "maxpool": "max pool",
        "avgpool": "average pool",
        "adaptivepool": "average pool",
        "flatten": "flatten",
        "linear": "fully connected",
        "zeropad": "zero padding",
        "rbf": "RBF units",
        "add": "addition",
        "concat": "concatenation",
        "gate": "gated sum",
        "carry": "gated shortcut",
    }
)
"""Kinds of ops, in words."""

SHORTCUT_WORDS: Mapping[str, str] = MappingProxyType({"none": "no shortcuts", "pool": "shortcuts pooled and padded"})
SKIP_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "identity": "the identity around each block",
        "scaling": "both paths scaled by 0.5",
        "exclusive-gating": "exclusive gating",
        "shortcut-gating": "shortcut-only gating",
        "dropout": "dropout on the shortcut",
    }
)
ORDER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "post": "post-activation",
        "bn-after-add": "batch norm after the addition",
        "relu-before-add": "ReLU before the addition",
        "relu-only-pre": "ReLU-only pre-activation",
        "pre": "pre-activation",
    }
)
CHOICE: Mapping[str, Callable[[ArchSpec], str]] = MappingProxyType(
    {  # `family` follows from the others, or is in the name
        "stem": lambda spec: f"a {STEMS[spec.stem].kernel}×{STEMS[spec.stem].kernel} stem",
        "block": lambda spec: f"{spec.block} {'layers' if spec.family == 'densenet' else 'blocks'}",
        "depths": lambda spec: f"stages of {listed(spec.depths)} {'layers' if spec.family == 'densenet' else 'blocks'}",
        "shortcut": lambda spec: SHORTCUT_WORDS.get(spec.shortcut, f"option {spec.shortcut}"),
        "skip": lambda spec: SKIP_WORDS[spec.skip],
        "stride_on": lambda spec: f"the stride in the {spec.stride_on.replace('x', '×')}",
        "order": lambda spec: ORDER_WORDS[spec.order],
        "width": lambda spec: f"a stem {spec.width} wide",
        "widen": lambda spec: f"stages {spec.widen} times as wide",
        "groups": lambda spec: f"{spec.groups} group{'s' if spec.groups > 1 else ''}",
        "group_width": lambda spec: (
            f"groups {spec.group_width} wide" if spec.group_width else "convolutions as wide as the stage"
        ),
        "form": lambda spec: f"form ({spec.form})",
        "survival": lambda spec: (
            f"stochastic depth to {spec.survival:g}" if spec.survival < 1 else "every block in every step"
        ),
        "survival_rule": lambda spec: (
            "survival divided by in training"
            if spec.survival_rule == "inverted"
            else "survival multiplied by at test time"
        ),
        "gate_bias": lambda spec: f"gates that start at {spec.gate_bias:g}".replace("-", "−"),
        "growth": lambda spec: f"growth rate {spec.growth}",
        "compression": lambda spec: f"compression {spec.compression:g}",
        "alternate": lambda spec: "3×3 and 1×1 in turn" if spec.alternate else "3×3 throughout",
        "release": lambda spec: "as published" if spec.release == "paper" else "as torchvision has it",
        "aux": lambda spec: "auxiliary heads" if spec.aux else "no auxiliary heads",
        "classes": lambda spec: f"{spec.classes:,} classes",
        "size": lambda spec: f"a {spec.size[0]}×{spec.size[1]} input",
    }
)
"""What a network has by each choice, in words."""


def title(spec: ArchSpec) -> str:
    """What people call the network: "ResNet-50", "ResNeXt-50 (32×4d)", "CIFAR ResNet-110 v2", "DenseNet-121"."""
    return spec.wiring.title(spec)


def subtitle(spec: ArchSpec) -> str:
    """Where a network comes from: "as printed in the paper · 224×224 · option B", or how it differs from such a one."""
    name = nearest(spec)
    height, width = spec.size
    differing = differences(spec, ZOO[name])
    others = [CHOICE[choice](spec) for choice in differing if choice != "size"]
    if others:
        return f"{title(ZOO[name])} with {listed(others)} · {height}×{width}"
    origin = f"{_origin(name)}{', but for the size' if differing else ''}"
    option = (CHOICE["shortcut"](spec),) if "shortcut" in spec.choices else ()
    return " · ".join((origin, f"{height}×{width}", *option))


def differences(one: ArchSpec, other: ArchSpec) -> tuple[str, ...]:
    """The choices in which two networks differ; `CHOICE` has their words."""
    return tuple(
        choice
        for choice in CHOICE
        if choice in one.choices | other.choices and getattr(one, choice) != getattr(other, choice)
    )


def listed(items: Iterable[object]) -> str:
    """Things in a row: "3, 4 and 6"."""
    *first, last = map(str, items)
    return f"{', '.join(first)} and {last}" if first else last


def layer_formula(spec: ArchSpec) -> str:
    """How the number in the name comes about: "50 = 1 + 3·(3+4+6+3) + 1", first convolution and classifier apart."""
    return f"{spec.layers} = {spec.wiring.formula(spec)}"


def composition(stage: Stage) -> tuple[str, ...]:
    """A stage as a cell of He 2015, Table 1: ("3×3 max pool, stride 2", "[1×1, 64; 3×3, 64; 1×1, 256] × 3").

    As there, strides inside blocks, shortcuts, BN and ReLU are not mentioned.
    """
    repetitions: dict[str, int] = {}  # blocks that project and those that do not share a text
    for run in stage.runs:
        text = _cell(run)
        repetitions[text] = repetitions.get(text, 0) + len([name for name in run.names if name])
    return tuple(f"[{text}] × {times}" if times else text for text, times in repetitions.items())


def _cell(run: Run) -> str:
    if run.names[0]:
        return "; ".join(f"{op.kernel}×{op.kernel}, {op.c_out}" for op in _main_path(run.block) if op.kind == "conv")
    return ", ".join(_WORDS[op.kind](op) for op in _main_path(run.block) if op.kind in _WORDS)


def _main_path(block: Block) -> Iterator[Op]:
    """The ops of the path with most weighted layers; of many alike, of the first."""
    longest = max(block.paths, key=lambda path: depth(Block((path,))))
    for item in longest.items:
        if isinstance(item, Block):
            yield from _main_path(item)
        else:
            yield item


def _stride(op: Op) -> str:
    return f", stride {op.stride}" if op.stride > 1 else ""


_WORDS: Mapping[str, Callable[[Op], str]] = MappingProxyType(
    {  # of the ops outside blocks, those that the paper's cells mention
        "conv": lambda op: f"{op.kernel}×{op.kernel}, {op.c_out}{_stride(op)}",
        "maxpool": lambda op: f"{op.kernel}×{op.kernel} max pool{_stride(op)}",
        "avgpool": lambda op: f"{op.kernel}×{op.kernel} average pool{_stride(op)}",
        "adaptivepool": lambda op: "average pool",
        "linear": lambda op: f"{op.c_out}-d fc",
    }
)


def _origin(name: str) -> str:
    family = family_of(name)
    return family.exceptions.get(name, family.origin)
