"""Spec -> plan: stages of blocks of ops. How each family is wired stands in `wiring`."""

from functools import lru_cache

from .algebra import Plan
from .spec import ArchSpec


@lru_cache(maxsize=32)
def plan(spec: ArchSpec) -> Plan:
    """The wiring of a network; the size of its input plays no part in it."""
    return spec.wiring.plan(spec)
