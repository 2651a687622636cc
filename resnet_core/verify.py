"""What was published of the networks, checked: all of it, of one network, and the paper's table cell by cell."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from types import MappingProxyType
from typing import get_args

from . import units
from .codec import nearest, parse
from .conventions import Convention, operations
from .describe import CHOICE, differences, listed, title
from .published import PAPER, Figure, figures
from .rows import Analysis, analyse
from .spec import ArchSpec
from .verdict import QUANTITIES, Status, Verdict, cuts, judge
from .zoo import ZOO

TABLE_ONE = "He, Zhang, Ren, Sun 2015, arXiv:1512.03385, Table 1"
NOT_PUBLISHED = "not published"
_TWINS = frozenset({"shortcut", "stride_on", "order", "size"})


def verify(names: Iterable[str] | None = None) -> tuple[Verdict, ...]:
    """Every published figure, or those of the named architectures, with its verdict; at any size, if a name has none.

    Raises SpecError, with a sentence that says what to change, for a name that says no network.
    """
    if names is None:
        return _all()
    found = (verdict for name in names for spec in _published_as(name) for verdict in verdicts(spec))
    return tuple(dict.fromkeys(found))


def _published_as(name: str) -> Iterator[ArchSpec]:
    """The networks, of those with a figure, that a name may mean."""
    wanted = parse(name)
    sized = any(change.strip().startswith("size") for change in name.split(","))
    for spec in _by_spec():
        if spec == wanted or (not sized and _but_size(spec) == _but_size(wanted)):
            yield spec


def _but_size(spec: ArchSpec) -> tuple[object, ...]:
    return tuple(getattr(spec, field.name) for field in fields(spec) if field.name != "size")


def tally(found: Sequence[Verdict]) -> str:
    """How many figures there are, and how many of each verdict."""
    statuses = [verdict.status for verdict in found]
    agreeing, differing, quoted = (sum(verdict.agrees is agrees for verdict in found) for agrees in (True, False, None))
    parts = []
    if agreeing:
        ways = [f"{statuses.count(way)} {way}" for way in get_args(Status) if way in statuses and way not in _APART]
        parts.append(f"{agreeing} agree{'s' if agreeing == 1 else ''} ({listed(ways)})")
    if differing:
        reasons = "with the reason" if all(verdict.settled for verdict in found) else "not all with a reason"
        parts.append(f"{differing} differ{'s' if differing == 1 else ''}, {reasons}")
    if quoted:
        parts.append("1 error is quoted" if quoted == 1 else f"{quoted} errors and accuracies are quoted")
        parts[-1] += " with the protocol"
    return f"{len(found)} published figure{'s' if len(found) > 1 else ''}: {'; '.join(parts)}"


SHOWN_FIRST = "resnet-50, macs, he-2015 Table 1"
"""The figure about which most is asked."""


def kept(found: Sequence[Verdict], search: str = "", which: str = "all") -> tuple[Verdict, ...]:
    """The figures with every word that is searched for, and of one verdict: "agree", "differ", "quoted" or "all"."""
    agrees = {"agree": True, "differ": False, "quoted": None}
    return tuple(
        verdict
        for verdict in found
        if (which == "all" or verdict.agrees is agrees[which])
        and all(word in f"{verdict.label} {verdict.conclusion}".lower() for word in search.lower().split())
    )


_APART = ("differs", "quoted")


def verdicts(spec: ArchSpec) -> tuple[Verdict, ...]:
    """The verdicts on the figures published for exactly this network at this size; empty where there are none."""
    return _by_spec().get(spec, ())


@cache
def _all() -> tuple[Verdict, ...]:
    return tuple(judge(figure, _analysis(figure.arch)) for figure in figures())


@cache
def _by_spec() -> Mapping[ArchSpec, tuple[Verdict, ...]]:
    of: dict[ArchSpec, list[Verdict]] = {}
    for verdict in _all():
        of.setdefault(parse(verdict.figure.arch), []).append(verdict)
    return MappingProxyType({spec: tuple(found) for spec, found in of.items()})


@cache
def _analysis(arch: str) -> Analysis:
    return analyse(parse(arch))


@dataclass(frozen=True, slots=True)
class Claim:
    """What was published of one number of a network.

    `verdict` is on the figure of exactly this network at this size, a paper's rather than a library's; `kin` is on
    the figure of a near relative, where no paper prints this one. `sentence` says all of it.
    """

    quantity: str
    verdict: Verdict | None
    kin: Verdict | None
    sentence: str

    @property
    def status(self) -> str:
        """The verdict's status, or "not published"."""
        return self.verdict.status if self.verdict else NOT_PUBLISHED

    @property
    def printed(self) -> str:
        """Who prints what, for a card: "paper 3.8 G", "torchvision 4.089 G", "paper: not printed"."""
        if self.verdict is None:
            return f"{PAPER}: not printed"
        return f"{self.verdict.figure.publisher} {self.verdict.figure.shown}"


def paper_figure(spec: ArchSpec, quantity: str) -> Claim:
    """What was published of one of `QUANTITIES` for this network, or for its nearest relative and why ours differs."""
    own = [verdict for verdict in verdicts(spec) if _of_whole(verdict.figure, quantity)]
    verdict = min(own, key=_preference, default=None)
    by_paper = verdict is not None and verdict.figure.publisher == PAPER
    kin = None if by_paper else _kin(spec, quantity)
    if kin:
        sentence = _beside(spec, quantity, kin, verdict)
    elif verdict:
        sentence = verdict.sentence + _stride_matters(spec, verdict)
    else:
        sentence = f"No source quoted here prints the {QUANTITIES[quantity].words} of this network."
    return Claim(quantity, verdict, kin, sentence)


def _preference(verdict: Verdict) -> tuple[bool, bool, int]:
    """What was read in its source first, then a paper's, then the one with most digits."""
    figure = verdict.figure
    return not figure.confirmed, figure.publisher != PAPER, -len(figure.printed)


def _of_whole(figure: Figure, quantity: str) -> bool:
    """Whether a figure is of this quantity of a whole network, by the papers' own convention."""
    return (figure.quantity, figure.stage, figure.convention) == (quantity, None, None)


def _stride_matters(spec: ArchSpec, verdict: Verdict) -> str:
    """What the same network has with its stride in the other convolution, where that changes the number."""
    if "stride_on" not in spec.choices or spec.block == "basic":
        return ""
    twin = replace(spec, stride_on="1x1" if spec.stride_on == "3x3" else "3x3")
    other = judge(verdict.figure, analyse(twin))
    if other.computed == verdict.computed:
        return ""
    if other.number is None or verdict.number is None:
        return f" With {CHOICE['stride_on'](twin)} it would be {other.shown}, which {other.conclusion}."
    moved = units.change(int(other.number - verdict.number))
    said = other.conclusion if other.agrees else f"is not the printed {verdict.figure.shown}"
    return f" With {CHOICE['stride_on'](twin)} it would be {other.shown} ({moved}), which {said}."


def _kin(spec: ArchSpec, quantity: str) -> Verdict | None:
    """The published figure of the nearest relative, be it the spec's own base or a twin."""
    near = {
        name: len(differing)
        for name, base in ZOO.items()
        if (differing := differences(spec, base)) and (name == nearest(spec) or _TWINS.issuperset(differing))
    }
    found = [verdict for name in near for verdict in verdicts(ZOO[name]) if _of_whole(verdict.figure, quantity)]
    return min(found, key=lambda v: (near[v.figure.arch], *_preference(v)), default=None)


def _beside(spec: ArchSpec, quantity: str, kin: Verdict, own: Verdict | None) -> str:
    base = parse(kin.figure.arch)
    differing = differences(spec, base)
    theirs, ours = (listed(CHOICE[choice](one) for choice in differing) for one in (base, spec))
    number = int(QUANTITIES[quantity].measure(analyse(spec)))
    exact, shown = units.exact(number), QUANTITIES[quantity].show(number)
    by = "The paper" if kin.figure.publisher == PAPER else kin.figure.publisher
    follows = "exactly that" if kin.status == "exactly" else f"{kin.shown}, which {kin.conclusion}"
    here = "the same" if exact == kin.computed else exact if shown == kin.shown else shown
    too = f", and {own.figure.publisher} prints {own.figure.shown}" if own else ""
    return (
        f"{by} prints {kin.figure.shown} for {title(base)}: with {theirs} it is {follows}; "
        f"with {ours} it is {here}{too}."
    )


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of the paper's Table 1: `cells` are its blocks, or its FLOPs; `output` the map size of every net."""

    title: str
    output: tuple[Verdict, ...]
    cells: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class TableOne:
    """He 2015, Table 1, cell by cell: `archs` are its columns as names of the zoo, `titles` as the paper has them."""

    archs: tuple[str, ...]
    titles: tuple[str, ...]
    rows: tuple[TableRow, ...]

    @property
    def agrees(self) -> bool:
        return all(verdict.agrees for row in self.rows for verdict in (*row.output, *row.cells))


def table_one() -> TableOne:
    """The paper's Table 1: a row per stage, and one for the FLOPs."""
    cells = {(v.figure.stage, v.figure.quantity, v.figure.arch): v for v in verify() if v.figure.source == TABLE_ONE}
    archs = tuple(dict.fromkeys(arch for _, _, arch in cells))
    stages = tuple(dict.fromkeys(stage for stage, _, _ in cells if stage))

    def row(stage: str | None, quantity: str) -> tuple[Verdict, ...]:
        return tuple(cells[stage, quantity, arch] for arch in archs)

    rows = [TableRow(stage, row(stage, "output size"), row(stage, "blocks")) for stage in stages]
    return TableOne(
        archs,
        tuple(f"{ZOO[arch].layers}-layer" for arch in archs),
        (*rows, TableRow("FLOPs", (), row(None, "macs"))),
    )


def table_one_note() -> str:
    """Why no one rounding gives the FLOPs row, and what does: a fit, and it says so."""
    flops = table_one().rows[-1].cells
    macs = {verdict: _macs(ZOO[verdict.figure.arch]) for verdict in flops}
    truncated, rounded = (
        listed(
            f"{title(ZOO[verdict.figure.arch])} ({verdict.shown}, printed {verdict.figure.printed})"
            for verdict in flops
            if cuts(verdict.figure.printed, verdict.figure.unit, macs[verdict]) == (way,)
        )
        for way in ("by truncation", "by rounding")
    )
    padded = units.count(_macs(ZOO["resnet-34"].changed(shortcut="A")))
    with_bn = listed(units.count(operations(analyse(ZOO[verdict.figure.arch]), Convention(bn=2))) for verdict in flops)
    return (
        f"No single rounding gives the FLOPs row from the multiply-adds of convolutions and classifier: {truncated} "
        f"must be truncated, {rounded} rounded. (With option A, ResNet-34 has {padded}, which rounds to what is "
        f"printed; which option the table counts cannot be told from it. ResNet-50 still has to be truncated.) "
        f"If batch norm is counted too, at two operations an element, the row is {with_bn}, and truncation gives "
        f"every printed figure. That is a fit, not a proof of how the authors counted: rounding by hand, now up and "
        f"now down, explains the row as well."
    )


def _macs(spec: ArchSpec) -> int:
    return analyse(spec).totals.macs
