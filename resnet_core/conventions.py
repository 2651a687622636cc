"""A counting convention as a value: what one network's operations are, by whoever counts them.

"FLOPs" says neither whether a multiply-add is one operation or two, nor what is counted beside convolutions. Every
convention here is linear in the sums of a `Tally`, so that a network is walked once and counted a thousand ways.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from .rows import Analysis
from .tally import Tally, tally


@dataclass(frozen=True, slots=True)
class Convention:
    """How many operations each thing counts; the default is the papers' own, and equal to `Totals.macs`.

    `bias` counts one for each output of its layer; `bn` is for each element, `bn_parameters` for each scale and shift
    alone. `pool` counts what the windows compare or add. `auxiliary`: heads beside the way to the output count too.
    The fields after it are ways of counting that no paper has, but programs do: see `tools`.
    """

    mac_as: Literal[1, 2] = 1
    fc: bool = True
    bias: bool = False
    bn: Literal[0, 1, 2, 4] = 0
    relu: Literal[0, 1, 2] = 0
    pool: bool = False
    add: bool = False
    others: bool = False
    auxiliary: bool = True
    bn_parameters: bool = False
    pool_inputs: Literal[0, 1, 2] = 0
    adaptive_pool_inputs: bool = False
    average_pool_outputs: bool = False
    response_norm_steps: bool = False

    @property
    def words(self) -> str:
        """Such as "one multiply-add counts one; convolutions and fully connected layers; biases at 1 an output"."""
        layers = "convolutions and fully connected layers" if self.fc else "convolutions"
        besides = [words(value) for field, words in _BESIDES.items() if (value := getattr(self, field))]
        return "; ".join(
            [
                f"one multiply-add counts {'two' if self.mac_as == 2 else 'one'}",
                layers if besides else f"{layers} only",
                *([", ".join(besides)] if besides else []),
                *([] if self.auxiliary else ["without auxiliary heads"]),
            ]
        )


_BESIDES: Mapping[str, Callable[[int], str]] = MappingProxyType(
    {
        "bias": lambda _: "biases at 1 an output",
        "bn": lambda times: f"batch norm at {times} an element",
        "bn_parameters": lambda _: "batch norm at 1 a parameter, however large the map",
        "relu": lambda times: f"ReLU at {times} an element",
        "pool": lambda _: "pooling at 1 a comparison or sum",
        "pool_inputs": lambda times: f"pooling at {times} an input",
        "adaptive_pool_inputs": lambda _: "adaptive pooling at 1 an input",
        "average_pool_outputs": lambda _: "average pooling at 1 an output",
        "add": lambda _: "additions at 1 an element",
        "response_norm_steps": lambda _: "response norm by the steps that torch takes",
        "others": lambda _: "sigmoids, response norms, gates and all other operations on elements",
    }
)

PAPERS = Convention()


def operations(counted: Tally | Analysis, convention: Convention = PAPERS) -> int:
    """How many operations a network has, by a convention. From a `Tally` it takes a microsecond."""
    sums = counted if isinstance(counted, Tally) else tally(counted)
    whole = (
        convention.mac_as * (sums.conv + convention.fc * sums.fc)
        + convention.bias * (sums.conv_biases + convention.fc * sums.fc_biases)
        + convention.bn * sums.bn
        + convention.bn_parameters * sums.bn_parameters
        + convention.relu * sums.relu
        + convention.pool * sums.pool
        + convention.pool_inputs * sums.pool_inputs
        + convention.adaptive_pool_inputs * sums.adaptive_pool_inputs
        + convention.average_pool_outputs * sums.average_pool_outputs
        + convention.response_norm_steps * sums.response_norm_steps
        + convention.add * sums.add
        + convention.others * sums.others
    )
    if convention.auxiliary or sums.auxiliary is None:
        return whole
    return whole - operations(sums.auxiliary, convention)
