"""Residual networks as rows of data: built, counted, drawn and checked against the papers.

Importing this package leaves torch unloaded: the names that need it load it on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .codec import parse
from .plan import plan
from .rows import Analysis, Row, Totals, analyse, layer_rows, totals
from .spec import ArchSpec, SpecError
from .zoo import FAMILIES, ZOO

if TYPE_CHECKING:
    from .network import build

__all__ = [
    "FAMILIES",
    "ZOO",
    "Analysis",
    "ArchSpec",
    "Row",
    "SpecError",
    "Totals",
    "analyse",
    "build",
    "layer_rows",
    "parse",
    "plan",
    "totals",
]

_NEED_TORCH = {"build": "network"}


def __getattr__(name: str) -> Any:
    if name in _NEED_TORCH:
        return getattr(import_module(f".{_NEED_TORCH[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
