"""Spec -> `nn.Module`, from the same plan that is counted and drawn."""

from torch import Tensor, nn

from .algebra import Block
from .modules import MODULES, ResidualBlock, place, run
from .plan import plan
from .spec import ArchSpec
from .taps import Taps


class Network(nn.Module):
    """A classifier: pictures N,3,H,W (N,1,H,W for grey ones) to logits N,classes. Parameter names are torchvision's."""

    def __init__(self, spec: ArchSpec) -> None:
        super().__init__()
        self.spec = spec
        self.steps = tuple(
            step
            for name, block in plan(spec).blocks()
            for step in ([self._block(name, block)] if name else self._chain(block))
        )
        for module in self.modules():
            # where there is no memory, there is nothing to fill: torch would import its compiler to do it
            if (
                isinstance(module, nn.Conv2d) and not module.weight.is_meta
            ):  # He et al. 2015, arXiv:1502.01852, in its fan-out form
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def _block(self, name: str, block: Block) -> str:
        return place(self, name, ResidualBlock(block))

    def _chain(self, block: Block) -> list[str]:
        return [place(self, op.name, MODULES[op.kind](op)) for op in block.ops()]

    def forward(self, x: Tensor, taps: Taps | None = None) -> Tensor:
        """The logits; `taps` keeps the tensors that it wants on the way."""
        return run(self, self.steps, x, taps)

    def heads(self, x: Tensor) -> tuple[Tensor, ...]:
        """The classifier's logits, then those of auxiliary heads, nearest the input first: what training adds up."""
        auxiliary = []
        for name in self.steps:
            module = self.get_submodule(name)
            if isinstance(module, ResidualBlock) and module.join == "aside":
                x, *ends = module.ends(x)
                auxiliary += ends
            else:
                x = module(x)
        return (x, *auxiliary)


def build(spec: ArchSpec) -> Network:
    """The network of a spec, with He initialisation; under `torch.device("meta")` it takes no memory."""
    return Network(spec)
