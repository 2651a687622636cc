"""The three forms of a ResNeXt block are one function, Xie 2017, arXiv:1611.05431, Fig. 3: their weights say so."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from .rows import analyse
from .spec import ArchSpec
from .state_keys import expected_keys

if TYPE_CHECKING:
    from torch import Tensor

_IN_A_PATH = re.compile(r"(.+)\.branches\.(\d+)\.(.+)")


def regrouped(state: "Mapping[str, Tensor]", spec: ArchSpec) -> "dict[str, Tensor]":
    """The state of a network in form (c), as the same network in the form of `spec` has it: Xie 2017, Fig. 3.

    Path i of forms (a) and (b) has the i-th share of the grouped convolution, of what leads to it and of BN, and in
    (a) of the inputs of the last convolution; the rest is the same. Copies, so that no two names share memory.
    """
    found = {}
    for name, shape in expected_keys(analyse(spec)).items():
        match = _IN_A_PATH.fullmatch(name)
        block, number, inside = match.groups() if match else ("", "0", "")
        whole = state[f"{block}.{inside}" if match else name]
        found[name] = _share(whole, int(number), shape).clone()
    return found


def _share(whole: "Tensor", number: int, shape: tuple[int, ...]) -> "Tensor":
    """The part of a tensor that has this shape, along the side in which it is smaller."""
    for side, length in enumerate(shape):
        if length < whole.shape[side]:
            return whole.narrow(side, number * length, length)
    return whole
