"""Modules under dotted names, as nested Sequentials; blocks of one class in a row as a loop."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .forms import Leaf, Use
from .layout import Call, Code


@dataclass(frozen=True, slots=True)
class Decay:
    """The linear decay of Huang 2016, eq. 4: block l of L survives with 1 − l/L·(1 − p_L)."""

    blocks: int
    last: float

    def text(self, number: int | str) -> str:
        return f"1 - {number} / {self.blocks} * (1 - {self.last})"

    def number(self, survival: float) -> int:
        """Which block has it."""
        return round((1 - survival) / (1 - self.last) * self.blocks)


def held(leaves: Sequence[tuple[str, Leaf]], decay: Decay | None = None) -> Code:
    """Leaves by the rest of their names, as one module that runs them."""
    return _plain(_tree([(name.split(".") if name else [], leaf.made) for name, leaf in leaves], decay), decay)


def _tree(leaves: list[tuple[list[str], Code | Use]], decay: Decay | None) -> Code | Use:
    if len(leaves) == 1 and not leaves[0][0]:
        return leaves[0][1]
    children = [
        (step, _tree([(way[1:], made) for way, made in below], decay))
        for step, below in ((step, list(group)) for step, group in groupby(leaves, key=lambda one: one[0][0]))
    ]
    return _sequence(children, decay)


def _sequence(children: Sequence[tuple[str, Code | Use]], decay: Decay | None) -> Code:
    names = [name for name, _ in children]
    runs = [
        same for _, run in groupby(children, key=lambda child: _form_of(child[1]) or child[0]) for same in _split(run)
    ]
    if names == list(map(str, range(len(names)))):
        return Call("nn.Sequential", tuple(_run([made for _, made in run], decay) for run in runs))
    prefix = names[0].rstrip("0123456789")
    counted = [f"{prefix}{number}" for number in range(1, len(names) + 1)]
    if len(runs) == 1 and len(names) > 1 and names == counted:
        uses = [made for _, made in children if isinstance(made, Use)]
        one, variable, values = _loop(uses, decay)
        every = f'f"{prefix}{{i}}": {one} for i, {variable} in enumerate({values}, 1)'
        return Call("named", (f"**{{{every}}}",))
    return Call("named", tuple(_keyword(name, _plain(made, decay)) for name, made in children))


def _split(run: Iterable[tuple[str, Code | Use]]) -> Iterator[list[tuple[str, Code | Use]]]:
    """Uses of one class: those that are the same apart from the others, or all where each differs in one number."""
    whole = list(run)
    same = [list(group) for _, group in groupby(whole, key=lambda child: child[1])]
    columns = zip(*(made.arguments for _, made in whole if isinstance(made, Use)), strict=True)
    in_one = sum(len(set(values)) > 1 for values in columns) == 1
    yield from [whole] if in_one and len(same) == len(whole) else same


def _keyword(name: str, code: Code) -> Code:
    return f"{name}={code}" if isinstance(code, str) else Call(f"{name}={code.head}", code.arguments, code.loop)


def _form_of(made: Code | Use) -> str | None:
    return f"{made.form}()" if isinstance(made, Use) else None


def _run(run: Sequence[Code | Use], decay: Decay | None) -> Code:
    uses = [made for made in run if isinstance(made, Use)]
    if len(uses) < 2:
        return _plain(run[0], decay)
    one, variable, values = _loop(uses, decay)
    return Call("*", (one,), f"for {variable} in {values}")


def _plain(made: Code | Use, decay: Decay | None) -> Code:
    if isinstance(made, Use):
        return f"{made.form}({', '.join(_said(made, place, decay) for place in range(len(made.names)))})"
    return made


def _said(use: Use, place: int, decay: Decay | None) -> str:
    value = use.arguments[place]
    if use.names[place] == "survival" and decay:
        return decay.text(decay.number(value))
    return repr(value)


def _loop(uses: Sequence[Use], decay: Decay | None) -> tuple[str, str, str]:
    """One block of a row, the variable in which it differs from the next, and the values of that."""
    first = uses[0]
    columns = list(zip(*(use.arguments for use in uses), strict=True))
    varying = [place for place, values in enumerate(columns) if len(set(values)) > 1]
    texts = [first.names[place] if place in varying else repr(values[0]) for place, values in enumerate(columns)]
    variable, values = "_", f"range({len(uses)})"
    for place in varying:  # one at most
        variable, values = first.names[place], _series(columns[place])
        if variable == "survival" and decay:
            begin = decay.number(columns[place][0])
            variable, values = "i", f"range({begin}, {begin + len(uses)})"
            texts[place] = decay.text("i")
    return f"{first.form}({', '.join(texts)})", variable, values


def _series(values: Sequence[Any]) -> str:
    """Numbers in equal steps as a range, others one by one."""
    step = values[1] - values[0] if all(type(value) is int for value in values) else 0
    if step and list(values) == list(range(values[0], values[-1] + step, step)):
        return f"range({values[0]}, {values[-1] + step}, {step})"
    return repr(tuple(values))


def loop_over(columns: Sequence[Any]) -> str:
    """What follows a comprehension over these columns."""
    if len(columns) == 1:
        return f"for {columns[0].hint} in {columns[0].values!r}"
    names = ", ".join(column.hint for column in columns)
    rows = list(zip(*(column.values for column in columns), strict=True))
    return f"for {names} in (\n{''.join(f'                {row!r},{chr(10)}' for row in rows)}            )"


def attributes(leaves: Sequence[Leaf], decay: Decay | None = None) -> Iterator["Part"]:
    """Leaves by the attributes that hold them: those under one dotted name together."""
    groups: list[list[Leaf]] = []
    for leaf in leaves:
        root = leaf.name.partition(".")[0]
        if groups and "." in leaf.name and "." in groups[-1][0].name and groups[-1][0].name.partition(".")[0] == root:
            groups[-1].append(leaf)
        else:
            groups.append([leaf])
    for group in groups:
        name = group[0].name.partition(".")[0]
        if all(leaf.function for leaf in group):
            yield Part(name, None, tuple(group))
        elif any(leaf.stateful for leaf in group):
            yield Part(name, held([(leaf.name.partition(".")[2], leaf) for leaf in group], decay), tuple(group))
        else:
            made = tuple(_plain(leaf.made, decay) for leaf in group)
            yield Part(name, made[0] if len(made) == 1 else Call("nn.Sequential", made), tuple(group))


@dataclass(frozen=True, slots=True)
class Part:
    """An attribute of a module and what makes it; None where functions do, and nothing has to be held."""

    name: str
    made: Code | None
    leaves: tuple[Leaf, ...]

    @property
    def convolves(self) -> bool:
        return any(leaf.convolves for leaf in self.leaves)

    @property
    def contains(self) -> bool:
        """Whether it is more than one layer."""
        return self.made is not None and (len(self.leaves) > 1 or isinstance(self.leaves[0].made, Use))

    def applied(self, x: str) -> str:
        if self.made is not None:
            return f"self.{self.name}({x})"
        for leaf in self.leaves:
            if leaf.function:
                x = leaf.function(x)
        return x
