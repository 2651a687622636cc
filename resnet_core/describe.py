"""Architectures in words: titles, subtitles, and the cells of the papers' tables, computed from spec and plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from .codec import nearest
from .plan import Block, Op, Run, Stage
from .spec import BLOCKS, CIFAR_STAGES, STEMS, ArchSpec
from .zoo import ZOO

KIND: Mapping[str, str] = MappingProxyType(
    {
        "conv": "convolution",
        "bn": "batch norm",
        "relu": "ReLU",
        "maxpool": "max pool",
        "avgpool": "average pool",
        "flatten": "flatten",
        "linear": "fully connected",
        "zeropad": "zero padding",
        "add": "addition",
    }
)
"""Kinds of ops, in words."""

CHOICE: Mapping[str, Callable[[ArchSpec], str]] = MappingProxyType(
    {  # `family` follows from `shortcut`
        "stem": lambda spec: f"a {STEMS[spec.stem].kernel}×{STEMS[spec.stem].kernel} stem",
        "block": lambda spec: f"{spec.block} blocks",
        "depths": lambda spec: f"stages of {listed(spec.depths)} blocks",
        "shortcut": lambda spec: "no shortcuts" if spec.shortcut == "none" else f"option {spec.shortcut}",
        "stride_on": lambda spec: f"the stride in the {spec.stride_on.replace('x', '×')}",
        "order": lambda spec: f"{spec.order}-activation",
        "width": lambda spec: f"a first stage {spec.width} wide",
        "classes": lambda spec: f"{spec.classes:,} classes",
        "size": lambda spec: f"a {spec.size[0]}×{spec.size[1]} input",
    }
)
"""What a network has by each choice, in words."""


def title(spec: ArchSpec) -> str:
    """What people call the network: "ResNet-50", "Plain-34", "ResNet-50 v1.5", "CIFAR ResNet-110 v2"."""
    dataset = "CIFAR " if spec.stem == "cifar" and len(spec.depths) == CIFAR_STAGES else ""
    version = " v2" if spec.order == "pre" else " v1.5" if spec.stride_on == "3x3" else ""
    return f"{dataset}{'Plain' if spec.family == 'plain' else 'ResNet'}-{spec.layers}{version}"


def subtitle(spec: ArchSpec) -> str:
    """Where a network comes from: "as printed in the paper · 224×224 · option B", or how it differs from such a one."""
    name = nearest(spec)
    height, width = spec.size
    differing = differences(spec, ZOO[name])
    others = [CHOICE[choice](spec) for choice in differing if choice != "size"]
    if others:
        return f"{title(ZOO[name])} with {listed(others)} · {height}×{width}"
    origin = f"{_origin(name)}{', but for the size' if differing else ''}"
    return f"{origin} · {height}×{width} · {CHOICE['shortcut'](spec)}"


def differences(one: ArchSpec, other: ArchSpec) -> tuple[str, ...]:
    """The choices in which two networks differ; `CHOICE` has their words."""
    return tuple(choice for choice in CHOICE if getattr(one, choice) != getattr(other, choice))


def listed(items: Iterable[object]) -> str:
    """Things in a row: "3, 4 and 6"."""
    *first, last = map(str, items)
    return f"{', '.join(first)} and {last}" if first else last


def layer_formula(spec: ArchSpec) -> str:
    """How the number in the name comes about: "50 = 1 + 3·(3+4+6+3) + 1", first convolution and classifier apart."""
    blocks = "+".join(map(str, spec.depths))
    if len(spec.depths) > 1:
        blocks = f"({blocks})"
    return f"{spec.layers} = 1 + {len(BLOCKS[spec.block].kernels)}·{blocks} + 1"


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
    for item in block.paths[0].items:
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
        "avgpool": lambda op: "average pool",
        "linear": lambda op: f"{op.c_out}-d fc",
    }
)


def _origin(name: str) -> str:
    if name == "resnet-200":  # of the first paper's kind, but built for the second one's Table 5
        return "as in He 2016"
    spec = ZOO[name]
    if spec.order == "pre":
        return "pre-activation, He 2016"
    return "stride in the 3×3, as torchvision builds it" if spec.stride_on == "3x3" else "as printed in the paper"
