"""One op as PyTorch code: the module that holds it, or, where it keeps nothing, the function that it is."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..algebra import RESPONSE_NORM, Op

Said = Callable[[str], str]
"""The text of a field of an op: a number, or the parameter of a class that stands for it."""

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "conv": ("c_in", "c_out", "kernel", "stride", "padding", "groups"),
        "bn": ("c_out",),
        "linear": ("c_in", "c_out"),
        "rbf": ("c_in", "c_out"),
        "zeropad": ("c_in", "c_out", "stride"),
        "select": ("picked",),
        "maxpool": ("kernel", "stride", "padding"),
        "avgpool": ("kernel", "stride", "padding"),
        "adaptivepool": ("to",),
        "lrn": ("kernel",),
        "dropout": ("factor",),
        "scale": ("factor",),
        **dict.fromkeys(("relu", "sigmoid", "tanh", "flatten"), ()),
    }
)
"""What has to be said of an op of each kind; its kind, its bias and its rounding are the same in a whole class."""
STATEFUL = frozenset({"conv", "bn", "linear", "rbf"})
"""Kinds that have a place in the state_dict."""
MODULES_ALWAYS = STATEFUL | {"zeropad", "select"}

_RESPONSE_NORM = ", ".join(f"{name}={value:g}" for name, value in RESPONSE_NORM.items())


def _conv(op: Op, said: Said) -> str:
    return _call(
        "nn.Conv2d",
        *map(said, ("c_in", "c_out", "kernel")),
        _unless("1", stride=said("stride")),
        _unless("0", padding=said("padding")),
        _unless("1", groups=said("groups")),
        "" if op.bias else "bias=False",
    )


def _window(op: Op, said: Said) -> tuple[str, ...]:
    padding = _unless("0", padding=said("padding"))
    return said("kernel"), said("stride"), padding, "ceil_mode=True" if op.ceil else ""


MODULE: Mapping[str, Callable[[Op, Said], str]] = MappingProxyType(
    {
        "conv": _conv,
        "bn": lambda op, said: _call("nn.BatchNorm2d", said("c_out"), _unless("1e-05", eps=f"{op.eps:g}")),
        "linear": lambda op, said: _call("nn.Linear", said("c_in"), said("c_out"), "" if op.bias else "bias=False"),
        "rbf": lambda op, said: _call("RBF", said("c_in"), said("c_out")),
        "zeropad": lambda op, said: _call("ZeroPad", said("c_in"), said("c_out"), _unless("1", stride=said("stride"))),
        "select": lambda op, said: _call("Select", said("picked")),
        "relu": lambda op, said: _call("nn.ReLU", "inplace=True" if op.inplace else ""),
        "sigmoid": lambda op, said: "nn.Sigmoid()",
        "tanh": lambda op, said: "nn.Tanh()",
        "lrn": lambda op, said: _call("nn.LocalResponseNorm", said("kernel"), _RESPONSE_NORM),
        "dropout": lambda op, said: _call("nn.Dropout", said("factor")),
        "scale": lambda op, said: _call("Scale", said("factor")),
        "maxpool": lambda op, said: _call("nn.MaxPool2d", *_window(op, said)),
        "avgpool": lambda op, said: _call("nn.AvgPool2d", *_window(op, said)),
        "adaptivepool": lambda op, said: _call("nn.AdaptiveAvgPool2d", said("to")),
        "flatten": lambda op, said: "nn.Flatten()",
    }
)
FUNCTION: Mapping[str, Callable[[Op, Said, str], str]] = MappingProxyType(
    {
        "relu": lambda op, said, x: f"F.relu({x})",
        "sigmoid": lambda op, said, x: f"torch.sigmoid({x})",
        "tanh": lambda op, said, x: f"torch.tanh({x})",
        "lrn": lambda op, said, x: _call("F.local_response_norm", x, said("kernel"), _RESPONSE_NORM),
        "dropout": lambda op, said, x: _call("F.dropout", x, said("factor"), "self.training"),
        "scale": lambda op, said, x: f"{said('factor')} * {x}",
        "maxpool": lambda op, said, x: _call("F.max_pool2d", x, *_window(op, said)),
        "avgpool": lambda op, said, x: _call("F.avg_pool2d", x, *_window(op, said)),
        "adaptivepool": lambda op, said, x: _call("F.adaptive_avg_pool2d", x, said("to")),
        "flatten": lambda op, said, x: f"torch.flatten({x}, 1)",
    }
)

HELPERS: Mapping[str, str] = MappingProxyType(
    {
        "named(": '''\
def named(**modules):
    """Modules one after the other, under their names."""
    return nn.Sequential(OrderedDict(modules))
''',
        "ZeroPad(": '''\
class ZeroPad(nn.Module):
    """Option A of He 2015, section 3.3: every stride-th pixel, and zeros in the new channels."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.added, self.stride = c_out - c_in, stride

    def forward(self, x):
        return F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))
''',
        "Select(": '''\
class Select(nn.Module):
    """Some of the maps."""

    def __init__(self, picked):
        super().__init__()
        self.picked = list(picked)

    def forward(self, x):
        return x[:, self.picked]
''',
        "Scale(": '''\
class Scale(nn.Module):
    """Constant scaling, He 2016, section 3.1."""

    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x
''',
        "RBF(": '''\
class RBF(nn.Module):
    """How far the features are from a fixed code of −1 and +1 for each class, squared; the largest output wins.

    LeCun 1998 draws the codes by hand; these are as many bits, drawn at random with a fixed seed.
    """

    def __init__(self, c_in, classes):
        super().__init__()
        bits = torch.randint(2, (classes, c_in), generator=torch.Generator().manual_seed(0), device="cpu")
        self.register_buffer("codes", (2.0 * bits - 1).to(torch.get_default_device()))

    def forward(self, x):
        return -(x[:, None, :] - self.codes).square().sum(2)
''',
    }
)
"""What a file needs besides torch, each under the text by which it is called."""


def _unless(usual: str, **argument: str) -> str:
    """An argument by its name, where it is not the usual one."""
    ((name, text),) = argument.items()
    return "" if text == usual else f"{name}={text}"


def _call(head: str, *arguments: str) -> str:
    return f"{head}({', '.join(filter(None, arguments))})"
