"""Programs that count operations, each by a convention of its own: what it prints, and what it leaves out."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .conventions import Convention, operations
from .rows import Analysis
from .tally import Tally, tally


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that counts: the version that was checked, what it calls its number, and its convention.

    `counts` says what is peculiar in what it counts, `leaves_out` what it does not.
    """

    title: str
    package: str
    version: str
    label: str
    convention: Convention
    counts: str
    leaves_out: str

    def count(self, counted: Tally | Analysis) -> int:
        """The number that it gives for a network."""
        return operations(counted, self.convention)


NAMED: Mapping[str, Tool] = MappingProxyType(
    {
        "torchinfo": Tool(
            "torchinfo",
            "torchinfo",
            "1.8.0",
            "mult-adds",
            Convention(bias=True, bn_parameters=True),
            "Each weight and bias counts once for every place that it is used at; but the scale and shift of a batch "
            "norm once each, however large the map. It knows a convolution by the name of its class: one of another "
            "name counts as if its map had one pixel.",
            "ReLU, pooling, additions: whatever has no parameters.",
        ),
        "fvcore": Tool(
            "fvcore",
            "fvcore",
            "0.1.5.post20221221",
            "flops",
            Convention(bn=2, adaptive_pool_inputs=True, auxiliary=False),
            "One multiply-add counts as one flop. Batch norm counts 2 an element in evaluation, 5 in training.",
            "Biases, ReLU, additions, every pool that is not adaptive, and heads that do not reach the output.",
        ),
        "ptflops": Tool(
            "ptflops",
            "ptflops",
            "0.7.5",
            "MACs",
            Convention(bias=True, bn=2, relu=2, pool_inputs=2, response_norm_steps=True, add=True),
            "ReLU and pooling count twice: as a module, and again as the function that the module calls. An addition "
            "counts as torch.add, which is how it is written here; written with a plus sign it does not.",
            "Sigmoids and gates; additions written with a plus sign, so torchvision's own.",
        ),
        "ptflops-aten": Tool(
            "ptflops, its ATen backend",
            "ptflops",
            "0.7.5",
            "MACs",
            Convention(bias=True),
            "A bias counts once for every output.",
            "All but convolutions and matrix products.",
        ),
        "thop": Tool(
            "thop",
            "thop",
            "0.1.1.post2209072238",
            "MACs",
            Convention(bn=4, adaptive_pool_inputs=True, average_pool_outputs=True),
            "Batch norm counts 4 an element, where scale and shift are one multiply-add.",
            "Biases, ReLU, max pooling, and whatever is a function rather than a module, such as additions.",
        ),
        "torch": Tool(
            "torch's FlopCounterMode",
            "torch",
            "2.13.0",
            "FLOPs",
            Convention(mac_as=2),
            "One multiply-add counts two.",
            "All but convolutions and matrix products; biases too.",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class ToolCount:
    """What a tool prints for a network."""

    tool: Tool
    number: int

    @property
    def name(self) -> str:
        return f"{self.tool.title} {self.tool.version}"

    @property
    def words(self) -> str:
        return self.tool.convention.words


def counted_by(analysis: Analysis) -> tuple[ToolCount, ...]:
    """What each tool prints for a network, without running any."""
    sums = tally(analysis)
    return tuple(ToolCount(tool, tool.count(sums)) for tool in NAMED.values())
