"""The figures that a lesson can show, by their names: what `resnet_core.lesson_views` has checked is drawn here."""

from collections.abc import Callable, Mapping
from html import escape
from types import MappingProxyType

import streamlit as st

from resnet_core import ArchSpec, lesson_views, units
from resnet_core.block_costs import Line, block_costs, block_sentence
from resnet_core.block_figure import block_figure
from resnet_core.conventions import PAPERS, operations
from resnet_core.counts import CONVENTION
from resnet_core.describe import composition, layer_formula, title
from resnet_core.lesson_views import View
from resnet_core.tools import NAMED

from .. import cached, theme
from .cards import heading, link, note
from .depth import depth
from .fall import waterfall
from .graph import graph
from .network_map import network_overviews
from .path_lengths import path_length_figure
from .tables import table
from .training_curves import training_curves

Words = tuple[str, ...]
DEPTH_HEIGHT = 240
FEW = 2
"""Networks that are compared column by column, beside the text."""


def draw(view: View, scale: float = 1) -> None:
    """Draw what a step of a lesson shows. `scale` is that of the wall, for figures that no style enlarges."""
    DRAWN[view.figure](view.words, scale)


def _map(words: Words, _: float) -> None:
    network_overviews([("", cached.map_document(lesson_views.net(words)))], "lesson_map")


def _blocks(words: Words, _: float) -> None:
    """Block beside block, each under its network's name where there are several."""
    found = lesson_views.blocks(words)
    for analysis, choice in found:
        if len(found) > 1:
            heading(title(analysis.spec), f"{choice.name}, {block_sentence(analysis, choice)}", 3)
        graph(block_figure(analysis, choice, theme.figure_ink()))


def _costs(words: Words, _: float) -> None:
    """Each block with its sums, beside one another."""
    found = lesson_views.blocks(words)
    for column, (analysis, choice) in zip(st.columns(len(found)), found, strict=True):
        with column:
            heading(f"{title(analysis.spec)}, {choice.name}", block_sentence(analysis, choice), 3)
            _lines(block_costs(analysis, choice))


def _lines(lines: tuple[Line, ...]) -> None:
    table(
        [("layer", "m"), ("", ""), ("parameters", "n"), ("multiply-adds", "n")],
        [
            [
                f'<b class="rx-{line.role}">{escape(line.name)}</b>' if line.is_sum else escape(line.name),
                escape(line.what),
                line.params,
                line.macs,
            ]
            for line in lines
        ],
    )


def _stages(words: Words, _: float) -> None:
    """The stages as rows of the paper's table, one line each."""
    analysis = cached.analyse(lesson_views.net(words))
    whole = analysis.totals
    head = ("output", "parameters", "share", "multiply-adds", "share", "field")
    table(
        [("stage", ""), ("composition", ""), *((name, "n") for name in head)],
        [
            [
                f"<b>{escape(stage.title)}</b>",
                escape("; ".join(composition(stage.stage))),
                units.shape(stage.out_shape),
                units.count(stage.totals.params),
                units.share(stage.totals.params, whole.params),
                units.count(stage.totals.macs),
                units.share(stage.totals.macs, whole.macs),
                units.pixels(stage.totals.receptive_field),
            ]
            for stage in analysis.stages
        ],
        "rx-of-stages",
    )


def _compare(words: Words, _: float) -> None:
    """One network a row, by what it costs; few a column, which a telephone has room for."""
    specs = lesson_views.nets(words)
    costs = [_costs_of(spec) for spec in specs]
    head = ("layers", "parameters", "multiply-adds", "memory to run", "field")
    if len(specs) <= FEW:
        rows = [[name, *cells] for name, *cells in zip(head, *costs, strict=True)]
        table([("", ""), *((str(spec), "n") for spec in specs)], rows)
        return
    rows = [[link(str(spec), str(spec)), *cells] for spec, cells in zip(specs, costs, strict=True)]
    table([("network", "m"), (head[0], ""), *((name, "n") for name in head[1:])], rows, "rx-of-networks")


def _costs_of(spec: ArchSpec) -> list[str]:
    totals = cached.analyse(spec).totals
    return [
        escape(layer_formula(spec)),
        units.exact(totals.params),
        units.exact(totals.macs),
        units.memory(totals.peak_bytes),
        units.pixels(totals.receptive_field),
    ]


def _depth(words: Words, scale: float) -> None:
    depth(cached.analyse(lesson_views.net(words)), theme.colours(), DEPTH_HEIGHT, scale)


def _fall(words: Words, _: float) -> None:
    verdict = lesson_views.fall(words)
    waterfall(cached.way(verdict))
    note(verdict.sentence)


def _counts(words: Words, _: float) -> None:
    """What each program prints for one network, and what it counts."""
    analysis = cached.analyse(lesson_views.net(words))
    rows = [["as the papers count", units.count(operations(analysis, PAPERS)), escape(f"{CONVENTION}.")]]
    rows += [
        [escape(tool.title), units.count(operations(analysis, tool.convention)), escape(tool.counts)]
        for tool in NAMED.values()
    ]
    table([("program", ""), ("prints", "n"), ("because", "")], rows)


def _curves(words: Words, scale: float) -> None:
    training_curves(lesson_views.curves(words), theme.colours(), scale)


def _paths(words: Words, scale: float) -> None:
    path_length_figure(lesson_views.paths(words), theme.colours(), scale)


def _printed(words: Words, _: float) -> None:
    """The figures of one table, each network a link."""
    found = lesson_views.printed(words)
    protocols = dict.fromkeys(figure.protocol or "" for figure in found)
    differing = [("measured on", "")] if len(protocols) > 1 else []
    table(
        [("network", "m"), (found[0].quantity, "n"), *differing],
        [
            [
                link(figure.arch, figure.arch),
                escape(figure.shown),
                *([escape(figure.protocol or "")] if differing else []),
            ]
            for figure in found
        ],
    )
    note("; ".join(filter(None, (found[0].cited, *(() if differing else protocols)))))


DRAWN: Mapping[str, Callable[[Words, float], None]] = MappingProxyType(
    {
        "map": _map,
        "block": _blocks,
        "costs": _costs,
        "stages": _stages,
        "compare": _compare,
        "depth": _depth,
        "fall": _fall,
        "counts": _counts,
        "curves": _curves,
        "paths": _paths,
        "printed": _printed,
    }
)
NARROW = frozenset({"curves", "paths", "printed"})
"""Figures that stand beside the text; the others need all of the width."""


def beside(view: View | None) -> bool:
    """Whether a view stands beside the text, rather than beneath it."""
    return view is not None and (view.figure in NARROW or (view.figure == "compare" and len(view.nets) <= FEW))
