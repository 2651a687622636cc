"""What each tool prints, to the last digit: the tools themselves are run on the networks that we build."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from packaging.version import Version
from torch import Tensor, nn

from resnet_core import ZOO, analyse, build, parse
from resnet_core.conventions import PAPERS
from resnet_core.spec import ArchSpec
from resnet_core.tools import NAMED, counted_by

ROOT = Path(__file__).resolve().parents[1]
NETS = (
    *("resnet-18", "resnet-50-v1.5", "resnext-50-32x4d", "densenet-121", "vgg-16"),
    *(
        "resnet-18,size=97",
        "alexnet",
        "googlenet,aux=yes",
        "lenet-5",
        "cifar-highway-19",
        "cifar-resnet-20,survival=0.5",
    ),
)


@pytest.fixture(autouse=True)
def _as_old_as_they_are() -> Iterator[None]:
    """The tools import and trace with what has been deprecated since."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def torchinfo(network: nn.Module, x: Tensor) -> int:
    from torchinfo import summary

    return summary(network, input_data=x, mode="eval", verbose=0).total_mult_adds


def fvcore(network: nn.Module, x: Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    return FlopCountAnalysis(network, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False).total()


def ptflops(network: nn.Module, x: Tensor, backend: str = "pytorch") -> int:
    from ptflops import get_model_complexity_info

    macs, _ = get_model_complexity_info(
        network, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
    )
    return macs


def ptflops_aten(network: nn.Module, x: Tensor) -> int:
    return ptflops(network, x, "aten")


def thop(network: nn.Module, x: Tensor) -> float:
    from thop import profile

    macs, _ = profile(network, (x,), verbose=False)
    return macs


def flop_counter_mode(network: nn.Module, x: Tensor) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        network(x)
    return counter.get_total_flops()


TOOLS: Mapping[str, Callable[[nn.Module, Tensor], float]] = {
    "torchinfo": torchinfo,
    "fvcore": fvcore,
    "ptflops": ptflops,
    "ptflops-aten": ptflops_aten,
    "thop": thop,
    "torch": flop_counter_mode,
}
# fvcore cannot trace without memory; there, ptflops meets one more product inside each fully connected layer
DEVICE = {**dict.fromkeys(TOOLS, "meta"), "fvcore": "cpu", "ptflops": "cpu"}


def built(spec: ArchSpec, device: str) -> nn.Module:
    """A network of zeros: to draw VGG's weights takes longer than to count them."""
    with torch.device("meta"):
        network = build(spec).eval()
    if device == "cpu":
        zeros = {name: torch.zeros(tensor.shape, dtype=tensor.dtype) for name, tensor in network.state_dict().items()}
        network.load_state_dict(zeros, assign=True)
    return network


@pytest.mark.parametrize("text", NETS)
@pytest.mark.parametrize("name", NAMED)
@torch.no_grad()
def test_a_tool_gives_to_the_last_digit_what_its_convention_gives(name: str, text: str) -> None:
    spec = parse(text)
    x = torch.zeros(1, spec.channels, *spec.size, device=DEVICE[name])
    assert TOOLS[name](built(spec, DEVICE[name]), x) == NAMED[name].count(analyse(spec))


def test_the_versions_are_those_that_are_pinned_and_installed() -> None:
    pins = "".join((ROOT / name).read_text() for name in ("requirements.txt", "requirements-dev.txt"))
    for tool in NAMED.values():
        assert f"{tool.package}=={tool.version}\n" in pins
        assert Version(Version(version(tool.package)).public) == Version(tool.version)


def test_five_tools_give_six_counts_of_one_network() -> None:
    counts = counted_by(analyse(ZOO["resnet-50-v1.5"]))
    assert len({count.tool.package for count in counts}) == 5
    assert {count.name: count.number for count in counts} == {
        "torchinfo 1.8.0": 4_089_238_376,
        "fvcore 0.1.5.post20221221": 4_111_512_576,
        "ptflops 0.7.5": 4_137_956_328,
        "ptflops, its ATen backend 0.7.5": 4_089_185_256,
        "thop 0.1.1.post2209072238": 4_133_742_592,
        "torch's FlopCounterMode 2.13.0": 8_178_368_512,
    }


def test_no_tool_counts_as_the_papers_do_and_each_says_so() -> None:
    words = [count.words for count in counted_by(analyse(ZOO["resnet-18"]))]
    assert len({*words, PAPERS.words}) == len(words) + 1


class Sum(nn.Module):
    """Twice its input, written with a plus sign or as torch.add."""

    def __init__(self, plus: bool) -> None:
        super().__init__()
        self.fc, self.plus = nn.Linear(4, 4), plus

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        return x + x if self.plus else torch.add(x, x)


class Filter(nn.Conv2d):
    """A convolution whose class's name does not say so."""


@torch.no_grad()
def test_what_is_said_of_a_tool_is_so() -> None:
    maps, vector = torch.zeros(1, 3, 8, 8), torch.zeros(1, 4)
    filters = 3 * 3 * 3 * 5
    assert torchinfo(nn.Sequential(nn.Conv2d(3, 5, 3, bias=False)), maps) == filters * 6 * 6
    assert torchinfo(nn.Sequential(Filter(3, 5, 3, bias=False)), maps) == filters
    assert fvcore(nn.BatchNorm2d(3).train(), maps) == 5 * maps.numel()
    assert ptflops(Sum(plus=False), vector) - ptflops(Sum(plus=True), vector) == 4
    assert thop(Sum(plus=False), vector) == thop(Sum(plus=True), vector) == 4 * 4
    assert ptflops(nn.Sequential(nn.ReLU()), maps) == 2 * maps.numel()
