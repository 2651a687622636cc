"""Plan -> the nodes of an ONNX graph at inference, each under its op's own name and with its shape written on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import GraphProto, TensorProto, helper, numpy_helper

from .algebra import RESPONSE_NORM, Block, Op, Plan
from .shapes import OUT_SHAPE, Shape

if TYPE_CHECKING:
    from torch import Tensor

BATCH = "batch"
EVERYTHING = 2**31 - 1


class Graph:
    """What has been written of `graph` so far. `x` are names of tensors; each leaves `state` as it is written."""

    def __init__(self, graph: GraphProto, state: "dict[str, Tensor]") -> None:
        self.graph, self.state = graph, state
        self.shapes: dict[str, Shape] = {}

    def network(self, plan: Plan, x: str, shape: Shape) -> str:
        """All of a network, from a tensor of that shape; the name of its logits."""
        self.shapes[x] = shape
        for name, block in plan.blocks():
            x = self.block(block, x, f"{name}." if name else "")
        return x

    def block(self, block: Block, x: str, prefix: str) -> str:
        """The paths that leave one point and meet at another; heads beside the network stay away."""
        x = self._chain(block.pre, x, prefix)
        paths = block.paths[:1] if block.join == "aside" else block.paths
        ends = [self._chain(path.items, x, prefix) for path in paths]
        if block.survival < 1 and not block.inverted:  # takes part by its probability, Huang 2016, eq. 5
            place = [path.role for path in paths].index("residual")
            ends[place] = self.scaled(ends[place], f"{prefix}survival", block.survival)
        return self._chain(block.post, self._met(block.join, ends, f"{prefix}{block.join}"), prefix)

    def _chain(self, items: Iterable[Op | Block], x: str, prefix: str) -> str:
        for item in items:
            if isinstance(item, Block):
                x = self.block(item, x, f"{prefix}{item.name}.")
            else:
                shape = OUT_SHAPE[item.kind](item, self.shapes[x])
                x = NODES[item.kind](self, item, x, f"{prefix}{item.name}", shape)
        return x

    def _met(self, join: str, ends: Sequence[str], name: str) -> str:
        shape = self.shapes[ends[0]]
        if len(ends) == 1:
            return ends[0]
        if join == "concat":
            channels = sum(self.shapes[end][0] for end in ends)
            return self.node("Concat", ends, name, (channels, *shape[1:]), axis=1)
        if join == "add":
            total, *others = ends
            for number, other in enumerate(others, start=1):
                total = self.node("Add", (total, other), name if number == len(others) else f"{name}.{number}", shape)
            return total
        gate, carried = ends[-2:]
        if join == "carry":
            return self.node("Sub", (carried, self.node("Mul", (gate, carried), f"{name}.gated", shape)), name, shape)
        change = self.node("Sub", (ends[0], carried), f"{name}.change", shape)
        return self.node("Add", (carried, self.node("Mul", (gate, change), f"{name}.gated", shape)), name, shape)

    def node(self, kind: str, inputs: Iterable[str], name: str, shape: Shape, **attributes: Any) -> str:
        """One node; its name is that of its output."""
        self.graph.node.append(helper.make_node(kind, [*inputs], [name], name=name, **attributes))
        self.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape]))
        self.shapes[name] = shape
        return name

    def constant(self, name: str, values: Any, kind: Any = np.int64) -> str:
        """Numbers that are no weights."""
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(values, dtype=kind), name))
        return name

    def weight(self, name: str) -> str:
        """A tensor of the state, under its own name."""
        self.graph.initializer.append(numpy_helper.from_array(self.state.pop(name).numpy(), name))
        return name

    def scaled(self, x: str, name: str, factor: float) -> str:
        """The tensor times a number."""
        by = self.constant(f"{name}.factor", factor, np.float32)
        return self.node("Mul", (x, by), name, self.shapes[x])


Writer = Callable[[Graph, Op, str, str, Shape], str]


def _conv(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
    weights = [graph.weight(f"{name}.weight"), *([graph.weight(f"{name}.bias")] if op.bias else [])]
    return graph.node("Conv", (x, *weights), name, shape, group=op.groups, **_window(op, (op.padding,) * 4))


def _window(op: Op, pads: Sequence[int]) -> dict[str, Any]:
    return {"kernel_shape": [op.kernel] * 2, "strides": [op.stride] * 2, "pads": [*pads]}


def _bn(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
    parts = ("weight", "bias", "running_mean", "running_var")
    inputs = (x, *(graph.weight(f"{name}.{part}") for part in parts))
    return graph.node("BatchNormalization", inputs, name, shape, epsilon=op.eps)


def _linear(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
    weights = [graph.weight(f"{name}.{part}") for part in ("weight", *(["bias"] if op.bias else []))]
    return graph.node("Gemm", (x, *weights), name, shape, transB=1)


def _pool(kind: str) -> Writer:
    def write(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
        # A last window that reaches over the edge is written as padding there, which every runtime reads alike.
        over = [
            max(0, (out - 1) * op.stride + op.kernel - side - op.padding)
            for out, side in zip(shape[1:], graph.shapes[x][1:], strict=True)
        ]
        return graph.node(kind, (x,), name, shape, **_window(op, (op.padding, op.padding, *over)))

    return write


def _adaptive(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
    """The mean of every map, or, for more cells than one, what two matrices of means make of it."""
    channels, height, width = graph.shapes[x]
    if op.to == 1:
        return graph.node("GlobalAveragePool", (x,), name, shape)
    across = graph.constant(f"{name}.across", np.transpose(_means(width, op.to)), np.float32)
    down = graph.constant(f"{name}.down", _means(height, op.to), np.float32)
    half = graph.node("MatMul", (x, across), f"{name}.half", (channels, height, op.to))
    return graph.node("MatMul", (down, half), name, shape)


def _means(side: int, cells: int) -> "np.ndarray[Any, Any]":
    """A row for each cell: which pixels it is the mean of, as torch divides them."""
    rows = np.zeros((cells, side))
    for cell in range(cells):
        begin, end = floor(Fraction(cell * side, cells)), ceil(Fraction((cell + 1) * side, cells))
        rows[cell, begin:end] = 1 / (end - begin)
    return rows


def _zeropad(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
    if op.stride > 1:
        cut = {"starts": [0, 0], "ends": [EVERYTHING] * 2, "axes": [2, 3], "steps": [op.stride] * 2}
        inputs = (x, *(graph.constant(f"{name}.{part}", values) for part, values in cut.items()))
        x = graph.node("Slice", inputs, f"{name}.picked", (op.c_in, *shape[1:]))
    pads = graph.constant(f"{name}.pads", [0, 0, 0, 0, 0, op.c_out - op.c_in, 0, 0])
    return graph.node("Pad", (x, pads), name, shape)


def _rbf(graph: Graph, op: Op, x: str, name: str, shape: Shape) -> str:
    codes = graph.weight(f"{name}.codes")
    wide = graph.node("Unsqueeze", (x, graph.constant(f"{name}.axis", [1])), f"{name}.wide", (1, op.c_in))
    far = graph.node("Sub", (wide, codes), f"{name}.far", (op.c_out, op.c_in))
    square = graph.node("Mul", (far, far), f"{name}.square", (op.c_out, op.c_in))
    axes = graph.constant(f"{name}.axes", [2])
    return graph.node("Neg", (graph.node("ReduceSum", (square, axes), f"{name}.sum", shape, keepdims=0),), name, shape)


def _simple(kind: str, **attributes: Any) -> Writer:
    return lambda graph, op, x, name, shape: graph.node(kind, (x,), name, shape, **attributes)


NODES: Mapping[str, Writer] = MappingProxyType(
    {
        "conv": _conv,
        "bn": _bn,
        "linear": _linear,
        "relu": _simple("Relu"),
        "sigmoid": _simple("Sigmoid"),
        "tanh": _simple("Tanh"),
        "lrn": lambda graph, op, x, name, shape: graph.node(
            "LRN",
            (x,),
            name,
            shape,
            size=op.kernel,
            alpha=RESPONSE_NORM["alpha"],
            beta=RESPONSE_NORM["beta"],
            bias=RESPONSE_NORM["k"],
        ),
        "dropout": lambda graph, op, x, name, shape: graph.node(
            "Dropout", (x, graph.constant(f"{name}.ratio", op.factor, np.float32)), name, shape
        ),
        "scale": lambda graph, op, x, name, shape: graph.scaled(x, name, op.factor),
        "select": lambda graph, op, x, name, shape: graph.node(
            "Gather", (x, graph.constant(f"{name}.picked", op.picked)), name, shape, axis=1
        ),
        "maxpool": _pool("MaxPool"),
        "avgpool": _pool("AveragePool"),
        "adaptivepool": _adaptive,
        "flatten": _simple("Flatten", axis=1),
        "rbf": _rbf,
        "zeropad": _zeropad,
    }
)
