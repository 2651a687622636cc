"""The shortcuts and the orders of units that He 2016, arXiv:1603.05027, tried on 110 layers: Tables 1 and 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ..published import figures
from .lab import SettingError

WORDS: Mapping[str, str] = MappingProxyType(
    {
        "cifar-resnet-110": "original",
        "cifar-plain-110": "no shortcut",
        "cifar-resnet-110,skip=scaling": "both paths × 0.5",
        "cifar-resnet-110,skip=exclusive-gating,gate_bias=0": "exclusive gating, bias 0",
        "cifar-resnet-110,skip=exclusive-gating,gate_bias=-5": "exclusive gating, bias −5",
        "cifar-resnet-110,skip=exclusive-gating": "exclusive gating, bias −6",
        "cifar-resnet-110,skip=exclusive-gating,gate_bias=-7": "exclusive gating, bias −7",
        "cifar-resnet-110,skip=shortcut-gating,gate_bias=0": "shortcut-only gating, bias 0",
        "cifar-resnet-110,skip=shortcut-gating": "shortcut-only gating, bias −6",
        "cifar-resnet-110,shortcut=C": "1×1 convolution",
        "cifar-resnet-110,skip=dropout": "dropout",
        "cifar-resnet-110,order=bn-after-add": "BN after addition",
        "cifar-resnet-110,order=relu-before-add": "ReLU before addition",
        "cifar-resnet-110,order=relu-only-pre": "ReLU-only pre-activation",
        "cifar-resnet-110-v2": "full pre-activation",
    }
)
TABLES = ("Table 1", "Table 2")
FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Variant:
    """`arch` in the words of the codec, what it is called, and the error that is printed of it: percent, or "fail"."""

    arch: str
    words: str
    printed: str

    @property
    def told(self) -> str:
        """What it is called, with its error."""
        return f"{self.words}, {self.printed}" + (" % in the paper" if self.printed != FAIL else " in the paper")


@cache
def variants() -> tuple[Variant, ...]:
    """In the order of the tables; the original, which is in both, once."""
    printed = {
        figure.arch: figure.printed
        for figure in figures()
        if "1603.05027" in figure.source and figure.table in TABLES and figure.quantity == "error"
    }
    return tuple(Variant(arch, words, printed[arch]) for arch, words in WORDS.items())


def variant(arch: str) -> Variant:
    """The variant of a network. Raises SettingError for one that the tables have not."""
    found = next((one for one in variants() if one.arch == arch), None)
    if found is None:
        raise SettingError(f"{arch} is none of the nets of He 2016, Tables 1 and 2: take one of {'; '.join(WORDS)}.")
    return found
