"""A network as plain torch text, without classes, hooks or this project: a state_dict in, features out.

Written from the plan that is counted and drawn; the tests run it beside the network.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from ..algebra import RESPONSE_NORM, Block, Op, Run
from ..plan import plan
from ..spec import ArchSpec
from ..tensor_names import EARLY, TODAY
from .pyramid import tap_names


def _tuple(op: Op) -> str:
    return f"{op.kernel}, {op.stride}, {op.padding}"


def _conv(op: Op) -> str:
    words = {"stride": (op.stride, 1), "padding": (op.padding, 0), "groups": (op.groups, 1)}
    return _words({word: value for word, (value, usual) in words.items() if value != usual})


def _words(values: Mapping[str, float]) -> str:
    return "".join(f", {word}={value}" for word, value in values.items())


CODE: Mapping[str, Callable[[Op, str, str], str]] = MappingProxyType(
    {  # of an op, the variable it reads and its name as Python text
        "conv": lambda op, x, name: f"conv({x}, {name}{_conv(op)})",
        "bn": lambda op, x, name: f"bn({x}, {name}{'' if op.eps == 1e-5 else f', {op.eps}'})",
        "relu": lambda op, x, name: f"F.relu({x})",
        "sigmoid": lambda op, x, name: f"torch.sigmoid({x})",
        "tanh": lambda op, x, name: f"torch.tanh({x})",
        "lrn": lambda op, x, name: f"F.local_response_norm({x}, {op.kernel}{_words(RESPONSE_NORM)})",
        "dropout": lambda op, x, name: x,
        "scale": lambda op, x, name: f"{x} * {op.factor}",
        "select": lambda op, x, name: f"{x}[:, {list(op.picked)}]",
        "maxpool": lambda op, x, name: f"F.max_pool2d({x}, {_tuple(op)}, ceil_mode={op.ceil})",
        "avgpool": lambda op, x, name: f"F.avg_pool2d({x}, {_tuple(op)}, ceil_mode={op.ceil})",
        "adaptivepool": lambda op, x, name: f"F.adaptive_avg_pool2d({x}, {op.to})",
        "flatten": lambda op, x, name: f"{x}.flatten(1)",
        "linear": lambda op, x, name: f"linear({x}, {name})",
        "rbf": lambda op, x, name: f'-({x}[:, None] - state[{name} + ".codes"]).square().sum(2)',
        "zeropad": lambda op, x, name: (
            f"F.pad({x}[:, :, ::{op.stride}, ::{op.stride}], (0, 0, 0, 0, 0, {op.c_out - op.c_in}))"
        ),
    }
)
JOINS: Mapping[str, Callable[[list[str]], str]] = MappingProxyType(
    {
        "add": " + ".join,
        "concat": lambda ends: f"torch.cat([{', '.join(ends)}], 1)",
        "gate": lambda ends: f"torch.lerp({ends[2]}, {ends[0]}, {ends[1]})",
        "carry": lambda ends: f"{ends[1]} - {ends[0]} * {ends[1]}",
        "aside": lambda ends: ends[0],
        "none": lambda ends: ends[0],
    }
)
IMPORTS = ("import json", "import sys", "from pathlib import Path")
RENAMING = f'''
        name = re.sub(r"{EARLY}", r"{TODAY}", name)  # of an early file'''
HEAD = '''"""Features of {spec}, in plain torch.

Input: N×{channels}×{height}×{width}, float32, normalised as its weights want it.
"""

{imports}

import torch
import torch.nn.functional as F

TAPS = {taps}


def load(path):
    """A state_dict in float32, from a .safetensors file or from torch's own."""
    state = {{}}
    for name, tensor in read(path).items():{renaming}
        state[name] = tensor.float() if tensor.is_floating_point() else tensor
    return state


def read(path):
    """What a file holds."""
    if not path.endswith(".safetensors"):
        return torch.load(path, map_location="cpu", weights_only=True)
    data = bytearray(Path(path).read_bytes())
    begin = 8 + int.from_bytes(data[:8], "little")
    kinds = {{"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}}
    header = json.loads(data[8:begin])
    header.pop("__metadata__", None)
    return {{
        name: torch.frombuffer(data[begin + info["data_offsets"][0] : begin + info["data_offsets"][1]],
                               dtype=kinds[info["dtype"]]).reshape(info["shape"])
        for name, info in header.items()
    }}


@torch.inference_mode()
def features(state, x):
    """The tensors of TAPS, by their names there."""
    found = {{}}
    wanted = set(TAPS.values())

    def keep(name, x):
        if name in wanted:
            found[name] = x
        return x

    def conv(x, name, **how):
        return F.conv2d(x, state[name + ".weight"], state.get(name + ".bias"), **how)

    def bn(x, name, eps=1e-05):
        mean, variance = state[name + ".running_mean"], state[name + ".running_var"]
        return F.batch_norm(x, mean, variance, state[name + ".weight"], state[name + ".bias"], eps=eps)

    def linear(x, name):
        return F.linear(x, state[name + ".weight"], state[name + ".bias"])
'''
TAIL = """
    return {name: found[tensor] for name, tensor in TAPS.items()}


if __name__ == "__main__":
    state = load(sys.argv[1])
    for name, value in features(state, torch.zeros(1, %d, %d, %d)).items():
        print(name, tuple(value.shape))
"""


def snippet(spec: ArchSpec, taps: Sequence[str] = ()) -> str:
    """A Python file that gives the same features as `extract`. Raises NoTensorError.

    What follows the last tap is left out, and what is dropped only in training.
    """
    names = tap_names(spec, tuple(taps))
    writer = _Writer(frozenset(names.values()))
    for stage in plan(spec).stages:
        for run in stage.runs:
            writer.run(run)
    shown = "{" + ", ".join(f"{quoted(name)}: {quoted(tensor)}" for name, tensor in names.items()) + "}"
    height, width = spec.size
    renames = any("denselayer" in line for line in writer.body)  # no other family has early names
    head = HEAD.format(
        spec=spec,
        channels=spec.channels,
        height=height,
        width=width,
        imports="\n".join((IMPORTS[0], "import re", *IMPORTS[1:]) if renames else IMPORTS),
        renaming=RENAMING if renames else "",
        taps=shown,
    )
    functions = "".join(f"\n{text}" for text in writer.functions)
    return head + functions + "\n" + "\n".join(writer.body) + TAIL % (spec.channels, height, width)


class _Writer:
    """Text for one run of blocks after the other; blocks of the same text share a function."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.missing = set(wanted)
        self.body: list[str] = []
        self._names: dict[str, str] = {}

    @property
    def functions(self) -> Iterator[str]:
        """One for each kind of block."""
        for lines, name in self._names.items():
            yield f"    def {name}{lines}\n"

    def run(self, run: Run) -> None:
        """Append what calls a run's blocks, as far as something is wanted of them or behind them."""
        for name in run.names if self.missing else ():
            prefix = f"{name}." if name else ""
            within = frozenset(tap.removeprefix(prefix) for tap in self.missing if tap.startswith(prefix))
            if name:
                call = self._call(run.block, name, within)
                self.body.append(f"    x = {_kept(call, quoted(name), name in self.missing)}")
            else:
                items = run.block.paths[0].items
                self.body += [f"    {line}" for line in _Lines("", within).chain(items, "x", "")]
                within &= {item.name for item in items}
            self.missing -= {name} | {prefix + tap for tap in within}

    def _call(self, block: Block, name: str, wanted: frozenset[str]) -> str:
        share = block.survival < 1 and not block.inverted
        lines = [*_Lines("at + ", wanted).block(block), "return x"]
        text = f"(x, at{', share' if share else ''}):\n" + "\n".join(f"        {line}" for line in lines)
        function = self._names.setdefault(text, f"block{len(self._names) + 1}")
        return f"{function}(x, {quoted(f'{name}.')}{f', {block.survival!r}' if share else ''})"


class _Lines:
    """The lines of one block. `at` stands before its local names; `wanted` are those that are kept."""

    def __init__(self, at: str, wanted: frozenset[str]) -> None:
        self.at, self.wanted = at, wanted

    def block(self, block: Block, prefix: str = "", depth: str = "") -> Iterator[str]:
        """From the variable x back to x; `depth` tells the variables of nested blocks apart."""
        yield from self.chain(block.pre, "x", prefix)
        roles = [path.role for path in block.paths]
        ends = []
        for number, (role, path) in enumerate(zip(roles, block.paths, strict=True), start=1):
            end = f"{role}{depth}{number if roles.count(role) > 1 else ''}"
            ends.append(end)
            yield f"{end} = x"
            for item in path.items:
                if isinstance(item, Block):
                    yield f"around{depth}, x = x, {end}"
                    yield from self.block(item, f"{prefix}{item.name}.", f"{depth}_within")
                    yield f"{end}, x = x, around{depth}"
                else:
                    yield from self.chain((item,), end, prefix)
            if role == "residual" and block.survival < 1 and not block.inverted:
                yield f"{end} = share * {end}"
            if prefix + role in self.wanted:
                yield f"keep({self._said(prefix + role)}, {end})"
        yield f"x = {self._line(prefix + block.join, JOINS[block.join](ends))}"
        yield from self.chain(block.post, "x", prefix)

    def chain(self, ops: Sequence[Op | Block], x: str, prefix: str) -> Iterator[str]:
        """One op after the other, on one variable; what changes nothing and is not kept has no line."""
        for op in ops:
            assert isinstance(op, Op)  # blocks within blocks are paths' own
            name = prefix + op.name
            code = self._line(name, CODE[op.kind](op, x, self._said(name)))
            if code != x:
                yield f"{x} = {code}"

    def _said(self, name: str) -> str:
        return f"{self.at}{quoted(name)}"

    def _line(self, name: str, code: str) -> str:
        return _kept(code, self._said(name), name in self.wanted)


def _kept(code: str, said: str, wanted: bool) -> str:
    return f"keep({said}, {code})" if wanted else code


def quoted(name: str) -> str:
    """A name as Python text."""
    return f'"{name}"'
