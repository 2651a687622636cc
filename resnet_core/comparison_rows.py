"""A comparison as rows ready to show, and as plain data ready for JSON."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from . import units
from .alignment import COMPARED, BlockPair, OpPair, StagePair
from .compare import SUMMED, Comparison, sentence, share
from .counts import CONVENTION, MEMORY_CONVENTION
from .describe import KIND
from .rows import Row

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "out_shape": "Output",
        "kernel": "Kernel",
        "stride": "Stride",
        "groups": "Groups",
        "params": "Parameters",
        "macs": "Multiply-adds",
        "receptive_field": "Field",
        "activation_bytes": "Activations",
    }
)
"""What the fields of `alignment.COMPARED` are called."""
ARROW = " → "
ONLY_ONE, ONLY_OTHER, BOTH = "−", "+", ""
"""The sign of a row that only the one network has, only the other, or both."""


@dataclass(frozen=True, slots=True)
class Line:
    """An op of both networks as text: `texts` are the cells of `COLUMNS`, "before → after" where they differ.

    `changed` says of each cell whether it differs, `sign` which network has the op.
    """

    stage: str
    block: str
    name: str
    kind: str
    sign: str
    texts: tuple[str, ...]
    changed: tuple[bool, ...]

    @property
    def differs(self) -> bool:
        return bool(self.sign) or any(self.changed)


def lines(found: Comparison, differing: bool) -> tuple[Line, ...]:
    """Every aligned op, or only those that differ."""
    return tuple(
        line
        for stage in found.stages
        for block in stage.blocks
        for pair in block.ops
        for line in [_line(stage, block, pair)]
        if line.differs or not differing
    )


def _line(stage: StagePair, block: BlockPair, pair: OpPair) -> Line:
    one, other = pair.one, pair.other
    names = dict.fromkeys(row.name for row in (one, other) if row)
    sign = BOTH if one and other else ONLY_ONE if one else ONLY_OTHER
    return Line(
        stage.title,
        ARROW.join(dict.fromkeys(filter(None, map(_named, (block.one_names, block.other_names)))))
        + (f" ×{block.times}" if block.times > 1 else ""),
        ARROW.join(names),
        KIND[pair.either.kind],
        sign,
        tuple(_text(field, one, other) for field in COLUMNS),
        tuple(not sign and field in pair.differing for field in COLUMNS),
    )


def _named(names: tuple[str, str]) -> str:
    """ "layer1.1", or of several "layer1.1–2"; DenseNets' long names from their last part on."""
    first, last = names
    return first if first == last else f"{first}–{last.rpartition('.')[2]}"


def _text(field: str, one: Row | None, other: Row | None) -> str:
    """Both values, or the one where they are the same; "–" beside a value for none."""
    texts = dict.fromkeys(_WRITE[field](getattr(row, field)) for row in (one, other) if row)
    return ARROW.join(text or "–" for text in texts) if any(texts) else ""


_WRITE: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {
        "out_shape": units.shape,
        "kernel": lambda side: f"{side}×{side}" if side else "",
        "stride": lambda stride: str(stride or ""),
        "groups": lambda groups: str(groups or ""),
        "params": lambda number: units.exact(number) if number else "",
        "macs": lambda number: units.count(number) if number else "",
        "receptive_field": lambda size: "all" if size is None else units.exact(size),
        "activation_bytes": units.memory,
    }
)


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage of both networks as text: of each of `SUMMED` both sums and the difference, "" where there is none."""

    title: str
    shapes: str
    sums: tuple[tuple[str, str], ...]


def stage_lines(found: Comparison) -> Iterator[StageLine]:
    """The stages, one under the other."""
    for stage in found.stages:
        shapes = dict.fromkeys(units.shape(of.out_shape) for of in (stage.one, stage.other) if of)
        yield StageLine(stage.title, ARROW.join(shapes), tuple(_sums(stage, quantity) for quantity in SUMMED))


def _sums(stage: StagePair, quantity: str) -> tuple[str, str]:
    memory = quantity.endswith("bytes")
    write, change = (units.memory, units.memory_change) if memory else (units.count, units.change)
    both = dict.fromkeys(write(getattr(of.totals, quantity)) if of else "–" for of in (stage.one, stage.other))
    move = stage.change(quantity)
    return ARROW.join(both), change(move) if move else ""


def comparison_document(found: Comparison) -> dict[str, Any]:
    """A comparison as plain data: totals, changes with what each adds, stages, every op beside its counterpart."""
    return {
        "one": str(found.one.spec),
        "other": str(found.other.spec),
        "convention": CONVENTION,
        "memory_convention": MEMORY_CONVENTION,
        "totals": {"one": asdict(found.one.totals), "other": asdict(found.other.totals)},
        "changes": [
            {
                "sentence": sentence(change),
                "choices": change.fields,
                "before": str(change.before.spec),
                "after": str(change.after.spec),
                **{quantity: share(change, quantity) for quantity in SUMMED},
                "receptive_field": [change.before.totals.receptive_field, change.after.totals.receptive_field],
            }
            for change in found.changes
        ],
        "stages": [
            {"title": stage.title, **{quantity: stage.change(quantity) for quantity in SUMMED}}
            for stage in found.stages
        ],
        "rows": [_row(stage, block, pair) for stage in found.stages for block in stage.blocks for pair in block.ops],
    }


def _row(stage: StagePair, block: BlockPair, pair: OpPair) -> dict[str, Any]:
    return {
        "stage": stage.title,
        "blocks": {"one": block.one_names, "other": block.other_names, "times": block.times},
        "differing": pair.differing,
        "one": _op(pair.one),
        "other": _op(pair.other),
    }


def _op(row: Row | None) -> dict[str, Any] | None:
    return None if row is None else {field: getattr(row, field) for field in ("name", "kind", *COMPARED)}
