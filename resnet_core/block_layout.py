"""Where the ops of one block stand: paths as rows, the shortcut above, gates and branches below, in closed form.

Pixels, y downwards. The signal enters and leaves along height zero.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .algebra import Block, Op, Path
from .block_choices import MOST_PATHS
from .counts import JOINED
from .describe import SIGN as JOIN_SIGN
from .drawing import GAP, HEIGHT, Layout, Node, Note, Wire, beside, line, moved

CAPTION = 18.0
"""The line of text beneath an op that has weights."""
LEAD, ROW_GAP, SAID = 26.0, 16.0, 20.0
"""What a path takes to leave its fork, or to come to its join; between paths; for words under one."""
SIGN = 11.0
"""The radius of a join."""
ARC = 34.0
"""How far an identity passes above what it goes around."""
LETTER, MARGIN = 6.9, 9.0
WITH_CAPTION = frozenset({"conv", "linear", "rbf"})


Texts = Callable[[str, Op], tuple[str, str]]
"""An op's name inside its block, and the op -> what stands in its box, in one line or in two."""


def block_layout(block: Block, texts: Texts) -> Layout:
    """The drawing of a block, or of a chain of ops, with what comes in on the left and goes out on the right."""
    inside = _block(block, "", texts, "signal")
    ends = 2 * GAP
    put = moved(inside, ends, 0.0)
    around = line("signal", 0.0, ends), line("signal", inside.width + ends, ends)
    return replace(put, width=inside.width + 2 * ends, wires=(*around, *put.wires))


def _block(block: Block, prefix: str, texts: Texts, role: str) -> Layout:
    """A block in a row of role `role`, that of what is before its fork and behind its join."""
    before = _chain(block.pre, prefix, texts, role)
    after = _chain(block.post, prefix, texts, role)
    if len(block.paths) == 1:
        path = block.paths[0]
        middle = _path(path, prefix, texts, role if block.pre or role != "signal" else path.role)
    else:
        middle = _fork(block, prefix, texts, role)
    return beside([part for part in (before, middle, after) if part.width], role)


def _fork(block: Block, prefix: str, texts: Texts, role: str) -> Layout:
    """The paths of a block from where they part to where they meet, and the sign there."""
    rows = _rows(block, prefix, texts)
    inner = max(layout.width for _, layout, _ in rows)
    begin, end = LEAD, LEAD + inner
    meeting = end + LEAD
    nodes: list[Node] = []
    wires: list[Wire] = []
    notes: list[Note] = []
    above = below = HEIGHT / 2
    for path, layout, y in rows:
        shift = begin + (inner - layout.width) / 2
        put = moved(layout, shift, y)
        kind = "identity" if path.role == "shortcut" and not path.items else path.role
        if path.items:
            wires.append(_parting(kind, y, begin, shift))
            wires.append(_meeting(kind, y, shift + layout.width, end, meeting, aside=block.join == "aside" and y > 0))
        else:
            wires.append(_arc(kind, y, begin, end, meeting))
        nodes += put.nodes
        wires += put.wires
        edge = y + layout.below if y >= 0 else y - max(layout.above, SIGN * (block.join == "gate"))
        notes.append(Note(kind, (begin + end) / 2, edge))
        above, below = max(above, layout.above - y), max(below, layout.below + y)
    if block.join not in JOINED:
        return Layout(meeting, above, below, tuple(nodes), tuple(wires), tuple(notes))
    name = f"{prefix}{block.join}"
    nodes.append(_sign(name, JOIN_SIGN[block.join], meeting, 0.0))
    width = meeting + SIGN
    if block.join == "gate":  # T·H + (1−T)·x: what goes around meets the gate above, and what is let pass behind
        top = min(y for _, _, y in rows)
        last = meeting + 4 * SIGN
        wires.append(Wire("gate", "ML", ((meeting, 0.0), (meeting, top))))
        wires.append(Wire("residual", "ML", ((meeting, 0.0), (last, 0.0))))
        wires.append(Wire("identity", "MC", ((meeting, top), (last, top), (last, top * 0.6), (last, 0.0))))
        nodes += _sign(name, "×", meeting, top), _sign(name, "+", last, 0.0)
        width, above = last + SIGN, max(above, SIGN - top)
    return Layout(width, above, below, tuple(nodes), tuple(wires), tuple(notes))


def _sign(name: str, sign: str, x: float, y: float) -> Node:
    return Node("sign", (name,), x, y, 2 * SIGN, 2 * SIGN, sign)


def _parting(role: str, y: float, begin: float, to: float) -> Wire:
    """From the fork at the origin to the first op of a row."""
    if not y:
        return line(role, 0.0, to)
    return Wire(role, "MCL", ((0.0, 0.0), (begin * 0.15, y * 0.75), (begin * 0.3, y), (begin, y), (max(to, begin), y)))


def _meeting(role: str, y: float, leave: float, end: float, meeting: float, aside: bool) -> Wire:
    """From the last op of a row to the join, or to an end of its own."""
    if not y or aside:
        return line(role, leave, meeting - leave, y)
    lead = meeting - end
    curve = ((meeting - lead * 0.3, y), (meeting - lead * 0.15, y * 0.75), (meeting, 0.0))
    return Wire(role, "MLC", ((leave, y), (end, y), *curve))


def _arc(role: str, y: float, begin: float, end: float, meeting: float) -> Wire:
    """An identity: from the fork to the join with nothing between."""
    if not y:
        return line(role, 0.0, meeting)
    lead = meeting - end
    up = ((begin * 0.15, y * 0.75), (begin * 0.3, y), (begin, y))
    down = ((meeting - lead * 0.3, y), (meeting - lead * 0.15, y * 0.75), (meeting, 0.0))
    return Wire(role, "MCLC", ((0.0, 0.0), *up, (end, y), *down))


Rows = list[tuple[Path, Layout, float]]


def _rows(block: Block, prefix: str, texts: Texts) -> Rows:
    """Each path with its drawing and the height at which it runs: the shortcut above, the others below the first."""
    drawn = [(path, _path(path, prefix, texts, path.role)) for path in _shown(block.paths)]
    if len(block.paths) > MOST_PATHS:
        drawn.insert(1, (block.paths[1], _fold(block.paths[1:-1], prefix)))
    shortcuts = [pair for pair in drawn if pair[0].role == "shortcut"] if block.join != "carry" else []
    others = [pair for pair in drawn if pair not in shortcuts]
    if block.join == "carry":  # what is let pass runs straight on
        others.sort(key=lambda pair: pair[0].role != "shortcut")
    rows: Rows = []
    y = 0.0
    if not shortcuts and block.join != "aside" and len(others) > 2:  # branches: as many above as below
        heights = [layout.above + layout.below for _, layout in others]
        y = -(sum(heights) + ROW_GAP * (len(heights) - 1)) / 2 + others[0][1].above
    for number, (path, layout) in enumerate(others):
        if number:
            y += others[number - 1][1].below + ROW_GAP + layout.above + SAID * (path.role == "gate")
        rows.append((path, layout, y))
    top = rows[0][1].above
    for path, layout in shortcuts:
        rows.append((path, layout, -(top + (ROW_GAP + layout.below if path.items else ARC))))
    return rows


def _shown(paths: Sequence[Path]) -> list[Path]:
    return list(paths) if len(paths) <= MOST_PATHS else [paths[0], paths[-1]]


def _fold(paths: Sequence[Path], prefix: str) -> Layout:
    """One box that stands for the ops of many like paths."""
    names = tuple(f"{prefix}{name}" for path in paths for name in _names(path))
    label = f"{len(paths)} more paths like these"
    width = LETTER * len(label) + 2 * MARGIN
    return Layout(width, 13.0, 13.0, (Node("fold", names, width / 2, 0.0, width, 26.0, label),))


def _names(path: Path) -> Iterable[str]:
    for item in path.items:
        if isinstance(item, Block):
            yield from (f"{item.name}.{op.name}" for op in item.ops())
        else:
            yield item.name


def _path(path: Path, prefix: str, texts: Texts, role: str) -> Layout:
    parts = [
        _block(item, f"{prefix}{item.name}.", texts, role) if isinstance(item, Block) else _op(item, prefix, texts)
        for item in path.items
    ]
    return beside(parts, role) if parts else Layout(0.0, 0.0, 0.0)


def _chain(ops: Sequence[Op], prefix: str, texts: Texts, role: str) -> Layout:
    return beside([_op(op, prefix, texts) for op in ops], role)


def _op(op: Op, prefix: str, texts: Texts) -> Layout:
    name = f"{prefix}{op.name}"
    label, note = texts(name, op)
    width = max(HEIGHT, LETTER * max(len(label), len(note)) + 2 * MARGIN)
    captioned = op.kind in WITH_CAPTION
    node = Node("op", (name,), width / 2, 0.0, width, HEIGHT, label, note)
    return Layout(width, HEIGHT / 2, HEIGHT / 2 + CAPTION * captioned, (node,))
