"""The way of one number: from what a convolution reads to the last value that depends on nothing but its own cell.

Behind the convolution come BN and activations, and, where the path ends, the meeting with what the other paths bring
to the same cell. A pool, another convolution or the block's end is where it stops.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from ..algebra import Block, Op, Path
from ..plan import plan
from ..refusal import Refusal
from ..spec import ArchSpec
from ..tensors import residual_blocks, tensors

CELLWISE = frozenset({"bn", "relu", "sigmoid", "tanh", "scale", "dropout"})
PICTURE = ""
"""The name of the tensor that is no op's output."""


class NoCourseError(Refusal):
    """A layer of which no number can be followed."""


@dataclass(frozen=True, slots=True)
class Applied:
    """An op that changes each number by itself; `tensor` is what it puts out."""

    op: Op
    tensor: str


@dataclass(frozen=True, slots=True)
class Met:
    """Where the paths meet: their roles and their ends, of which the number's own is the one at `own`.

    `survival` is what the residual path is multiplied by at test time (Huang 2016, eq. 5), `offset` the channels of a
    concatenation that come before the number's own path.
    """

    join: str
    tensor: str
    roles: tuple[str, ...]
    ends: tuple[str, ...]
    own: int
    survival: float
    offset: int

    @property
    def others(self) -> tuple[str, ...]:
        """The ends of the other paths."""
        return (*self.ends[: self.own], *self.ends[self.own + 1 :])


@dataclass(frozen=True, slots=True)
class Course:
    """A convolution, the tensor that it reads, and what its numbers go through one by one. `open`: as far as its block
    goes, nothing stopped it."""

    name: str
    op: Op
    source: str
    stops: tuple[Applied | Met, ...] = ()
    open: bool = True

    @property
    def tensor(self) -> str:
        """Where the number ends up."""
        return self.stops[-1].tensor if self.stops else self.name

    @property
    def taps(self) -> tuple[str, ...]:
        """The tensors that are needed to follow a number."""
        others = (end for stop in self.stops if isinstance(stop, Met) for end in stop.others)
        names = (self.source, *others, self.name, *(stop.tensor for stop in self.stops))
        return tuple(dict.fromkeys(name for name in names if name != PICTURE))

    @property
    def offset(self) -> int:
        """How many channels stand before the convolution's own in the tensor where the number ends up."""
        return sum(stop.offset for stop in self.stops if isinstance(stop, Met))


def convolutions(spec: ArchSpec) -> tuple[str, ...]:
    """The layers of which a number can be followed, in order."""
    return tuple(_courses(spec))


def usual_layer(spec: ArchSpec) -> str:
    """What is followed first: of the middle block the convolution that ends its residual path, or the longest way."""
    blocks, found = residual_blocks(spec), _courses(spec)
    middle = f"{blocks[len(blocks) // 2]}." if blocks else ""
    inside = [one for name, one in found.items() if name.startswith(middle)]

    def ends_the_residual_path(one: Course) -> bool:
        return any(isinstance(stop, Met) and stop.roles[stop.own] == "residual" for stop in one.stops)

    return max(inside, key=lambda one: (ends_the_residual_path(one), len(one.stops))).name


def course(spec: ArchSpec, name: str) -> Course:
    """The way of the numbers of one layer. Raises NoCourseError."""
    found = _courses(spec).get(name)
    if found is None:
        raise NoCourseError(
            f"{spec} has no convolution {name[:60]!r}: take one of its table, such as {next(iter(_courses(spec)))!r}."
        )
    return found


@lru_cache(maxsize=16)
def _courses(spec: ArchSpec) -> Mapping[str, Course]:
    found: dict[str, Course] = {}
    source = PICTURE
    for name, block in plan(spec).blocks():
        prefix = f"{name}." if name else ""
        found |= {one.name: one for one in _within(spec, block, prefix, source)}
        if name:
            source = source if block.join == "aside" else name
        else:
            *_, last = block.ops()
            source = last.name
    return MappingProxyType(found)


def _within(spec: ArchSpec, block: Block, prefix: str, source: str) -> Iterator[Course]:
    """The courses that begin in a block, followed to its end."""
    fork = prefix + block.pre[-1].name if block.pre else source
    ends = tuple(_end(path, prefix, fork) for path in block.paths)
    for number, path in enumerate(block.paths):
        at = fork
        for place, item in enumerate(path.items):
            rest = path.items[place + 1 :]
            if isinstance(item, Block):
                begun = tuple(_within(spec, item, f"{prefix}{item.name}.", at))
            else:
                begun = (Course(prefix + item.name, item, at),) if item.kind == "conv" else ()
            for one in begun:
                one = _applied(one, rest, prefix)
                if one.open and block.join != "aside":
                    one = _applied(_met(spec, one, block, prefix, ends, number), block.post, prefix)
                yield one if block.join != "aside" else replace(one, open=False)
            at = _end(Path(path.role, (item,)), prefix, at)


def _applied(course: Course, items: Sequence[Op | Block], prefix: str) -> Course:
    """Followed through ops that change each number by itself, as far as they go."""
    for item in items if course.open else ():
        if isinstance(item, Block) or item.kind not in CELLWISE:
            return replace(course, open=False)
        course = replace(course, stops=(*course.stops, Applied(item, prefix + item.name)))
    return course


def _met(spec: ArchSpec, course: Course, block: Block, prefix: str, ends: tuple[str, ...], own: int) -> Course:
    """Followed to where the paths meet."""
    if block.join == "none":
        return course
    known = tensors(spec)
    before = sum(known[end].shape[0] for end in ends[:own]) if block.join == "concat" else 0
    survival = 1.0 if block.inverted else block.survival
    roles = tuple(path.role for path in block.paths)
    met = Met(block.join, prefix + block.join, roles, ends, own, survival, before)
    return replace(course, stops=(*course.stops, met))


def _end(path: Path, prefix: str, fork: str) -> str:
    """The tensor with which a path ends."""
    if not path.items:
        return fork
    last = path.items[-1]
    if isinstance(last, Op):
        return prefix + last.name
    return f"{prefix}{last.name}.{last.post[-1].name if last.post else last.join}"
