"""The blocks of a network that can be shown alone, and what a list calls them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from .algebra import Block, Op, Run
from .describe import KIND
from .diagram import shortcut_of
from .rows import Analysis, Row, StageRow

POOLS = frozenset({"maxpool", "avgpool"})
MOST_PATHS = 6
"""Of more paths than these, the first and the last are shown."""


class BlockChoice(NamedTuple):
    """A block that can be shown alone: the first of like ones, which differ in their survival at most.

    `survival` is that of the first and of the last. Where a network has no blocks, it is the chain of a stage.
    """

    name: str
    title: str
    label: str
    run: Run
    survival: tuple[float, float] = (1.0, 1.0)


def block_choices(analysis: Analysis) -> tuple[BlockChoice, ...]:
    """Every distinct block of a network, first to last, and the ops before, between and behind them."""
    return tuple(choice for stage in analysis.stages for choice in _of_stage(stage))


def usual_block(analysis: Analysis) -> BlockChoice:
    """The block that the network repeats most often, of those whose paths meet; of many, the one that computes most."""
    choices = block_choices(analysis)
    macs: Counter[str] = Counter()
    for row in analysis.rows:
        macs[row.block] += row.macs
    named = [choice for choice in choices if choice.run.names[0]]
    if named:
        return max(named, key=lambda one: (one.run.block.join != "none", len(one.run.names), macs[one.name]))
    return max(choices, key=lambda choice: sum(row.macs for row in rows_of_block(analysis, choice)))


def rows_of_block(analysis: Analysis, choice: BlockChoice) -> list[Row]:
    """The rows of the first block of a choice."""
    if choice.run.names[0]:
        return [row for row in analysis.rows if row.block == choice.name]
    names = {op.name for op in choice.run.block.ops()}
    return [row for row in analysis.rows if not row.block and row.name in names]


def unseen(block: Block, prefix: str = "") -> Iterator[str]:
    """The ops of a block's paths that stand for themselves in "32 paths"."""
    for number, path in enumerate(block.paths):
        hidden = len(block.paths) > MOST_PATHS and number not in (0, len(block.paths) - 1)
        for item in path.items:
            if isinstance(item, Op):
                yield from [prefix + item.name] * hidden
            else:
                yield from unseen(item, f"{prefix}{item.name}.")


def _of_stage(stage: StageRow) -> Iterator[BlockChoice]:
    runs = stage.stage.runs
    for run, survival in _alike(runs):
        first = next(run.block.ops())
        if not run.names[0]:
            label = f"{stage.title} · {KIND[first.kind]}" if len(runs) > 1 else stage.title
            yield BlockChoice(first.name, stage.title if len(runs) == 1 else first.name, label, run)
            continue
        begin, end = survival
        ranged = f"{begin:.3g}" if begin == end else f"{begin:.3g}–{end:.3g}"
        where = [stage.title, _numbers(run.names)]
        if where[1].lower().startswith(stage.title.replace(" ", "").lower()):
            where = where[1:]
        parts = [*where, _in_words(run.block), f"survival {ranged}" if end < 1 else ""]
        yield BlockChoice(run.names[0], run.names[0], " · ".join(filter(None, parts)), run, survival)


def _alike(runs: Iterable[Run]) -> Iterator[tuple[Run, tuple[float, float]]]:
    """Runs, neighbours that differ in nothing but their survival as one; and the survival of first and last."""
    before: Run | None = None
    begin = end = 1.0
    for run in runs:
        if before and before.names[0] and replace(run.block, survival=begin) == before.block:
            before, end = Run(before.block, before.names + run.names), run.block.survival
            continue
        if before:
            yield before, (begin, end)
        before, begin, end = run, run.block.survival, run.block.survival
    if before:
        yield before, (begin, end)


def _numbers(names: tuple[str, ...]) -> str:
    """Which of its stage: "block 1", "blocks 2–6", "layer 7", or its own name."""
    first, last = names[0].rpartition(".")[2], names[-1].rpartition(".")[2]
    if first.isdigit():
        first, last = str(int(first) + 1), str(int(last) + 1)
        return f"block {first}" if first == last else f"blocks {first}–{last}"
    layer = re.fullmatch(r"denselayer([0-9]+)", first)
    return f"layer {layer[1]}" if layer else first


def _in_words(block: Block) -> str:
    if block.join == "aside":
        return "auxiliary head"
    if len(block.paths) == 1:
        return "" if any(op.kind in POOLS for op in block.ops()) else "no shortcut"
    around = shortcut_of(block)
    if block.join == "concat":
        return "concatenation" if around else f"{len(block.paths)} branches"
    return "zero padding" if around == "padding" else str(around)
