"""Plan -> one row per op, one per stage, and the totals: everything a person can be told about a network's cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from .algebra import Block, Op, Run, Stage, depth
from .counts import BESIDE, BYTES, ELEMENTWISE, JOINED, MACS, PARAMETERS, SAVED, SAVED_INPUTS, VIEWS
from .plan import plan
from .shapes import OUT_FIELD, OUT_SHAPE, Field, Shape, joined
from .spec import ArchSpec


class Row(NamedTuple):
    """One op of a network, by the conventions at the top of `counts`.

    Shapes are channels, height, width, or features, without the batch. `params` is the sum of `weights`,
    `biases` and `bn`. `activation_bytes` is the size of the output; `saved_bytes` what autograd begins to keep
    here for the backward pass; `live_bytes` what is alive at inference while the op runs. `receptive_field`, where
    the first cell's begins (`start`) and `jump` are pixels of the input; None is the whole picture.

    A tuple rather than a dataclass: a deep net has thousands, and analysis must take a millisecond.
    """

    name: str
    block: str
    receptive_field: int | None
    start: int
    kind: str
    stage: str
    role: str
    in_shape: Shape
    out_shape: Shape
    kernel: int | None
    stride: int | None
    padding: int | None
    groups: int | None
    weights: int
    biases: int
    bn: int
    buffers: int
    params: int
    macs: int
    elementwise: int
    activation_bytes: int
    saved_bytes: int
    live_bytes: int
    jump: int


@dataclass(frozen=True, slots=True)
class Totals:
    """A network's, or a stage's, sums over its rows; `peak_bytes` is the largest `live_bytes`.

    `layers` are the weighted ones on the main path. `receptive_field` and `jump` are a stage's at its end, and a
    network's at its last map, before the whole picture is pooled; None is the whole picture.
    """

    layers: int
    params: int
    buffers: int
    macs: int
    elementwise: int
    activation_bytes: int
    saved_bytes: int
    peak_bytes: int
    receptive_field: int | None
    jump: int

    @property
    def parameter_bytes(self) -> int:
        """The weights themselves, which no activation counts."""
        return BYTES * self.params


@dataclass(frozen=True, slots=True)
class StageRow:
    """A stage with its sums, as a row of the paper's Table 1: `blocks` counts blocks that have a name."""

    stage: Stage
    blocks: int
    out_shape: Shape
    totals: Totals

    @property
    def title(self) -> str:
        return self.stage.title


@dataclass(frozen=True, slots=True)
class Analysis:
    """Everything there is to say about the cost of one spec."""

    spec: ArchSpec
    rows: tuple[Row, ...]
    stages: tuple[StageRow, ...]
    totals: Totals


def analyse(spec: ArchSpec) -> Analysis:
    """Rows, stages and totals of a network at the size of its spec."""
    state = _Tensor((spec.channels, *spec.size), Field())
    rows: list[Row] = []
    stages: list[StageRow] = []
    network = plan(spec)
    picture = state
    for stage in network.stages:
        begin = len(rows)
        for run in stage.runs:
            state = _unfolded(run, stage.title, state, picture, rows)
        stages.append(
            StageRow(
                stage,
                sum(len(run.names) for run in stage.runs if run.names[0]),
                state.shape,
                _sums(rows[begin:], (stage,), rows[-1]),
            )
        )
    last_map = next((row for row in reversed(rows) if row.receptive_field is not None), rows[-1])
    return Analysis(spec, tuple(rows), tuple(stages), _sums(rows, network.stages, last_map))


def layer_rows(spec: ArchSpec) -> tuple[Row, ...]:
    """One row per op, in the order in which they run."""
    return analyse(spec).rows


def totals(spec: ArchSpec) -> Totals:
    """Parameters, multiply-adds and memory of the whole network."""
    return analyse(spec).totals


class _Tensor:
    """What flows: its shape, its field, whether autograd already keeps it, and the memory that it lies in.

    `of` is a tensor in whose memory it lies at inference; in none, it has its own.
    """

    __slots__ = ("bytes", "field", "memory", "saved", "shape")

    def __init__(self, shape: Shape, field: Field, saved: bool = False, of: "_Tensor | None" = None) -> None:
        self.shape, self.field, self.saved = shape, field, saved
        self.bytes = BYTES * prod(shape)
        self.memory: object = object() if of is None else of.memory

    def beside(self, other: "_Tensor | None") -> int:
        """The bytes that it takes when the other is counted already."""
        return 0 if other is not None and self.memory is other.memory else self.bytes


class _Template(NamedTuple):
    """A row but for what differs from one repetition of a block to the next."""

    local: str
    widening: int | None
    shift: int
    rest: tuple[Any, ...]


def _unfolded(run: Run, stage: str, x: _Tensor, picture: _Tensor, rows: list[Row]) -> _Tensor:
    """Append a run's rows. Repetitions differ in their names, in the receptive field, and in what is saved already."""
    walked: dict[bool, tuple[list[_Template], _Tensor, int, int]] = {}
    make = Row._make
    for name in run.names:
        base, begin, saved = x.field.size or 0, x.field.start, x.saved
        if saved not in walked:
            walk = _Walk(stage, picture, base, begin)
            # held: the picture, which is the caller's own
            out = walk.block(run.block, x, "", picture.bytes, picture, keeps_input=bool(name))
            walked[saved] = walk.templates, out, (out.field.size or 0) - base, out.field.start - begin
        templates, out, widened, shifted = walked[saved]
        prefix = f"{name}." if name else ""
        for local, widening, shift, rest in templates:
            seen = (None, 0) if widening is None else (base + widening, begin + shift)
            rows.append(make((prefix + local, name, *seen, *rest)))
        field = out.field if out.field.size is None else Field(base + widened, out.field.jump, begin + shifted)
        x = _Tensor(out.shape, field, out.saved)
    return x


class _Walk:
    """One way through a block, op by op."""

    def __init__(self, stage: str, picture: _Tensor, base: int, begin: int) -> None:
        self.stage, self.picture, self.base, self.begin = stage, picture, base, begin
        self.templates: list[_Template] = []

    def block(
        self, block: Block, x: _Tensor, prefix: str, held: int, owned: _Tensor | None, keeps_input: bool = True
    ) -> _Tensor:
        """`held` bytes stay alive around the block, and `owned` is a tensor that they count already.

        `keeps_input`: whether the block's input stays alive until its end, as it does in a module of its own.
        """
        if keeps_input:
            held += x.beside(owned)
        fork = self._ops(block.pre, x, x if keeps_input else None, held, prefix, "pre")
        held += fork.beside(x)
        outs: list[_Tensor] = []
        for path in block.paths:
            out = fork
            for item in path.items:
                owned = fork if keeps_input else None
                if isinstance(item, Block):
                    out = self.block(item, out, f"{prefix}{item.name}.", held, owned)
                else:
                    out = self._op(item, out, owned, held, prefix, path.role)
            held += out.beside(fork)
            outs.append(out)
        x = outs[0]
        if block.join in JOINED:
            x = self._join(block.join, outs, held, prefix)
            held -= sum(out.beside(fork) for out in outs)
            return self._ops(block.post, x, None, held, prefix, "post")
        return self._ops(block.post, x, None, held - x.beside(fork), prefix, "post")

    def _ops(self, ops: Sequence[Op], x: _Tensor, owned: _Tensor | None, held: int, prefix: str, role: str) -> _Tensor:
        for op in ops:
            x = self._op(op, x, owned, held, prefix, role)
        return x

    def _op(self, op: Op, x: _Tensor, owned: _Tensor | None, held: int, prefix: str, role: str) -> _Tensor:
        """`owned` is a tensor that `held` counts already."""
        kind = op.kind
        shared = op.inplace or kind in VIEWS
        out = _Tensor(OUT_SHAPE[kind](op, x.shape), OUT_FIELD[kind](op, x.shape, x.field), of=x if shared else None)
        saves = SAVED[kind]
        saved = saves.own(op, out.shape)
        if saves.input(op) and not x.saved:
            saved += x.bytes
            x.saved = True
        if saves.output:
            saved += out.bytes
            out.saved = True
        live = held + min(x.beside(owned), x.beside(self.picture)) + out.beside(x)
        if kind == "flatten":
            out.saved = x.saved
        if kind in BESIDE:
            live += BESIDE[kind](op, out.shape)
        weights, biases, bn, buffers = PARAMETERS[kind](op)
        windowed = op.kernel > 0 and kind != "lrn"  # whose window lies across the channels
        size = out.field.size
        self.templates.append(
            _Template(
                prefix + op.name,
                None if size is None else size - self.base,
                out.field.start - self.begin,
                (
                    kind,
                    self.stage,
                    role,
                    x.shape,
                    out.shape,
                    op.kernel if windowed else None,
                    op.stride if windowed or op.stride > 1 else None,
                    op.padding if windowed else None,
                    op.groups if kind == "conv" else None,
                    weights,
                    biases,
                    bn,
                    buffers,
                    weights + biases + bn,
                    MACS[kind](op, out.shape),
                    ELEMENTWISE[kind](op, x.shape, out.shape),
                    out.bytes,
                    saved,
                    live,
                    out.field.jump,
                ),
            )
        )
        return out

    def _join(self, kind: str, outs: list[_Tensor], held: int, prefix: str) -> _Tensor:
        out = _Tensor(*joined(kind, [path.shape for path in outs], [path.field for path in outs]))
        size = out.field.size
        saved = 0
        if kind in SAVED_INPUTS:
            saved = sum(path.bytes for path in outs if not path.saved)
            for path in outs:
                path.saved = True
        nothing = (None, None, None, None, 0, 0, 0, 0, 0, 0, JOINED[kind](len(outs), out.shape))
        # a sum of more than two paths holds the sum so far and the next one
        sums = 2 if kind == "add" and len(outs) > 2 else 1
        self.templates.append(
            _Template(
                prefix + kind,
                None if size is None else size - self.base,
                out.field.start - self.begin,
                (
                    *(kind, self.stage, "join", outs[0].shape, out.shape),
                    *nothing,
                    *(out.bytes, saved, held + sums * out.bytes, out.field.jump),
                ),
            )
        )
        return out


def _sums(rows: Sequence[Row], stages: Sequence[Stage], last: Row) -> Totals:
    return Totals(
        layers=sum(depth(run.block) * len(run.names) for stage in stages for run in stage.runs),
        params=sum([row.params for row in rows]),
        buffers=sum([row.buffers for row in rows]),
        macs=sum([row.macs for row in rows]),
        elementwise=sum([row.elementwise for row in rows]),
        activation_bytes=sum([row.activation_bytes for row in rows]),
        saved_bytes=sum([row.saved_bytes for row in rows]),
        peak_bytes=max([row.live_bytes for row in rows]),
        receptive_field=last.receptive_field,
        jump=last.jump,
    )
