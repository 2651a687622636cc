"""Tensors that a forward pass brings along. The pass itself hands them over; nothing hooks into shared modules."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Taps:
    """Keeps the wanted tensors of one forward pass, by name. Names are relative to `prefix`."""

    __slots__ = ("_found", "_prefix", "_wanted")

    def __init__(self, wanted: Iterable[str], prefix: str = "", found: "dict[str, Tensor] | None" = None) -> None:
        self._wanted = frozenset(wanted)
        self._prefix = prefix
        self._found = {} if found is None else found

    @property
    def found(self) -> "dict[str, Tensor]":
        """What was kept so far, by full name."""
        return self._found

    def within(self, name: str) -> "Taps":
        """The same taps, for the inside of a module of this name."""
        return Taps(self._wanted, f"{self._prefix}{name}.", self._found)

    def keep(self, name: str, x: "Tensor") -> "Tensor":
        """Keep a tensor that is wanted; what flows on is its copy, for the next op may work in place."""
        if (full := self._prefix + name) not in self._wanted:
            return x
        self._found[full] = x
        return x.clone()
