"""Every tensor of a network that can be looked at: its name, what it is in words, its shape, what a cell of it sees."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from . import units
from .algebra import Block, Op, Path
from .backend import EngineError
from .describe import KIND, counted
from .plan import plan
from .rows import Row, analyse
from .shapes import Field, Shape
from .spec import ArchSpec

ENDS: Mapping[str, str] = MappingProxyType(
    {
        "residual": "what the residual path brings",
        "shortcut": "what the shortcut brings",
        "gate": "how far the gate is open",
    }
)
"""Roles of paths whose ends have a name, in words."""


class NoTensorError(EngineError):
    """A name that no tensor of the network has."""


class Tensor(NamedTuple):
    """One tensor on the way from the picture to the classes. `row` is the place in `layer_rows` of the op that it
    comes from, None for the picture; `trunk`: everything that follows passes through it; `where` it arises, in words:
    "conv2_x · block 1"."""

    name: str
    words: str
    shape: Shape
    field: Field
    stage: str
    block: str
    row: int | None
    trunk: bool
    where: str = ""

    @property
    def is_map(self) -> bool:
        """Whether it has cells, and is no vector of features."""
        return len(self.shape) > 1

    @property
    def label(self) -> str:
        """All of it: "conv2_x · block 1 · 3×3 convolution (layer1.0.conv1) · 32×32×16"."""
        return f"{self.where} · {self.words} ({self.name}) · {units.shape(self.shape)}"

    @property
    def title(self) -> str:
        """Where it arises, and its name: "conv2_x · block 1 (layer1.0)"."""
        what = "" if self.name == self.block else f" · {self.words}"
        return f"{self.where}{what} ({self.name})"


@lru_cache(maxsize=32)
def tensors(spec: ArchSpec) -> Mapping[str, Tensor]:
    """The tensors of a network by the names under which a backend brings them, in the order in which they arise."""
    unit = counted(spec).removesuffix("s")
    return MappingProxyType({tensor.name: tensor for tensor in _placed(_tensors(spec), unit)})


def tensor(spec: ArchSpec, name: str) -> Tensor:
    """One of them. Raises NoTensorError."""
    found = tensors(spec).get(name)
    if found is None:
        raise NoTensorError(
            f"{spec} has no tensor {name[:60]!r}: take the name of a row of its table, such as "
            f"{next(iter(tensors(spec)))!r}, or a block's."
        )
    return found


def residual_blocks(spec: ArchSpec) -> tuple[str, ...]:
    """The blocks in which something goes around a residual path, in order: none in plain nets and VGG."""
    return tuple(name for name, block in plan(spec).blocks() if name and is_residual(block))


def is_residual(block: Block) -> bool:
    """Whether a shortcut goes around a residual path."""
    return {"residual", "shortcut"} <= {path.role for path in block.paths}


def join_of(spec: ArchSpec, block: str) -> str:
    """How the paths of a block meet: "add", "concat" or "gate". Raises NoTensorError for no residual block."""
    joins = {name: found.join for name, found in plan(spec).blocks() if name and is_residual(found)}
    if block not in joins:
        raise NoTensorError(
            f"{spec} has no residual block {block[:60]!r}: take {next(iter(joins))!r}, its first."
            if joins
            else f"{spec} has no residual blocks: nothing goes around its layers, so there is nothing to add."
        )
    return joins[block]


def _placed(found: Iterable[Tensor], unit: str) -> Iterator[Tensor]:
    """Tensors that know where they arise: the blocks of a stage are counted from 1, and called by `unit`."""
    numbers: dict[str, dict[str, int]] = {}
    for one in found:
        of_stage = numbers.setdefault(one.stage, {})
        number = of_stage.setdefault(one.block, len(of_stage) + 1) if one.block else 0
        yield one._replace(where=f"{one.stage} · {unit} {number}" if number else one.stage)


def _tensors(spec: ArchSpec) -> Iterator[Tensor]:
    rows = analyse(spec).rows
    picture = Tensor("", "the picture", (spec.channels, *spec.size), Field(), "", "", None, True)
    at, before = 0, picture
    for name, block in plan(spec).blocks():
        known: dict[str, Tensor] = {}
        while at < len(rows) and rows[at].block == name:
            found = _of_row(rows[at], at)
            known[found.name] = found
            yield found
            at += 1
            before = before if name else found
        if name:
            fork = known[f"{name}.{block.pre[-1].name}"] if block.pre else before
            for path in block.paths:
                if path.role in ENDS:
                    end = known[f"{name}.{_end(path)}"] if path.items else fork
                    yield end._replace(
                        name=f"{name}.{path.role}", words=ENDS[path.role], block=name, stage=found.stage, trunk=False
                    )
            if block.join != "aside":  # beside the trunk: what goes on is what came
                before = found._replace(name=name, words="what the block puts out", trunk=True)
                yield before


def _of_row(row: Row, place: int) -> Tensor:
    size = f"{row.kernel}×{row.kernel} " if row.kernel else ""
    field = Field(row.receptive_field, row.jump, row.start)
    words = f"{size}{KIND[row.kind]}"
    return Tensor(row.name, words, row.out_shape, field, row.stage, row.block, place, not row.block)


def _end(path: Path) -> str:
    """The local name of what a path ends with."""
    last = path.items[-1]
    if isinstance(last, Op):
        return last.name
    return f"{last.name}.{last.post[-1].name if last.post else last.join}"
