"""Blocks by their form: those that differ in numbers alone are one class, with these numbers as its parameters."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..algebra import Block, Op, Path, Plan
from .layout import Call, Code
from .names import is_many, names_for
from .ops import FIELDS, FUNCTION, MODULE, MODULES_ALWAYS, STATEFUL
from .parameters import CHANNELS, Column, Parameters, parametrised

Item = Op | Block
Leaves = tuple["Leaf", ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A block of a class: the class's name, its parameters' names, and the arguments that make it."""

    form: str
    names: tuple[str, ...]
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An item under its name: how its module is made, and the function that it is where it keeps nothing."""

    name: str
    made: Code | Use
    stateful: bool
    convolves: bool
    function: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """A class of blocks. `example` is one of them; `many`: it is paths that differ in nothing but their number.

    `loop` are the names and values in which many paths do differ.
    """

    name: str
    example: Block
    parameters: Parameters
    survival: str
    pre: Leaves
    paths: tuple[Leaves, ...]
    post: Leaves
    many: bool = False
    loop: tuple[Column, ...] = ()


def forms(plan: Plan) -> Mapping[Block, tuple[Form, Use]]:
    """Every block of a plan, and of its blocks, with its class and its use of it; in the order in which classes may
    stand in a file."""
    alike: dict[Hashable, dict[Block, int]] = {}
    for stage in plan.stages:
        for run in stage.runs:
            if run.names[0]:
                for one in _with_inner(run.block):
                    uses = alike.setdefault(_structure(one), {})
                    uses[one] = uses.get(one, 0) + len(run.names)
    names: dict[Hashable, str] = {}
    for structure, uses in sorted(alike.items(), key=lambda one: -sum(one[1].values())):  # the usual ones, plain names
        names[structure] = next(name for name in names_for(next(iter(uses))) if name not in names.values())
    found: dict[Block, tuple[Form, Use]] = {}
    for structure, uses in alike.items():
        form = _form(names[structure], list(uses), found)
        for number, block in enumerate(uses):
            found[block] = form, Use(form.name, form.parameters.names, form.parameters.of(number))
    return found


def _with_inner(block: Block) -> Iterator[Block]:
    for item in _items(block):
        if isinstance(item, Block):
            yield from _with_inner(item)
    yield block


def _items(block: Block) -> Iterator[Item]:
    yield from block.pre
    for path in block.paths:
        yield from path.items
    yield from block.post


def _structure(block: Block) -> Hashable:
    """Equal for blocks that differ in numbers alone."""
    if is_many(block):
        paths: Hashable = (len(block.paths), *(_kinds(path.items) for path in block.paths))
    else:
        paths = tuple((path.role, _kinds(path.items)) for path in block.paths)
    return block.name, block.join, block.survival < 1, block.inverted, _kinds(block.pre), paths, _kinds(block.post)


def _kinds(items: Iterable[Item]) -> Hashable:
    return tuple(
        _structure(item)
        if isinstance(item, Block)
        else (item.kind, item.name, item.bias, item.inplace, item.ceil, item.eps, item.start)
        for item in items
    )


def _form(name: str, blocks: Sequence[Block], inner: Mapping[Block, tuple[Form, Use]]) -> Form:
    example = blocks[0]
    if is_many(example):
        return _many(name, blocks)
    known = _Numbers(blocks, inner)
    leaves = iter([known.leaf(place, item) for place, item in enumerate(_items(example))])
    pre, *paths, post = (
        tuple(next(leaves) for _ in items)
        for items in (example.pre, *(path.items for path in example.paths), example.post)
    )
    return Form(name, example, known.parameters, known.texts.get((-1, "survival"), "1"), pre, tuple(paths), post)


def _many(name: str, blocks: Sequence[Block]) -> Form:
    """One path stands for all, whether blocks differ or their paths do."""
    example = blocks[0]
    inside = [tuple(_unnumbered(path.items)) for path in example.paths]
    differ = len(set(inside)) > 1
    chains = inside if differ else [tuple(_unnumbered(block.paths[0].items)) for block in blocks]
    known = _Numbers([Block((Path("branch", chain),)) for chain in chains], {})
    leaves = tuple(known.leaf(place, op) for place, op in enumerate(chains[0]))
    loop = known.parameters.columns if differ else ()
    parameters = Parameters((), ()) if differ else known.parameters
    return Form(name, example, parameters, "1", (), (leaves,), (), True, loop)


def _unnumbered(items: Iterable[Item]) -> Iterator[Op]:
    return (item._replace(name=item.name.partition(".")[2]) for item in items if isinstance(item, Op))


class _Numbers:
    """The numbers of alike blocks, and the text of each."""

    def __init__(self, blocks: Sequence[Block], inner: Mapping[Block, tuple[Form, Use]]) -> None:
        self.inner = inner
        rows = list(zip(*map(_items, blocks), strict=True))  # an item of every block each
        self.columns: dict[tuple[int, str], Column] = {}
        first, last = _ends(blocks)
        for place, items in enumerate(rows):
            for field, unit, hint, values in self._fields(items):
                if unit == CHANNELS:
                    both = "channels" if first == last else "c_in"
                    hint = both if values == first else "c_out" if values == last else hint
                self.columns[place, field] = Column(unit, hint, values)
        if blocks[0].survival < 1:
            self.columns[-1, "survival"] = Column("survival", "survival", tuple(one.survival for one in blocks))
        self.parameters = parametrised(tuple(self.columns.values()))
        self.texts = dict(zip(self.columns, self.parameters.texts, strict=True))

    def _fields(self, items: Sequence[Item]) -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
        example = items[0]
        if isinstance(example, Op):
            crowded = example.name.startswith("branch")
            for field in FIELDS[example.kind]:
                channels = field in ("c_in", "c_out")
                hint = f"c_{example.name.removesuffix('.conv').replace('.', '_')}" if crowded else "width"
                values = tuple(getattr(item, field) for item in items)
                yield field, CHANNELS if channels else field, hint if channels else field, values
        else:
            form, _ = self.inner[example]
            for number, column in enumerate(form.parameters.columns):
                values = tuple(self.inner[item][1].arguments[number] for item in items if isinstance(item, Block))
                yield column.hint, column.unit, column.hint, values

    def leaf(self, place: int, item: Item) -> Leaf:
        if isinstance(item, Block):
            form, use = self.inner[item]
            arguments = tuple(self.texts[place, name] for name in use.names)
            return Leaf(item.name, Call(form.name, arguments), True, True)
        return leaf(item, lambda field: self.texts[place, field])


def literal(op: Op) -> Leaf:
    """An op as code, with its own numbers."""
    return leaf(op, lambda field: repr(getattr(op, field)))


def leaf(op: Op, said: Callable[[str], str]) -> Leaf:
    """An op as code, its numbers as `said`; a function where it keeps nothing and all of them are known."""
    known = op.kind not in MODULES_ALWAYS and all(said(field) == repr(getattr(op, field)) for field in FIELDS[op.kind])
    return Leaf(
        op.name,
        MODULE[op.kind](op, said),
        op.kind in STATEFUL,
        op.kind in ("conv", "linear"),
        (lambda x: FUNCTION[op.kind](op, said, x)) if known else None,
    )


def _ends(blocks: Sequence[Block]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The channels that come in, and those that go out; of a concatenation, none that any path has."""
    ops = [[op for op in replace(block, paths=block.paths[:1]).ops() if op.kind != "select"] for block in blocks]
    if not all(ops):
        ops = [list(block.ops()) for block in blocks]
    joined = blocks[0].join == "concat"
    return tuple(one[0].c_in for one in ops), () if joined else tuple(one[-1].c_out for one in ops)
