"""Residual networks as rows of data: built, counted, drawn and checked against the papers.

Importing this package leaves torch unloaded: names that need it, or that few need, load on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .codec import parse
from .plan import plan
from .published import Figure, figures
from .refusal import Refusal
from .rows import Analysis, Row, Totals, analyse, layer_rows, totals
from .spec import ArchSpec, SpecError
from .verdict import Verdict
from .verify import Claim, TableOne, paper_figure, table_one, verdicts, verify
from .zoo import FAMILIES, ZOO

if TYPE_CHECKING:
    from .export import table
    from .forms import regrouped
    from .loading import load_weights
    from .network import build
    from .sight.extraction import extract
    from .sight.pyramid import pyramid

__all__ = [
    "FAMILIES",
    "ZOO",
    "Analysis",
    "ArchSpec",
    "Claim",
    "Figure",
    "Refusal",
    "Row",
    "SpecError",
    "TableOne",
    "Totals",
    "Verdict",
    "analyse",
    "build",
    "extract",
    "figures",
    "layer_rows",
    "load_weights",
    "paper_figure",
    "parse",
    "plan",
    "pyramid",
    "regrouped",
    "table",
    "table_one",
    "totals",
    "verdicts",
    "verify",
]

_ON_FIRST_USE = {
    "build": "network",
    "extract": "sight.extraction",
    "load_weights": "loading",
    "pyramid": "sight.pyramid",
    "regrouped": "forms",
    "table": "export",
}


def __getattr__(name: str) -> Any:
    if name in _ON_FIRST_USE:
        return getattr(import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
