"""The network block by block as a Graphviz file: like blocks folded, what goes around them, how the paths meet."""

import graphviz

from . import units
from .counts import CONVENTION
from .describe import MEETS, title
from .diagram import Volume, volumes
from .map_svg import PAPER_INK
from .rows import Analysis


def dot_source(analysis: Analysis) -> str:
    """The text of the file; `dot -Tpdf` draws it."""
    ink = PAPER_INK
    graph = graphviz.Digraph(
        name=str(analysis.spec),
        comment=f"{title(analysis.spec)} ({analysis.spec}). Counting: {CONVENTION}.",
        graph_attr={
            "rankdir": "TB",
            "label": f"{title(analysis.spec)}\nCounting: {CONVENTION}",
            "labelloc": "t",
            "fontname": "Helvetica",
            "nodesep": "0.35",
        },
        node_attr={"shape": "box", "style": "rounded", "fontname": "Helvetica", "fontsize": "11", "color": ink.muted},
        edge_attr={"color": ink.muted, "fontname": "Helvetica", "fontsize": "10", "arrowsize": "0.6"},
    )
    before = ""
    for volume in volumes(analysis):
        graph.node(volume.name, _label(volume))
        if before:
            graph.edge(before, volume.name)
        if volume.join and volume.join in MEETS:
            meeting = f"{volume.name} {volume.join}"
            graph.node(meeting, MEETS[volume.join][0], shape="circle", style="solid", margin="0", width="0.3")
            graph.edge(volume.name, meeting)
            if volume.shortcut:
                plain = volume.shortcut == "identity"
                style = {"style": "solid" if plain else "dashed", "color": ink.identity, "penwidth": "1.8"}
                graph.edge(before, meeting, label=volume.shortcut, fontcolor=ink.identity, **style)
            before = meeting
        elif not volume.beside:
            before = volume.name
    return str(graph.source)


def _label(volume: Volume) -> str:
    """What stands in the box of a block, and how often it stands."""
    times = f" ×{volume.repeats}" if volume.repeats > 1 else ""
    lines = [f"{volume.name}{times}", units.shape(volume.shape)]
    if volume.params or volume.macs:
        lines.append(f"{units.count(volume.params)} parameters, {units.count(volume.macs)} multiply-adds")
    return "\n".join(lines)
