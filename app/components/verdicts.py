"""Published figures beside our counts: the paper's table, the figures of one network, and all of them."""

import re
from html import escape

import streamlit as st

from resnet_core.verdict import QUANTITIES
from resnet_core.verify import Claim, TableOne, TableRow, Verdict

from .cards import mark, opening, tone
from .tables import table


def paper_table(paper: TableOne) -> None:
    head = [("layer", ""), ("output", "")] + [(name, "") for name in paper.titles]
    table(head, [_row(row) for row in paper.rows])


def _row(row: TableRow) -> list[str]:
    if not row.output:
        return [f"<b>{escape(row.title)}</b>", "multiply-adds", *map(_number, row.cells)]
    outputs = {verdict.figure.shown: verdict for verdict in row.output}
    output = "".join(_cell(verdict, escape(shown)) for shown, verdict in outputs.items())
    return [f"<b>{escape(row.title)}</b>", output, *map(_text, row.cells)]


def _cell(verdict: Verdict, html: str) -> str:
    """What is printed after the sign of its verdict; it opens the verdict's sentence."""
    sign = f'<span class="rx-sign rx-{tone(verdict.agrees)}">{"✓" if verdict.agrees else "✗"}</span>'
    return opening(f'<span class="rx-cell">{sign}<span>{html}</span></span>', verdict.sentence)


def _text(verdict: Verdict) -> str:
    lines = "".join(f"{_matrix(line)}" for line in verdict.figure.shown.split("\n"))
    ours = "" if verdict.agrees else f"<div>ours: {escape(verdict.shown)}</div>"
    return _cell(verdict, lines + ours)


def _matrix(line: str) -> str:
    """[1×1, 64; 3×3, 64; 1×1, 256] × 3 as the paper sets it: a bracketed column, and how often."""
    match = re.fullmatch(r"\[(.+)\] × (\d+)", line)
    if match is None:
        return f"<div>{escape(line)}</div>"
    rows = "<br>".join(escape(row.strip()) for row in match[1].split(";"))
    return f'<div class="rx-times"><span class="rx-matrix">{rows}</span> × {match[2]}</div>'


def _number(verdict: Verdict) -> str:
    word = verdict.status if verdict.agrees else verdict.conclusion
    return (
        f'<b class="rx-figure">{escape(verdict.figure.shown)}</b><br>{escape(verdict.shown)}<br>'
        f"{mark(word, tone(verdict.agrees))}"
    )


def network_verdicts(claims: tuple[Claim, ...]) -> None:
    """What each quantity of a network is held against, or its nearest relative's."""
    st.html("".join(_claim(claim) for claim in claims if claim.verdict or claim.kin))


def _claim(claim: Claim) -> str:
    verdict = mark(claim.status, tone(claim.verdict.agrees if claim.verdict else None))
    return (
        f'<div class="rx-claim"><b>{escape(QUANTITIES[claim.quantity].words.capitalize())}</b>'
        f"<span>{escape(claim.printed)}</span>{verdict}<p>{escape(claim.sentence)}</p></div>"
    )
