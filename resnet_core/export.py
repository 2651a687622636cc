"""Per-layer tables to take along: text, CSV, Markdown, LaTeX and JSON, each with its counting convention."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from io import StringIO
from types import MappingProxyType
from typing import Any, NamedTuple

from . import units
from .columns import aligned
from .counts import CONVENTION, MEMORY_CONVENTION
from .describe import KIND, title
from .documents import FIELDS, table_document
from .refusal import Refusal
from .rows import Analysis, Row, Totals, analyse, totals
from .spec import ArchSpec
from .zoo import FAMILIES


def table(spec: ArchSpec, format: str = "text") -> str:
    """Every layer, the sums of every stage, and those of the network, in one of `FORMATS`.

    Raises Refusal, with a sentence that says what to choose, for any other format.
    """
    if format not in FORMATS:
        raise Refusal(f"There is no format {format!r}: choose {', '.join(FORMATS)}.")
    return FORMATS[format].write(analyse(spec))


class Line(NamedTuple):
    """A line of a table for people: a layer, or the sums of a stage or of the network."""

    cells: tuple[str, ...]
    is_sum: bool


HEADS = (
    *("Layer", "Kind", "In", "Out", "Kernel", "Stride"),
    *("Parameters", "Multiply-adds", "Output memory", "Receptive field"),
)
RIGHT_FROM = HEADS.index("Parameters")


def caption(analysis: Analysis) -> tuple[str, str, str]:
    """What the table is of, how operations were counted, and how memory was."""
    height, width = analysis.spec.size
    return (
        f"{title(analysis.spec)} ({analysis.spec}) at {height}×{width}, layer by layer.",
        f"Counting: {CONVENTION}.",
        f"Memory: {MEMORY_CONVENTION}.",
    )


def lines(analysis: Analysis) -> Iterator[Line]:
    """The lines of a table for people, the sums of a stage after its layers."""
    rows = iter(analysis.rows)
    row = next(rows, None)
    for stage in analysis.stages:
        while row and row.stage == stage.title:
            yield Line(_layer(row), is_sum=False)
            row = next(rows, None)
        blocks = f"{stage.blocks} block{'s' if stage.blocks > 1 else ''}" if stage.blocks else ""
        yield Line((f"{stage.title}, sum", blocks, "", units.shape(stage.out_shape), *_sums(stage.totals)), is_sum=True)
    layers = f"{analysis.totals.layers} layers"
    yield Line((f"{title(analysis.spec)}, sum", layers, "", "", *_sums(analysis.totals)), is_sum=True)


def _layer(row: Row) -> tuple[str, ...]:
    return (
        row.name,
        KIND[row.kind],
        units.shape(row.in_shape),
        units.shape(row.out_shape),
        f"{row.kernel}×{row.kernel}" if row.kernel else "",
        str(row.stride or ""),
        units.exact(row.params),
        units.exact(row.macs),
        units.memory(row.activation_bytes),
        units.pixels(row.receptive_field),
    )


def _sums(of: Totals) -> tuple[str, ...]:
    return (
        *("", ""),
        units.exact(of.params),
        units.exact(of.macs),
        units.memory(of.activation_bytes),
        units.pixels(of.receptive_field),
    )


def _text(analysis: Analysis) -> str:
    body = list(lines(analysis))
    head, *texts = aligned([HEADS, *(line.cells for line in body)], right=range(RIGHT_FROM, len(HEADS)))
    rule = "─" * max(map(len, texts))
    out = [*caption(analysis), "", head, rule]
    before = body[0]
    for line, text in zip(body, texts, strict=True):
        if line.is_sum or before.is_sum:
            out.append(rule)
        out.append(text)
        before = line
    return "\n".join(out) + "\n"


def _markdown(analysis: Analysis) -> str:
    out = [" ".join(caption(analysis)), "", piped(HEADS)]
    out.append(piped(["---:" if i >= RIGHT_FROM else "---" for i in range(len(HEADS))]))
    for (name, *rest), is_sum in lines(analysis):
        out.append(piped([f"**{cell}**" if cell else "" for cell in (name, *rest)] if is_sum else [f"`{name}`", *rest]))
    return "\n".join(out) + "\n"


def zoo_markdown() -> str:
    """Every network of the zoo as a table in Markdown, a family under its paper."""
    out = [piped(("Name", "Network", "Layers", "Parameters", "Multiply-adds")), piped(("---", "---", *["---:"] * 3))]
    for family in FAMILIES:
        out.append(piped((f"**{family.title}**", family.paper, "", "", "")))
        for name, spec in family.rows.items():
            of = totals(spec)
            out.append(piped((f"`{name}`", title(spec), *map(units.exact, (of.layers, of.params, of.macs)))))
    return "\n".join(out) + "\n"


def piped(cells: Sequence[str]) -> str:
    """A row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


LATEX_SIGNS = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "×": r"$\times$",
        "→": r"$\to$",
        "−": "$-$",
        "–": "--",
        "·": r"$\cdot$",
    }
)
"""What LaTeX cannot print as it stands."""


def _latex(analysis: Analysis) -> str:
    head = " & ".join(HEADS) + r" \\"
    out = [
        r"% needs \usepackage{booktabs, longtable}",
        rf"\begin{{longtable}}{{{'l' * RIGHT_FROM}{'r' * (len(HEADS) - RIGHT_FROM)}}}",
        rf"\caption{{{' '.join(caption(analysis)).translate(LATEX_SIGNS)}}} \\",
        *(r"\toprule", head, r"\midrule", r"\endfirsthead"),
        *(r"\toprule", head, r"\midrule", r"\endhead", r"\bottomrule", r"\endfoot"),
    ]
    body = list(lines(analysis))
    before = body[0]
    for line in body:
        if line.is_sum or before.is_sum:
            out.append(r"\midrule")
        name, *rest = (cell.translate(LATEX_SIGNS) for cell in line.cells)
        out.append(" & ".join([name if line.is_sum else rf"\texttt{{{name}}}", *rest]) + r" \\")
        before = line
    return "\n".join([*out, r"\end{longtable}"]) + "\n"


def _csv(analysis: Analysis) -> str:
    """One line a layer, then the sums, told apart by their kind; shapes are channels x height x width."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["layer", *FIELDS[1:], "convention"])
    for row in analysis.rows:
        writer.writerow([plain(getattr(row, field)) for field in FIELDS] + [CONVENTION])
    whole = str(analysis.spec), "network sum", "", analysis.rows[-1].out_shape, analysis.totals
    for name, kind, stage, shape, of in (
        *((stage.title, "stage sum", stage.title, stage.out_shape, stage.totals) for stage in analysis.stages),
        whole,
    ):
        sums = {**asdict(of), "name": name, "kind": kind, "stage": stage, "out_shape": shape}
        sums["live_bytes"] = of.peak_bytes
        writer.writerow([plain(sums.get(field)) for field in FIELDS] + [CONVENTION])
    return out.getvalue()


def plain(value: Any) -> Any:
    """A cell of a CSV: a shape as 64x56x56."""
    return "x".join(map(str, value)) if isinstance(value, tuple) else value


def _json(analysis: Analysis) -> str:
    return json.dumps(table_document(analysis), ensure_ascii=False) + "\n"


class Format(NamedTuple):
    """A way to write a table, and what a download of it is called."""

    write: Callable[[Analysis], str]
    suffix: str
    media_type: str


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "text": Format(_text, ".txt", "text/plain"),
        "csv": Format(_csv, ".csv", "text/csv"),
        "markdown": Format(_markdown, ".md", "text/markdown"),
        "latex": Format(_latex, ".tex", "application/x-tex"),
        "json": Format(_json, ".json", "application/json"),
    }
)
