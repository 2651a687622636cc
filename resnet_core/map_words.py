"""What the network map calls an op: in its box, in the table, and in a sentence."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .algebra import Op
from .describe import AROUND, KIND, MEETS
from .diagram import Volume
from .rows import Row

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "conv": "convolution",
        **dict.fromkeys(("linear", "rbf"), "fully connected"),
        **dict.fromkeys(("bn", "lrn"), "normalisation"),
        **dict.fromkeys(("relu", "sigmoid", "tanh"), "nonlinearity"),
        **dict.fromkeys(("maxpool", "avgpool", "adaptivepool"), "pooling"),
        **dict.fromkeys(("add", "concat", "gate", "carry"), "join"),
        **dict.fromkeys(("dropout", "scale", "select", "flatten", "zeropad"), "other"),
    }
)
"""Kinds that have one colour."""
_SHORT = MappingProxyType(
    {
        "bn": "BN",
        "relu": "ReLU",
        "lrn": "LRN",
        "linear": "fc",
        "rbf": "RBF",
        "adaptivepool": "avg pool",
        "zeropad": "zero pad",
        "select": "selection",
        "sigmoid": "sigmoid",
    }
)
_POOLS = MappingProxyType({"maxpool": "max pool", "avgpool": "avg pool"})


def kind(op: Op) -> str:
    """What an op is, in words."""
    return KIND[op.kind]


def drawn_text(name: str, op: Op) -> tuple[str, str]:
    """The two lines in an op's box: "3×3 conv /2", "256→256"; the second may be empty."""
    stride = f" /{op.stride}" if op.stride > 1 else ""
    change = f"{op.c_in}→{op.c_out}"
    if op.kind == "conv":
        groups = f" C={op.groups}" if op.groups > 1 else ""
        return f"{op.kernel}×{op.kernel} conv{stride}", f"{change}{groups}"
    if op.kind in _POOLS:
        return _POOLS[op.kind], f"{op.kernel}×{op.kernel}{stride}"
    if op.kind in ("linear", "rbf", "zeropad"):
        return _SHORT[op.kind], change
    if op.kind == "select":
        return f"{op.c_out} of {op.c_in}", "maps"
    if op.kind == "scale":
        return f"× {op.factor:g}", ""
    if op.kind == "dropout":
        return "dropout", f"{op.factor:g}"
    return _SHORT.get(op.kind, KIND[op.kind]), ""


def kernel(row: Row) -> str:
    """The window of a row of the table: "3×3", "1×1 /2", "3×3 /2 C=32"."""
    window = f"{row.kernel}×{row.kernel}" if row.kernel else ""
    stride = f" /{row.stride}" if row.stride and row.stride > 1 else ""
    groups = f" C={row.groups}" if row.groups and row.groups > 1 else ""
    return f"{window}{stride}{groups}".strip()


def words(op: Op) -> str:
    """An op in a sentence: "3×3 convolution, stride 2, padding 1, 32 groups"."""
    window = f"{op.kernel}×{op.kernel} " if op.kernel and op.kind != "lrn" else ""
    parts = [f"{window}{KIND[op.kind]}"]
    if window:
        parts.append(f"stride {op.stride}")
        if op.padding:
            parts.append(f"padding {op.padding}")
    if op.kind == "conv" and op.groups > 1:
        parts.append(f"{op.groups} groups")
    if op.bias:
        parts.append("with bias")
    return ", ".join(parts)


def legend(boxes: Sequence[Volume]) -> list[tuple[str, str]]:
    """What the lines ("solid", "dashed") and signs in the drawing of these boxes mean."""
    lines = [
        ("solid" if name == "identity" else "dashed", text)
        for name, text in AROUND.items()
        if any(box.shortcut == name for box in boxes)
    ]
    return lines + [meets for name, meets in MEETS.items() if any(box.join == name for box in boxes)]
