"""A drawing of boxes, signs and lines, which can be moved and put beside others. Pixels, y downwards."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, NamedTuple

HEIGHT, GAP = 42.0, 12.0
"""Of an op's box, and between two on one line."""

Kind = Literal["op", "sign", "fold"]


class Node(NamedTuple):
    """A box, a sign, or what stands for paths that are not drawn: its centre, and the ops (by name) that it shows."""

    kind: Kind
    names: tuple[str, ...]
    x: float
    y: float
    width: float
    height: float
    label: str
    note: str = ""


class Wire(NamedTuple):
    """A line that the signal takes: SVG's commands (M, L, C), and the points that they take, one, one and three.

    Roles: a path's, "identity", or "signal" outside of paths.
    """

    role: str
    commands: str
    points: tuple[tuple[float, float], ...]

    @property
    def d(self) -> str:
        """As the data of an SVG path."""
        points = iter(self.points)
        return "".join(
            command + " ".join(f"{x:g},{y:g}" for x, y in islice(points, 3 if command == "C" else 1))
            for command in self.commands
        )


class Note(NamedTuple):
    """Words at a place: beside a path of this role."""

    role: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawing that is `width` wide and reaches from `-above` to `below`."""

    width: float = 0.0
    above: float = HEIGHT / 2
    below: float = HEIGHT / 2
    nodes: tuple[Node, ...] = ()
    wires: tuple[Wire, ...] = ()
    notes: tuple[Note, ...] = ()


def line(role: str, x: float, length: float, y: float = 0.0) -> Wire:
    """A level line from `x` on."""
    return Wire(role, "ML", ((x, y), (x + length, y)))


def moved(layout: Layout, dx: float, dy: float) -> Layout:
    """A drawing elsewhere; its extent stays as it is seen from its own line."""
    return replace(
        layout,
        nodes=tuple(node._replace(x=node.x + dx, y=node.y + dy) for node in layout.nodes),
        wires=tuple(wire._replace(points=tuple((x + dx, y + dy) for x, y in wire.points)) for wire in layout.wires),
        notes=tuple(note._replace(x=note.x + dx, y=note.y + dy) for note in layout.notes),
    )


def beside(parts: Sequence[Layout], role: str) -> Layout:
    """Drawings one behind the other, on one line."""
    if not parts:
        return Layout()
    nodes: list[Node] = []
    wires: list[Wire] = []
    notes: list[Note] = []
    x = 0.0
    for number, part in enumerate(parts):
        if number:
            x += GAP
            wires.append(line(role, x - GAP, GAP))
        put = moved(part, x, 0.0)
        nodes += put.nodes
        wires += put.wires
        notes += put.notes
        x += part.width
    above, below = max(part.above for part in parts), max(part.below for part in parts)
    return Layout(x, above, below, tuple(nodes), tuple(wires), tuple(notes))
