"""What we know as plain data, ready for JSON: tables, verdicts, the zoo. Shapes are channels, height, width."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .counts import CONVENTION, MEMORY_CONVENTION
from .describe import composition, title
from .rows import Analysis, Row, StageRow, totals
from .spec import ArchSpec
from .verdict import Verdict
from .zoo import FAMILIES

CONTRACT = (
    *("name", "kind", "in_shape", "out_shape", "kernel", "stride", "padding", "groups"),
    *("params", "macs", "activation_bytes", "receptive_field"),
)
"""The fields of a row that the JSON promises, in their order; the others of `Row` follow."""
FIELDS = (*CONTRACT, *(field for field in Row._fields if field not in CONTRACT))


def table_document(analysis: Analysis) -> dict[str, Any]:
    """A network, layer by layer."""
    spec = analysis.spec
    name = ",".join(part for part in str(spec).split(",") if not part.startswith("size="))
    return {
        "name": name,
        "size": _size(spec),
        "spec": str(spec),
        "title": title(spec),
        "convention": CONVENTION,
        "memory_convention": MEMORY_CONVENTION,
        "totals": asdict(analysis.totals),
        "stages": [_stage(stage) for stage in analysis.stages],
        "rows": [dict(zip(FIELDS, map(row._asdict().get, FIELDS), strict=True)) for row in analysis.rows],
    }


def _size(spec: ArchSpec) -> int | list[int]:
    height, width = spec.size
    return height if height == width else [height, width]


def _stage(stage: StageRow) -> dict[str, Any]:
    return {
        "title": stage.title,
        "blocks": stage.blocks,
        "composition": composition(stage.stage),
        "out_shape": stage.out_shape,
        **asdict(stage.totals),
    }


def verdict_documents(found: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Verdicts: the printed digits as text, our counts as numbers."""
    return [
        {
            **asdict(verdict.figure),
            "computed": verdict.number if isinstance(verdict.number, int) else verdict.computed,
            "shown": verdict.shown,
            "status": verdict.status,
            "agrees": verdict.agrees,
            "difference": verdict.difference,
        }
        for verdict in found
    ]


def zoo_documents() -> list[dict[str, Any]]:
    """Every network of the zoo, by family."""
    return [
        {
            "name": name,
            "title": title(spec),
            "family": family.title,
            "paper": family.paper,
            "size": _size(spec),
            "layers": spec.layers,
            "params": of.params,
            "macs": of.macs,
        }
        for family in FAMILIES
        for name, spec in family.rows.items()
        for of in [totals(spec)]
    ]
