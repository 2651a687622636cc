"""What a class of blocks is called."""

from collections.abc import Iterator
from itertools import count

from ..algebra import Block, Op
from ..diagram import shortcut_of

_AROUND = {
    "projection": "Projecting",
    "padding": "Padding",
    "pooling": "Pooling",
    "scaling": "Scaled",
    "gate": "Gated",
    "dropout": "Dropout",
}
ASIDE = ("downsample", "gate")
"""How the names of convolutions begin that are not on the main path."""


def names_for(block: Block) -> Iterator[str]:
    """What a class of such blocks may be called, best first."""
    around = _AROUND.get(shortcut_of(block) or "", "") if block.join == "add" else ""
    whole = f"{around}{_base(block)}"
    yield whole
    if around != "Projecting" and any(op.name.startswith("downsample") for op in block.ops()):
        yield f"Projecting{whole}"
    yield f"First{whole}"
    yield from (f"{whole}{number}" for number in count(2))


def is_many(block: Block) -> bool:
    """Whether its paths are numbered, and hold nothing besides: forms a and b of Xie 2017, and C3 of LeNet-5."""
    return all(
        path.items and all(isinstance(item, Op) and item.name.startswith(f"{number}.") for item in path.items)
        for number, path in enumerate(block.paths)
    )


def _base(block: Block) -> str:
    if block.join == "aside":
        return "AuxiliaryHead"
    if block.join == "carry":
        return "GatedShortcut"
    if is_many(block):
        return "Branches"
    if block.join == "concat":
        return "DenseLayer" if shortcut_of(block) else "Inception"
    if any(op.name.startswith("transform") for op in block.ops()):
        return "HighwayLayer" if block.join == "gate" else "PlainLayer"
    plain = "Plain" if block.join == "none" else ""
    if plain and any(op.kind == "avgpool" for op in block.ops()):
        return "Transition"
    kernels = {op.kernel for op in block.ops() if op.kind == "conv" and not op.name.startswith(ASIDE)}
    return f"{plain}Bottleneck" if 1 in kernels else f"{plain}BasicBlock"
