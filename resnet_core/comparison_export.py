"""A comparison to take along: CSV of every op beside its counterpart, what differs as Markdown and LaTeX, and JSON."""

import csv
import json
from collections.abc import Callable, Mapping
from io import StringIO
from types import MappingProxyType
from typing import NamedTuple

from .alignment import COMPARED
from .compare import Comparison
from .comparison_rows import COLUMNS, comparison_document, lines
from .counts import CONVENTION
from .export import FORMATS as TABLES
from .export import LATEX_SIGNS, piped, plain
from .refusal import Refusal

HEADS = ("", "Stage", "Block", "Op", *COLUMNS.values())
"""Of the table of ops: its first column is "−" for an op of the first network alone, "+" for one of the second."""


def comparison_table(found: Comparison, format: str) -> str:
    """A comparison in one of `FORMATS`. Raises Refusal, with a sentence that says what to choose, for any other."""
    if format not in FORMATS:
        raise Refusal(f"There is no format {format!r} of a comparison: choose {', '.join(FORMATS)}.")
    return FORMATS[format].write(found)


def file_stem(found: Comparison) -> str:
    """What a file of a comparison is called, without its suffix."""
    return f"{found.one.spec} against {found.other.spec}"


def _caption(found: Comparison) -> str:
    one, other = found.names
    return f"From {one} ({found.one.spec}) to {other} ({found.other.spec}). {found.answer}. Counting: {CONVENTION}."


def _totals(found: Comparison) -> list[tuple[str, ...]]:
    return [("", *found.names, "Change", "Share"), *map(tuple, found.totals)]


def _ops(found: Comparison) -> list[tuple[str, ...]]:
    """The ops that differ, or that only one network has."""
    return [
        (line.sign, line.stage, line.block, line.name, *(text for text in line.texts))
        for line in lines(found, differing=True)
    ]


def _markdown(found: Comparison) -> str:
    head, *totals = _totals(found)
    out = [_caption(found), "", *(f"- {sentence}" for sentence in found.sentences), ""]
    out += [piped(head), piped(["---", *["---:"] * (len(head) - 1)]), *map(piped, totals), ""]
    if ops := _ops(found):
        out += [piped(HEADS), piped(["---"] * len(HEADS)), *map(piped, ops)]
    return "\n".join(out).rstrip() + "\n"


def _latex(found: Comparison) -> str:
    """Both tables in booktabs style; the caption has the sentences."""
    said = " ".join([_caption(found), *found.sentences]).translate(LATEX_SIGNS)
    head, *totals = ([cell.translate(LATEX_SIGNS) for cell in line] for line in _totals(found))
    ops = [[cell.translate(LATEX_SIGNS) for cell in line] for line in (HEADS, *_ops(found))]
    rows = [r"\toprule", _row(head), r"\midrule", *map(_row, totals), r"\bottomrule"]
    out = [r"% needs \usepackage{booktabs, longtable}", r"\begin{longtable}{lrrrr}", rf"\caption{{{said}}} \\", *rows]
    out.append(r"\end{longtable}")
    if len(ops) > 1:
        out += [rf"\begin{{longtable}}{{{'l' * len(HEADS)}}}", r"\toprule", _row(ops[0]), r"\midrule", r"\endhead"]
        out += [*map(_row, ops[1:]), r"\bottomrule", r"\end{longtable}"]
    return "\n".join(out) + "\n"


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _csv(found: Comparison) -> str:
    """Every op of both networks, exact: its fields in the one and in the other, empty where it has none."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    fields = ("name", "kind", *COMPARED)
    both = [f"{network} {field}" for field in fields for network in ("one", "other")]
    writer.writerow(["stage", "times", *both, "differing", "convention"])
    for stage in found.stages:
        for block in stage.blocks:
            for pair in block.ops:
                cells = [plain(getattr(row, field, None)) for field in fields for row in (pair.one, pair.other)]
                writer.writerow([stage.title, block.times, *cells, " ".join(pair.differing), CONVENTION])
    return out.getvalue()


def _json(found: Comparison) -> str:
    return json.dumps(comparison_document(found), ensure_ascii=False) + "\n"


class Format(NamedTuple):
    """A form of a comparison, and what a file of it is called."""

    label: str
    write: Callable[[Comparison], str]
    suffix: str
    media_type: str


_WRITERS: Mapping[str, tuple[str, Callable[[Comparison], str]]] = MappingProxyType(
    {"csv": ("CSV", _csv), "markdown": ("Markdown", _markdown), "latex": ("LaTeX", _latex), "json": ("JSON", _json)}
)
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        name: Format(label, write, TABLES[name].suffix, TABLES[name].media_type)
        for name, (label, write) in _WRITERS.items()
    }
)
