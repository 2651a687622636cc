"""Architectures in words: titles, subtitles, and the cells of the papers' tables, computed from spec and plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from .algebra import Block, Op, Run, Stage, depth
from .choices import CHOICES
from .codec import nearest, write
from .spec import ArchSpec
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
AROUND: Mapping[str, str] = MappingProxyType(
    {
        "identity": "identity: the signal passes unchanged",
        "projection": "projection",
        "padding": "zero padding",
        "pooling": "pooling and zero padding",
        "gate": "what the gate lets pass",
        "scaling": "half of the signal",
        "dropout": "the signal, with dropout",
    }
)
"""What goes around a block, as `diagram` calls it, in words."""
SIGN: Mapping[str, str] = MappingProxyType({"add": "+", "concat": "‖", "gate": "×", "carry": "×"})
"""Where the paths of a block meet, as a sign that stands in a circle or a box."""
MEETS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        join: (SIGN[join], words)
        for join, words in (("add", "sum"), ("concat", "concatenation"), ("gate", "T·H + (1−T)·x"))
    }
)
"""How the paths of a block meet: the sign, and its words."""
CIRCLED: Mapping[str, str] = MappingProxyType(
    {join: {"+": "⊕", "×": "⊗"}.get(sign, sign) for join, sign in SIGN.items()}
)
"""The sign where it stands in a line of text, with its circle."""


def _word(field: str) -> Callable[[ArchSpec], str]:
    return lambda spec: CHOICES[field][write(spec, field)].words


CHOICE: Mapping[str, Callable[[ArchSpec], str]] = MappingProxyType(
    {  # `family` follows from the others, or is in the name
        "stem": _word("stem"),
        "block": lambda spec: f"{spec.block} {counted(spec)}",
        "depths": lambda spec: f"stages of {listed(spec.depths)} {counted(spec)}",
        **{field: _word(field) for field in ("shortcut", "skip", "stride_on", "order")},
        "width": lambda spec: (
            f"a {'stem' if spec.widen > 1 or spec.family == 'densenet' else 'first stage'} {spec.width} wide"
        ),
        "widen": lambda spec: f"stages {spec.widen} times as wide",
        "groups": lambda spec: f"{spec.groups} group{'s' if spec.groups > 1 else ''}",
        "group_width": lambda spec: (
            f"groups {spec.group_width} wide" if spec.group_width else "convolutions as wide as the stage"
        ),
        "form": _word("form"),
        "survival": lambda spec: (
            f"stochastic depth to {spec.survival:g}" if spec.survival < 1 else "every block in every step"
        ),
        "survival_rule": _word("survival_rule"),
        "gate_bias": lambda spec: f"gates that start at {spec.gate_bias:g}".replace("-", "−"),
        "growth": lambda spec: f"growth rate {spec.growth}",
        "compression": lambda spec: f"compression {spec.compression:g}",
        **{field: _word(field) for field in ("alternate", "release", "aux")},
        "classes": lambda spec: f"{spec.classes:,} classes",
        "size": lambda spec: f"a {spec.size[0]}×{spec.size[1]} input",
    }
)
"""What a network has by each choice, in words."""

_UNITS: Mapping[str, str] = MappingProxyType({"densenet": "layers", "highway": "layers", "vgg": "convolutions"})


def counted(spec: ArchSpec) -> str:
    """What `depths` counts: "blocks", "layers", "convolutions"."""
    return _UNITS.get(spec.family, "blocks")


def title(spec: ArchSpec) -> str:
    """What people call the network: "ResNet-50", "ResNeXt-50 (32×4d)", "CIFAR ResNet-110 v2", "DenseNet-121"."""
    return spec.wiring.title(spec)


def subtitle(spec: ArchSpec) -> str:
    """Where a network comes from: "as printed in the paper · 224×224 · option B", or how it differs from such a one."""
    name = nearest(spec)
    height, width = spec.size
    differing = differences(spec, ZOO[name])
    others = [CHOICE[choice](spec) for choice in differing if choice != "size"]
    changed = f"{title(ZOO[name])} with {listed(others)}" if others else ""
    if changed and changed != title(spec):
        return f"{changed} · {height}×{width}"
    origin = f"{_origin(name)}{', but for the size' if 'size' in differing else ''}"
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
        repetitions[text] = repetitions.get(text, 0) + (len(run.names) if _is_repeated(run) else 0)
    return tuple(f"[{text}] × {times}" if times else text for text, times in repetitions.items() if text)


def _is_repeated(run: Run) -> bool:
    """Whether it is written in brackets: blocks of one kind, not a transition, nor a module with widths of its own."""
    return (
        bool(run.names[0]) and not _branches(run.block) and not any("pool" in op.kind for op in _main_path(run.block))
    )


def _branches(block: Block) -> bool:
    return block.join == "aside" or (
        block.join == "concat" and not any(path.role == "shortcut" for path in block.paths)
    )


def _cell(run: Run) -> str:
    block, name = run.block, run.names[0]
    if block.join == "aside":
        return f"{name} beside: {_words(block.paths[1].items)}"
    if _branches(block):
        widths = [path.items[-1].c_out for path in block.paths if isinstance(path.items[-1], Op)]
        if len(set(widths)) == 1:
            return f"{len(widths)} × ({_convolutions(block.paths[0].items)})"
        return f"{name}: {' + '.join(map(str, widths))}"
    if not _is_repeated(run):
        return _words(_main_path(block))
    gate = " with gate" if any(path.role == "gate" for path in block.paths) else ""
    return f"{_convolutions(_main_items(block))}{gate}"


def _main_items(block: Block) -> tuple[Op | Block, ...]:
    """The items of the path with most weighted layers."""
    return max(block.paths, key=lambda path: depth(Block((path,)))).items


def _main_path(block: Block) -> Iterator[Op]:
    """The ops of the path with most weighted layers; of many alike, of the first."""
    for item in _main_items(block):
        if isinstance(item, Block):
            yield from _main_path(item)
        else:
            yield item


def _convolutions(items: Iterable[Op | Block]) -> str:
    """The convolutions of a path: "1×1, 64; 3×3, 64; 1×1, 256", and of parallel ones "32 × (1×1, 4; 3×3, 4)"."""
    texts = []
    for item in items:
        if isinstance(item, Block):
            texts.append(f"{len(item.paths)} × ({_convolutions(item.paths[0].items)})")
        elif item.kind == "conv":
            groups = f", C={item.groups}" if item.groups > 1 else ""
            texts.append(f"{item.kernel}×{item.kernel}, {item.c_out}{groups}")
    return "; ".join(texts)


def _words(items: Iterable[Op | Block]) -> str:
    """Ops outside blocks, one after the other."""
    texts = [_WORDS[item.kind](item) for item in items if isinstance(item, Op) and item.kind in _WORDS]
    return ("; " if len(texts) > 1 and any("," in text for text in texts) else ", ").join(texts)


def _stride(op: Op) -> str:
    return f", stride {op.stride}" if op.stride > 1 else ""


_WORDS: Mapping[str, Callable[[Op], str]] = MappingProxyType(
    {  # of the ops outside blocks, those that the paper's cells mention
        "conv": lambda op: f"{op.kernel}×{op.kernel}, {op.c_out}{_stride(op)}",
        "maxpool": lambda op: f"{op.kernel}×{op.kernel} max pool{_stride(op)}",
        "avgpool": lambda op: f"{op.kernel}×{op.kernel} average pool{_stride(op)}",
        "adaptivepool": lambda op: "average pool",
        "linear": lambda op: f"{op.c_out}-d fc",
        "rbf": lambda op: f"{op.c_out}-d RBF",
    }
)


def _origin(name: str) -> str:
    family = family_of(name)
    return family.exceptions.get(name, family.origin)
