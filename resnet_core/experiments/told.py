"""Texts of the table with their numbers, and results as text."""

import csv
import io
import re

from .. import units
from ..computations import compute
from ..published import PAPER, figures
from .lab import Lab, Result
from .recorded import finished
from .table import LABS


def told(text: str) -> str:
    """A text in which what stands in braces is computed, or, after "printed", quoted from a paper: a quantity "of" a
    network, and where several papers print it ", Table 1". Raises ValueError for what none prints."""
    return re.sub(r"\{([^}]+)\}", lambda found: _value(found[1]), text)


def _value(words: str) -> str:
    if not words.startswith("printed "):
        return compute(words).text
    words, _, table = words.removeprefix("printed ").partition(", ")
    quantity, _, arch = words.rpartition(" of ")
    for figure in figures():
        of_paper = (figure.quantity, figure.arch, figure.publisher) == (quantity, arch, PAPER)
        if of_paper and table in ("", figure.table):
            return figure.shown
    raise ValueError(f"No paper prints the {quantity} of {arch}{', ' * bool(table)}{table}.")


def cells(lab: Lab, result: Result) -> list[tuple[str, ...]]:
    """The names of the columns, and every row as people read it; a column in which nothing stands is left out."""
    some = [
        place
        for place in range(len(lab.columns))
        if not result.rows or any(row[place] is not None for row in result.rows)
    ]
    head = tuple(lab.columns[place].name for place in some)
    return [head, *(tuple(lab.columns[place].shown(row[place]) for place in some) for row in result.rows)]


def progress(result: Result, seconds: float) -> str:
    """How far an experiment has come in so many seconds, and how many more it takes at this pace."""
    left = f", about {seconds * (1 - result.done) / result.done:.0f} s left" if result.done else ""
    return units.percent(result.done) + left


def stopped(result: Result) -> str:
    """Of an experiment that was not finished, beside what it has found."""
    return f"Stopped at {units.percent(result.done)}: this is what was known."


def as_csv(lab: Lab, result: Result) -> str:
    """The rows as CSV, numbers with all their digits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in lab.columns])
    writer.writerows(["" if cell is None else cell for cell in row] for row in result.rows)
    return out.getvalue()


def claims_markdown() -> str:
    """Every claim with what was published, what the recorded result says, of how much, and the verdict, as a table in
    Markdown."""
    rows = [("Claim", "Published", "Here", "n", "Verdict", "Why, and what this does not show"), ("---",) * 6]
    for lab in LABS:
        result = finished(lab)
        answer = lab.answer(result)
        published = f"{told(lab.paper)} ({lab.source})"
        rows.append(
            (lab.claim, published, answer.words, lab.counted(result.settings), answer.verdict, told(lab.limits))
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def sections_markdown(picture: str) -> str:
    """A section for each experiment, in Markdown; `picture` is where its picture lies, with its name in braces."""
    return "\n".join(_section(lab, finished(lab), picture.format(lab.name)) for lab in LABS)


def _section(lab: Lab, result: Result, picture: str) -> str:
    answer = lab.answer(result)
    said = (
        ("Claim", lab.claim),
        ("Published", f"{told(lab.paper)} ({lab.source})"),
        ("Here", answer.words),
        ("n", lab.counted(result.settings)),
        ("Verdict", f"This {answer.verdict}." + (f" {result.caution.capitalize()}." if result.caution else "")),
        ("What this does not show", told(lab.limits)),
    )
    lines = "".join(f"- **{name}**: {text}\n" for name, text in said)
    again = f"```\n{lab.command(result.settings)}\n```\n\n```python\n{lab.lines(result.settings)}\n```\n"
    return f"## {lab.question}\n\n![{lab.name}: {lab.claim}]({picture})\n\n{lines}\n{again}"
