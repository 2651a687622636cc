"""One block from left to right, as a Graphviz figure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import graphviz

from . import units
from .algebra import Block, Op, Path
from .block_choices import MOST_PATHS, BlockChoice, rows_of_block
from .describe import KIND, SIGN
from .rows import Analysis, Row


class Ink(NamedTuple):
    """Colours of a figure, as CSS colours."""

    identity: str
    residual: str
    text: str
    muted: str
    line: str
    card: str


def block_figure(analysis: Analysis, choice: BlockChoice, ink: Ink) -> graphviz.Digraph:
    """One block from left to right: the residual path orange, identity blue and solid, projection blue and dashed."""
    graph = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "bgcolor": "transparent", "nodesep": "0.24", "ranksep": "0.16", "margin": "0.05"},
        node_attr={
            "shape": "box",
            "style": "rounded,filled",
            "fillcolor": ink.card,
            "color": ink.line,
            "fontcolor": ink.text,
            "fontname": "sans-serif",
            "fontsize": "12",
            "margin": "0.07,0.05",
            "height": "0.36",
            "width": "0.3",
        },
        edge_attr={
            "color": ink.muted,
            "fontcolor": ink.muted,
            "fontname": "sans-serif",
            "fontsize": "10",
            "arrowsize": "0.55",
            "penwidth": "1.4",
        },
    )
    rows = {row.name: row for row in rows_of_block(analysis, choice)}
    prefix = f"{choice.name}." if choice.run.names[0] else ""
    drawing = _Drawing(graph, rows, ink, _survival(choice))
    drawing.point("x", "x")
    end = drawing.block(choice.run.block, "x", prefix, {"color": ink.muted})
    drawing.point("y", "y")
    graph.edge(end, "y")
    return graph


def _survival(choice: BlockChoice) -> str:
    begin, end = choice.survival
    if end == 1:
        return ""
    return f"survives: {begin:.3g}" if begin == end else f"survives: {begin:.3g} … {end:.3g}"


class _Drawing:
    """A figure while it grows. Node names hold no colon, which Graphviz reads as a port."""

    def __init__(self, graph: graphviz.Digraph, rows: Mapping[str, Row], ink: Ink, survival: str) -> None:
        self.graph, self.rows, self.ink, self.survival = graph, rows, ink, survival

    def point(self, name: str, label: str) -> None:
        self.graph.node(name, label, shape="plaintext", style="", width="0.2", margin="0.02")

    def circle(self, name: str, label: str) -> str:
        self.graph.node(name, label, shape="circle", fixedsize="true", width="0.34", height="0.34", color=self.ink.text)
        return name

    def block(self, block: Block, last: str, prefix: str, style: Mapping[str, str]) -> str:
        """Draw a block behind a node, and return the node where it ends."""
        fork = self.ops(block.pre, last, prefix, style)
        if block.join == "aside":
            self.point(f"{prefix}aside", "its own answer")
            self.graph.edge(self.path(block.paths[1], fork, prefix), f"{prefix}aside", color=self.ink.residual)
            return fork
        if block.join == "none":
            end = self.path(block.paths[0], fork, prefix)
        elif block.join in ("gate", "carry"):
            end = self._gated(block, fork, prefix)
        else:
            end = self.circle(f"{prefix}{block.join}", SIGN[block.join])
            for number, path in enumerate(block.paths):
                if len(block.paths) <= MOST_PATHS or number in (0, len(block.paths) - 1):
                    self.edge(self.path(path, fork, prefix), end, path, straight=bool(path.items))
                elif number == 1:
                    self._ellipsis(len(block.paths), fork, end, prefix)
        return self.ops(block.post, end, prefix, {"color": self.ink.muted})

    def path(self, path: Path, last: str, prefix: str) -> str:
        for item in path.items:
            if isinstance(item, Block):
                last = self.block(item, last, f"{prefix}{item.name}.", self.style(path))
            else:
                last = self.ops((item,), last, prefix, self.style(path))
        return last

    def style(self, path: Path) -> dict[str, str]:
        """Colours and weights of a path's edges; heavy ones stay straight."""
        if path.role == "gate":
            return {"weight": "3", "color": self.ink.text, "penwidth": "1.4"}
        if path.role != "shortcut":
            return {"weight": "9", "color": self.ink.residual, "penwidth": "1.8"}
        dashed = {"style": "dashed"} if path.items else {}
        return {"weight": "1", "color": self.ink.identity, "penwidth": "2.4", **dashed}

    def edge(self, begin: str, end: str, path: Path, straight: bool = True, label: str = "") -> None:
        around = {} if straight else {"tailport": "n", "headport": "n"}
        survives = self.survival if path.role == "residual" else ""
        text = label or survives
        self.graph.edge(begin, end, **self.style(path), **around, **({"label": f" {text} "} if text else {}))

    def ops(self, ops: Sequence[Op], last: str, prefix: str, style: Mapping[str, str]) -> str:
        for op in ops:
            row = self.rows[f"{prefix}{op.name}"]
            weighted = op.kind in ("conv", "linear", "zeropad", "rbf")
            outline = {"color": style["color"], "penwidth": "1.6"} if weighted else {}
            if weighted and style.get("style") == "dashed":
                outline["style"] = "rounded,filled,dashed"
            self.graph.node(row.name, _label(op, row), tooltip=f"{row.name}: {units.shape(row.out_shape)}", **outline)
            self.graph.edge(last, row.name, **style)
            last = row.name
        return last

    def _gated(self, block: Block, fork: str, prefix: str) -> str:
        """T·H + (1−T)·x, or its second half alone."""
        ends = {path.role: (self.path(path, fork, prefix), path) for path in block.paths}
        kept = self.circle(f"{prefix}kept", "×")
        self.edge(*_to(ends["gate"], kept), label="1−T")
        end, path = ends["shortcut"]
        self.edge(end, kept, path, straight=bool(path.items) or block.join == "carry")
        if block.join == "carry":
            return kept
        passed = self.circle(f"{prefix}passed", "×")
        self.edge(*_to(ends["residual"], passed), label="H")
        self.edge(*_to(ends["gate"], passed), label="T")
        total = self.circle(f"{prefix}gate", "+")
        self.graph.edge(passed, total, **self.style(ends["residual"][1]))
        self.graph.edge(kept, total, **self.style(path))
        return total

    def _ellipsis(self, number: int, fork: str, end: str, prefix: str) -> None:
        name = f"{prefix}others"
        self.point(name, f"… {number} paths")
        for begin, to in ((fork, name), (name, end)):
            self.graph.edge(begin, to, color=self.ink.residual, style="dotted", arrowhead="none")


def _to(end: tuple[str, Path], node: str) -> tuple[str, str, Path]:
    return end[0], node, end[1]


def _label(op: Op, row: Row) -> str:
    stride = f" /{op.stride}" if op.stride > 1 else ""
    change = f"{op.c_in}→{op.c_out}"
    if op.kind == "conv":
        groups = f"\n{op.groups} groups" if op.groups > 1 else ""
        return f"{op.kernel}×{op.kernel} conv{stride}\n{change}{groups}\n{units.count(row.macs)}"
    if op.kind in ("linear", "rbf"):
        return f"{KIND[op.kind]}\n{change}\n{units.count(row.macs)}"
    if op.kind == "zeropad":
        return f"zero padding\n{change}"
    if op.kind == "select":
        return f"{op.c_out} of {op.c_in} maps"
    if op.kind in ("maxpool", "avgpool"):
        return f"{op.kernel}×{op.kernel} {KIND[op.kind]}{stride}"
    if op.kind in ("scale", "dropout"):
        return f"{'× ' if op.kind == 'scale' else 'dropout '}{op.factor:g}"
    return {"bn": "BN", "relu": "ReLU", "lrn": "LRN"}.get(op.kind, KIND[op.kind])
