"""How each family is wired: one module a family, or a few that are alike. Nothing else knows one from another."""

from collections.abc import Mapping
from types import MappingProxyType

from .classic import ALEXNET, LENET, VGG
from .dense import DENSENET
from .highway import HIGHWAY
from .inception import GOOGLENET
from .residual import PLAIN, RESNET
from .wiring import Wiring

__all__ = ["WIRINGS", "Wiring"]

WIRINGS: Mapping[str, Wiring] = MappingProxyType(
    {
        "resnet": RESNET,
        "plain": PLAIN,
        "densenet": DENSENET,
        "highway": HIGHWAY,
        "lenet": LENET,
        "alexnet": ALEXNET,
        "vgg": VGG,
        "googlenet": GOOGLENET,
    }
)
