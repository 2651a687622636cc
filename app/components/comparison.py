"""What changed between two networks: cards, sentences, stage by stage, op by op."""

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

import streamlit as st

from resnet_core import units
from resnet_core.compare import SUMMED, TOTALS, Comparison, Difference
from resnet_core.comparison_rows import COLUMNS, ONLY_ONE, ONLY_OTHER, Line, lines, stage_lines

from .cards import note
from .choosing import pick_of
from .controls import one_of
from .fall import waterfall
from .tables import table

ALL = "all stages"
MOST_ROWS = 300
CLASSES = {ONLY_ONE: "rx-gone", ONLY_OTHER: "rx-new"}


def totals_of_both(totals: Iterable[Difference]) -> None:
    st.html(f'<div class="rx-cards rx-six">{"".join(map(_card, totals))}</div>')


def _card(total: Difference) -> str:
    if not total.change:
        value, said = total.one, "<span>the same in both</span>"
    else:
        value = total.change
        share = f'<span class="rx-mark rx-quiet">{escape(total.share)}</span>' if total.share else ""
        said = f"<span>{escape(total.one)} → {escape(total.other)}</span>{share}"
    return f'<div class="rx-card"><b>{escape(total.words)}</b><strong>{escape(value)}</strong><p>{said}</p></div>'


def sentences(found: Comparison) -> None:
    st.html(f'<ol class="rx-changes">{"".join(f"<li>{escape(one)}</li>" for one in found.sentences)}</ol>')
    if len(found.changes) > 1:
        note("One after the other, each at the cost that it has in this order: the networks between exist as well.")


def falls(found: Comparison) -> None:
    """A total on its way from the one network to the other."""
    # in the order in which they are told: what computes, what is learnt, what lies in memory
    words = {TOTALS[quantity].words.lower(): quantity for quantity in ("macs", "params", "activation_bytes")}
    chosen = one_of("Waterfall of", words, "fall")
    steps = found.waterfall(words[chosen])
    if any(step.number != steps[0].number for step in steps):
        waterfall(steps)
    else:
        note(f"No change of the {chosen}: {steps[0].shown} all the way.")


def by_stage(found: Comparison) -> None:
    heads = [(TOTALS[quantity].words.lower(), "n") for quantity in SUMMED]
    table(
        [("stage", ""), ("output", "n"), *(head for pair in heads for head in (pair, ("", "n")))],
        [
            [
                f"<b>{escape(line.title)}</b>",
                escape(line.shapes),
                *(cell for both, change in line.sums for cell in (escape(both), _changed(change))),
            ]
            for line in stage_lines(found)
        ],
    )


def _changed(text: str) -> str:
    return f'<span class="rx-moved">{escape(text)}</span>' if text else ""


def by_op(found: Comparison) -> None:
    """Every op beside its counterpart, or those that differ."""
    with st.container(horizontal=True, vertical_alignment="center"):
        stage = pick_of("Stage", [ALL, *(stage.title for stage in found.stages)], ALL, "stages", hidden=True)
        only = st.toggle("Only what differs", value=True, key="only", bind="query-params")
    shown = [line for line in lines(found, only) if stage in (ALL, line.stage)]
    if not shown:
        note("Nothing differs here, op for op." if only else "There are no ops here.")
        return
    st.html(
        '<div class="rx-scroll" tabindex="0" role="region" aria-label="Table: op by op">'
        '<table class="rx rx-ops"><thead><tr><td></td><th>op</th>'
        + "".join(f'<th class="n">{escape(name.lower())}</th>' for name in COLUMNS.values())
        + f"</tr></thead><tbody>{''.join(_rows(shown[:MOST_ROWS], found))}</tbody></table></div>"
    )
    if len(shown) > MOST_ROWS:
        note(f"The first {units.exact(MOST_ROWS)} of {units.exact(len(shown))} rows: choose a stage to see its own.")


def _rows(shown: Iterable[Line], found: Comparison) -> Iterator[str]:
    width = len(COLUMNS) + 2
    only = {sign: f"only in {escape(name)}" for sign, name in zip((ONLY_ONE, ONLY_OTHER), found.names, strict=True)}
    for (stage, block), same in groupby(shown, key=lambda line: (line.stage, line.block)):
        where = " · ".join(filter(None, (stage, block)))
        yield f'<tr class="rx-block"><th colspan="{width}" scope="rowgroup">{escape(where)}</th></tr>'
        for line in same:
            cells = "".join(
                f'<td class="n{" rx-cell-changed" if changed else ""}">{escape(text)}</td>'
                for text, changed in zip(line.texts, line.changed, strict=True)
            )
            sign = f'<span title="{only[line.sign]}">{line.sign}</span>' if line.sign else ""
            yield (
                f'<tr class="{CLASSES.get(line.sign, "")}"><td class="rx-sign">{sign}</td>'
                f'<td class="m">{escape(line.name)}</td>{cells}</tr>'
            )
