"""What turns one network into another, change by change over networks that exist, and each change in words."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, takewhile
from math import prod
from types import MappingProxyType
from typing import NamedTuple

from .alignment import BlockPair, StagePair, align
from .codec import nearest
from .describe import CHOICE, differences, listed, title
from .diagram import shortcut_of
from .rows import Analysis, analyse
from .spec import ArchSpec, SpecError
from .zoo import ZOO

Fields = tuple[str, ...]
"""Choices of a spec that say one thing together."""
IDEAS: tuple[Fields, ...] = (
    ("size",),
    ("stem",),
    ("release",),
    ("block",),
    ("depths",),
    ("width",),
    ("widen",),
    ("growth",),
    ("compression",),
    ("alternate",),
    ("stride_on",),
    ("groups", "group_width"),
    ("form",),
    ("order",),
    ("family", "shortcut"),  # "none" is the plain twin, of a family of its own
    ("skip",),
    ("gate_bias",),
    ("survival", "survival_rule"),
    ("aux",),
    ("classes",),
)
"""In the order in which changes are made, as far as the networks between exist."""
_PLACES: Mapping[str, int] = MappingProxyType({name: place for place, name in enumerate(ZOO)})
EVERYWHERE = ("size", "stem", "classes")
"""Choices that mean the same in every family that has them."""
RESIDUAL = frozenset({"resnet", "plain"})


class Change(NamedTuple):
    """One change on the way from one network to another: the choices that change together, and both networks.

    `words` say what is done, from the blocks that differ: "stride moved from conv1 to conv2 in 3 blocks"; `label` is
    shorter where those are long.
    """

    fields: Fields
    before: Analysis
    after: Analysis
    words: str = ""
    label: str = ""


def changes(one: ArchSpec, other: ArchSpec) -> tuple[Change, ...]:
    """The changes from one network to the other, one after the other; the same ones, turned round, lead back.

    Choices that only exist together change together, and so does all that tells two families apart.
    """
    if _rank(one) > _rank(other):
        steps = [Change(step.fields, step.after, step.before) for step in reversed(_steps(other, one))]
    else:
        steps = _steps(one, other)
    return tuple(map(_worded, steps))


def _steps(one: ArchSpec, other: ArchSpec) -> list[Change]:
    before = analyse(one)
    steps = []
    for fields, spec in _way(one, other):
        steps.append(Change(fields, before, analyse(spec)))
        before = steps[-1].after
    return steps


def _worded(change: Change) -> Change:
    """With its words: of what changes together, each idea that comes to a difference."""
    before, after = change.before.spec, change.after.spec
    if not _one_kind(before, after):
        label = f"{title(after)} in place of {title(before)}"
        return change._replace(
            words=f"{label}, {_blocks_of(change.after)} in place of {_blocks_of(change.before)}", label=label
        )
    differing = {*differences(before, after)}
    pairs = align(change.before, change.after)
    said = listed(dict.fromkeys(_words(idea, change, pairs) for idea in IDEAS if differing & {*idea}))
    return change._replace(words=said, label=said)


def _rank(spec: ArchSpec) -> tuple[int, int, str]:
    """Which of two networks the way begins at: the larger picture is made smaller first; else the elder is changed."""
    return -prod(spec.size), _PLACES[nearest(spec)], str(spec)


def _one_kind(one: ArchSpec, other: ArchSpec) -> bool:
    return one.family == other.family or {one.family, other.family} <= RESIDUAL


def _ideas(one: ArchSpec, other: ArchSpec) -> list[Fields]:
    """What differs; between families as one idea all but what means the same in both."""
    differing = {*differences(one, other), *(["family"] if one.family != other.family else [])}
    if _one_kind(one, other):
        return [idea for idea in IDEAS if differing & set(idea)]
    shared = {field for field in EVERYWHERE if field in one.choices & other.choices}
    structure = tuple(field for idea in IDEAS for field in idea if field not in shared)
    return [*((field,) for field in EVERYWHERE if field in shared & differing), structure]


def _way(one: ArchSpec, other: ArchSpec) -> list[tuple[Fields, ArchSpec]]:
    """The choices that change together, and the network after each change: as few together as there can be."""
    ideas = _ideas(one, other)

    def network(done: frozenset[Fields]) -> ArchSpec | None:
        try:
            return replace(one, **{field: getattr(other, field) for idea in done for field in idea})
        except SpecError:
            return None

    @cache
    def onwards(done: frozenset[Fields]) -> list[tuple[Fields, ArchSpec]] | None:
        rest = [idea for idea in ideas if idea not in done]
        if not rest:
            return []
        for many in range(1, len(rest) + 1):
            for together in combinations(rest, many):
                reached = done | {*together}
                spec = network(reached)
                if spec is None or spec == network(done):
                    continue
                further = onwards(reached)
                if further is not None:
                    return [(tuple(field for idea in together for field in idea), spec), *further]
        return None

    return onwards(frozenset()) or []


def _words(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    return _IN_WORDS.get(idea[0], _replaced)(idea, change, pairs)


def _replaced(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    """ "10 classes in place of 1,000": what both texts begin or end with is said once."""
    before, after = change.before.spec, change.after.spec
    field = next(field for field in idea if field in CHOICE and getattr(before, field) != getattr(after, field))
    new, old = CHOICE[field](after), CHOICE[field](before)
    said = f"{new} in place of {old}" if field == "order" else _in_place(new, old)
    return said + _where(field, pairs)


def _in_place(new: str, old: str) -> str:
    now, was = new.split(), old.split()
    while len(was) > 1 and now and now[-1] == was[-1]:
        now, was = now[:-1], was[:-1]
    begun = sum(1 for _ in takewhile(lambda words: words[0] == words[1], zip(now, was, strict=False)))
    if len(was) - begun == 1 and re.search(r"[0-9(]", was[-1]):
        was = was[-1:]
    return f"{new} in place of {' '.join(was)}"


def _where(field: str, pairs: Sequence[StagePair]) -> str:
    """In how many blocks, for choices that blocks make."""
    blocks = _differing(pairs)
    return f", in {_number(blocks, pairs)}" if blocks and field in {"order", "skip", "form", "groups"} else ""


def _differing(pairs: Sequence[StagePair]) -> int:
    return sum(block.times for block in _blocks(pairs) if block.differs)


def _blocks(pairs: Sequence[StagePair]) -> Iterator[BlockPair]:
    """Of the blocks with names, the pairs."""
    for stage in pairs:
        for block in stage.blocks:
            if block.one_names[0] or block.other_names[0]:
                yield block


def _number(blocks: int, pairs: Sequence[StagePair]) -> str:
    of_all = sum(block.times for block in _blocks(pairs))
    every = "all " if blocks == of_all > 2 else ""
    return f"{every}{blocks:,} block{'s' if blocks != 1 else ''}"


def _depths(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    before, after = change.before.spec, change.after.spec
    more = sum(after.depths) - sum(before.depths)
    unit = CHOICE["depths"](after).split()[-1]
    count = f", {abs(more):,} {'more' if more > 0 else 'fewer'}" if more else f", {sum(after.depths):,} as before"
    return f"stages of {listed(after.depths)} {unit} in place of {listed(before.depths)}{count}"


def _stride(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    """From which convolution the stride moved to which."""
    for block in _blocks(pairs):
        moved = [(op.one, op.other) for op in block.ops if "stride" in op.differing and op.one and op.other]
        if len(moved) == 2:
            lost, gained = sorted(moved, key=lambda pair: (pair[1].stride or 0) - (pair[0].stride or 0))
            return f"stride moved from {lost[0].name} to {gained[0].name} in {_number(_differing(pairs), pairs)}"
    return _replaced(idea, change, pairs)


def _groups(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    return _in_place(_grouped(change.after.spec), _grouped(change.before.spec)) + _where("groups", pairs)


def _grouped(spec: ArchSpec) -> str:
    width = spec.group_width
    if spec.family == "alexnet" or width is None:
        return CHOICE["groups" if spec.family == "alexnet" else "group_width"](spec)
    return f"{spec.groups} groups {width} wide at first" if spec.groups > 1 else f"convolutions {width} wide at first"


_AROUND: Mapping[str | None, str] = MappingProxyType(
    {
        "identity": "the identity",
        "projection": "a projection",
        "padding": "zero padding",
        "pooling": "pooling and zero padding",
        "scaling": "a scaled identity",
        "dropout": "a dropped-out identity",
        "gate": "a gate",
        None: "nothing",  # where a change reaches blocks with shortcuts and blocks without
    }
)


def _shortcut(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    """What goes around how many blocks, and what did."""
    kinds = Counter[tuple[str | None, str | None]]()
    for block in _blocks(pairs):
        if block.one and block.other and block.differs:
            kinds[shortcut_of(block.one), shortcut_of(block.other)] += block.times
    option = CHOICE["shortcut"](change.after.spec)
    lettered = f"{option}, with " if option.startswith("option") else ""
    if not kinds:
        return _in_place(option, CHOICE["shortcut"](change.before.spec))
    if all(old is None for old, _ in kinds):
        added = listed(f"{_AROUND[new]} around {_many(number)}" for (_, new), number in kinds.items())
        return f"shortcuts added, {added}"
    if all(new is None for _, new in kinds):
        removed = listed(f"{_AROUND[old]} around {_many(number)}" for (old, _), number in kinds.items())
        return f"shortcuts taken away, {removed}"
    return lettered + listed(
        f"{_AROUND[new]} in place of {_AROUND[old]} around {_many(number)}" for (old, new), number in kinds.items()
    )


def _many(blocks: int) -> str:
    return f"{blocks:,} block{'s' if blocks != 1 else ''}"


def _block(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    new, old = (CHOICE["block"](one.spec) for one in (change.after, change.before))
    return f"{_differing(pairs):,} {new} in place of as many {old}"


def _release(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    new, old = (CHOICE["release"](one.spec) for one in (change.after, change.before))
    return f"built {new}, not {old}"


def _aux(idea: Fields, change: Change, pairs: Sequence[StagePair]) -> str:
    return "auxiliary heads added" if change.after.spec.aux else "auxiliary heads left out"


_IN_WORDS: Mapping[str, Callable[[Fields, Change, Sequence[StagePair]], str]] = MappingProxyType(
    {
        "release": _release,
        "block": _block,
        "depths": _depths,
        "stride_on": _stride,
        "groups": _groups,
        "family": _shortcut,
        "aux": _aux,
    }
)

_JOINED: Mapping[str, str] = MappingProxyType(
    {
        "add": "whose paths are added",
        "concat": "whose paths are concatenated",
        "gate": "whose paths meet in a gate",
        "none": "of one path",
    }
)


def _blocks_of(analysis: Analysis) -> str:
    """How the paths of most of its blocks meet: "16 blocks whose paths are added"."""
    joins = Counter[str]()
    for stage in analysis.stages:
        for run in stage.stage.runs:
            if run.names[0] and run.block.join in _JOINED:
                joins[run.block.join] += len(run.names)
    if not joins:
        return "no blocks"
    join, number = joins.most_common(1)[0]
    return f"{_many(number)} {_JOINED[join]}"
