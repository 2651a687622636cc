"""Ways through a residual network, Veit et al. 2016, arXiv:1605.06431: each module is gone through or around."""

from fractions import Fraction
from math import comb
from typing import NamedTuple


class Lengths(NamedTuple):
    """The paths of a network of `modules` that go through `first` to `last` of them."""

    modules: int
    first: int
    last: int

    @property
    def paths(self) -> int:
        """All ways through the network, of whatever length."""
        return sum(path_lengths(self.modules))

    @property
    def share(self) -> Fraction:
        """What part of all ways these are."""
        return share(self.modules, self.first, self.last)


def path_lengths(modules: int) -> tuple[int, ...]:
    """How many paths go through 0, 1, …, all of the residual modules. Raises ValueError below 0."""
    if modules < 0:
        raise ValueError(f"A network cannot have {modules} residual modules: give 0 or more.")
    return tuple(comb(modules, length) for length in range(modules + 1))


def share(modules: int, first: int, last: int) -> Fraction:
    """The part of all paths that go through `first` to `last` modules, both included; exact."""
    return Fraction(sum(path_lengths(modules)[max(first, 0) : max(last + 1, 0)]), 2**modules)


# Veit et al. 2016, section 5, Fig. 6: a ResNet of 110 layers, two of them in a module
MOST_PATHS = Lengths(54, 19, 35)
"""Where more than 95 % of the paths lie."""
EFFECTIVE = Lengths(54, 5, 17)
"""Where the gradient comes from during training."""
