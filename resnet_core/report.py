"""A network as one page of HTML that stands alone: it opens from a disk and asks for nothing."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from . import units
from .bibliography import papers
from .describe import composition, layer_formula, subtitle, title
from .export import HEADS, RIGHT_FROM, caption, lines
from .map_svg import map_svg
from .rows import Analysis, analyse
from .spec import ArchSpec
from .summary import Fact, explanation, summary
from .verdict import Verdict
from .verify import tally, verdicts

_STAGES = ("Stage", "Output", "Composition", "Parameters", "Multiply-adds", "Share", "Receptive field")
_FIGURES = ("Figure", "Printed", "Ours", "Verdict", "Source")


def report(spec: ArchSpec) -> str:
    """The page: the numbers with what was published of them, the map, the stages, the layers, the papers, and the
    commands that give the same."""
    analysis = analyse(spec)
    facts = summary(analysis)
    name = escape(title(spec))
    style = Path(__file__).with_name("report.css").read_text("utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{name}, {escape(str(spec))}</title>
<style>
{style}</style>
</head>
<body>
<header>
<h1>{name}</h1>
<p class="quiet">{escape(subtitle(spec))} · {escape(layer_formula(spec))}</p>
</header>
<main>
<ul class="cards">
{"".join(map(_card, facts))}</ul>
<p>{escape(explanation(facts))}</p>
<figure>
{map_svg(analysis)}</figure>
{_section("Stages", _stages(analysis))}
{_section("Layers", _layers(analysis))}
{_section("What was published of it", _published(spec))}
{_section("How it was counted", [f"<p>{escape(text)}</p>" for text in caption(analysis)[1:]])}
{_section("Papers", _papers(spec))}
{_section("The same again", _commands(spec))}
</main>
</body>
</html>
"""


def _section(heading: str, parts: Iterable[str]) -> str:
    inside = "\n".join(parts)
    return f"<section>\n<h2>{heading}</h2>\n{inside}\n</section>"


def _card(fact: Fact) -> str:
    tone = "" if fact.agrees is None else "agrees" if fact.agrees else "differs"
    verdict = f' <span class="{tone}">{_mark(fact.agrees)}{escape(fact.verdict)}</span>' if fact.verdict else ""
    return (
        f"<li><b>{escape(fact.label)}</b><strong>{escape(fact.value)}</strong>"
        f"<span>{escape(fact.note)}</span>{verdict}</li>\n"
    )


def _mark(agrees: bool | None) -> str:
    return "" if agrees is None else "✓ " if agrees else "✗ "


def _table(head: Sequence[str], body: Iterable[str], right: Iterable[int]) -> str:
    """Rows that are HTML already under a head of texts."""
    columns = "".join(
        f'<th scope="col"{_right(number in right)}>{escape(text)}</th>' for number, text in enumerate(head)
    )
    return f'<div class="scroll"><table><thead><tr>{columns}</tr></thead><tbody>\n{"".join(body)}</tbody></table></div>'


def _row(cells: Sequence[str], right: Iterable[int], kind: str = "") -> str:
    """A row of texts, the first its head."""
    inside = "".join(f"<td{_right(number in right)}>{escape(text)}</td>" for number, text in enumerate(cells) if number)
    return f'<tr{kind}><th scope="row">{escape(cells[0])}</th>{inside}</tr>\n'


def _right(is_right: bool) -> str:
    return ' class="n"' if is_right else ""


def _stages(analysis: Analysis) -> Iterator[str]:
    whole = analysis.totals.macs
    right = (1, 3, 4, 5, 6)
    rows = (
        _row(
            (
                stage.title,
                units.shape(stage.out_shape),
                ", then ".join(composition(stage.stage)),
                units.exact(stage.totals.params),
                units.exact(stage.totals.macs),
                units.share(stage.totals.macs, whole),
                units.pixels(stage.totals.receptive_field),
            ),
            right,
        )
        for stage in analysis.stages
    )
    yield _table(_STAGES, rows, right)


def _layers(analysis: Analysis) -> Iterator[str]:
    """The layers of each stage, which a click unfolds."""
    right = range(RIGHT_FROM, len(HEADS))
    rows: list[str] = []
    *inside, _ = lines(analysis)
    for line in inside:
        rows.append(_row(line.cells, right, ' class="sum"' if line.is_sum else ""))
        if line.is_sum:
            heading = f"{line.cells[0].removesuffix(', sum')}: {len(rows) - 1} rows"
            yield f"<details><summary>{escape(heading)}</summary>\n{_table(HEADS, rows, right)}</details>"
            rows = []


def _published(spec: ArchSpec) -> Iterator[str]:
    found = verdicts(spec)
    if not found:
        yield "<p>No source quoted here prints a figure of exactly this network.</p>"
        return
    yield f"<p>{escape(tally(found))}.</p>"
    yield _table(_FIGURES, map(_verdict, found), ())


def _verdict(verdict: Verdict) -> str:
    """A figure beside ours, and beneath them the reason where there is one to give."""
    tone = "" if verdict.agrees is None else ' class="agrees"' if verdict.agrees else ' class="differs"'
    printed, ours = (escape(text.replace("\n", ", then ")) for text in (verdict.figure.shown, verdict.shown))
    why = verdict.reason and f'<tr><td class="why" colspan="{len(_FIGURES)}">{escape(verdict.reason)}</td></tr>\n'
    return (
        f'<tr><th scope="row">{escape(verdict.words)}</th><td>{printed}</td><td>{ours}</td>'
        f"<td{tone}>{_mark(verdict.agrees)}{escape(verdict.conclusion)}</td><td>{escape(verdict.source)}</td></tr>\n"
        f"{why or ''}"
    )


def _papers(spec: ArchSpec) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{escape(paper.words)}</li>" for paper in papers(spec))
    yield "</ul>"


def _commands(spec: ArchSpec) -> Iterator[str]:
    name = str(spec)
    commands = (
        f"table {name}",
        f"verify {name}",
        f"crosscheck {name}",
        f"export {name} --format html --out report.html",
    )
    yield f"<p>Its name in links and on the command line: <code>{escape(name)}</code></p>"
    yield f"<pre>{escape(chr(10).join(f'python -m resnet_core {command}' for command in commands))}</pre>"
