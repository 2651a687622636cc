"""One block from left to right, as a Graphviz figure."""

from collections.abc import Sequence
from typing import NamedTuple

import graphviz

from . import units
from .algebra import Block, Op, Path, Run
from .describe import KIND
from .diagram import shortcut_of
from .rows import Analysis, Row


class BlockChoice(NamedTuple):
    """A block that can be shown alone: the first of a run of identical ones."""

    name: str
    label: str
    run: Run


def block_choices(analysis: Analysis) -> tuple[BlockChoice, ...]:
    """Every distinct block of a network, first to last."""
    return tuple(
        BlockChoice(run.names[0], f"{row.title} · {_numbers(run)} · {_in_words(run.block)}", run)
        for row in analysis.stages
        for run in row.stage.runs
        if run.names[0]
    )


def usual_block(analysis: Analysis) -> BlockChoice:
    """The block that the network repeats most often."""
    return max(block_choices(analysis), key=lambda choice: len(choice.run.names))


def _numbers(run: Run) -> str:
    first = int(run.names[0].rpartition(".")[2]) + 1
    last = first + len(run.names) - 1
    return f"block {first}" if first == last else f"blocks {first}–{last}"


def _in_words(block: Block) -> str:
    kind = shortcut_of(block) or "no shortcut"
    return "zero padding" if kind == "padding" else kind


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
    rows = {row.name: row for row in analysis.rows if row.block == choice.name}
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
        edge_attr={"color": ink.muted, "arrowsize": "0.55", "penwidth": "1.4"},
    )
    block = choice.run.block
    last = _figure_ops(graph, rows, choice.name, block.pre, _point(graph, "x", "x", ink), ink.muted, ink)
    fork = last
    joins = block.join != "none"
    meeting = _point(graph, "join", "+", ink, circle=True) if joins else None
    for path in block.paths:
        colour = ink.identity if path.role == "shortcut" else ink.residual
        ops = tuple(item for item in path.items if isinstance(item, Op))
        style = _edge(path, colour)
        end = _figure_ops(graph, rows, choice.name, ops, fork, colour, ink, style)
        if meeting is None:
            last = end
        else:
            around = {"tailport": "n", "headport": "n"} if not ops else {}
            graph.edge(end, meeting, **style, **around)
            last = meeting
    end = _figure_ops(graph, rows, choice.name, block.post, last, ink.muted, ink)
    graph.edge(end, _point(graph, "y", "y", ink))
    return graph


def _point(graph: graphviz.Digraph, name: str, label: str, ink: Ink, circle: bool = False) -> str:
    if circle:
        graph.node(name, label, shape="circle", fixedsize="true", width="0.34", height="0.34", color=ink.text)
    else:
        graph.node(name, label, shape="plaintext", style="", width="0.2", margin="0.02")
    return name


def _edge(path: Path, colour: str) -> dict[str, str]:
    dashed = {"style": "dashed"} if path.role == "shortcut" and path.items else {}
    straight = "1" if path.role == "shortcut" else "9"
    return {"weight": straight, "color": colour, "penwidth": "2.4" if path.role == "shortcut" else "1.8", **dashed}


def _figure_ops(
    graph: graphviz.Digraph,
    rows: dict[str, Row],
    block: str,
    ops: Sequence[Op],
    last: str,
    colour: str,
    ink: Ink,
    style: dict[str, str] | None = None,
) -> str:
    for op in ops:
        row = rows[f"{block}.{op.name}"]
        # an id must hold no colon, which Graphviz reads as a port
        node = row.name
        weighted = op.kind in ("conv", "linear", "zeropad")
        outline = {"color": colour, "penwidth": "1.6"} if weighted else {}
        if weighted and style and style.get("style") == "dashed":
            outline["style"] = "rounded,filled,dashed"
        graph.node(node, _label(op, row), tooltip=f"{row.name}: {units.shape(row.out_shape)}", **outline)
        graph.edge(last, node, **(style or {}))
        last = node
    return last


def _label(op: Op, row: Row) -> str:
    if op.kind == "conv":
        stride = f" /{op.stride}" if op.stride > 1 else ""
        return f"{op.kernel}×{op.kernel} conv{stride}\n{op.c_in}→{op.c_out}\n{units.count(row.macs)}"
    if op.kind == "zeropad":
        return f"zero padding\n{op.c_in}→{op.c_out}"
    return {"bn": "BN", "relu": "ReLU"}.get(op.kind, KIND[op.kind])
