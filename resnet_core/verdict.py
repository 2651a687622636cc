"""A count against a published figure: does what was printed follow from the architecture, and by which rounding?

A figure agrees if our exact count, cut to as many digits as were printed, gives those digits: exactly, rounded half
up, or truncated. That is strict enough to refuse ResNet-50 v1.5 as the paper's ResNet-50.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Literal, NamedTuple

from . import units
from .codec import parse
from .conventions import operations
from .describe import composition, title
from .paths import EFFECTIVE, MOST_PATHS, path_lengths, share
from .published import Figure
from .rows import Analysis, StageRow, analyse
from .spec import BLOCKS
from .tools import NAMED
from .wiring.residual import expected_depth, projections
from .zoo import ZOO

Status = Literal["exactly", "by rounding", "by truncation", "as a bound", "differs", "quoted"]
Number = int | Fraction
_NAMED = frozenset(ZOO.values())


class Quantity(NamedTuple):
    """A number that may be published of a whole network: its name in words, how we count it, how it is shown."""

    words: str
    measure: Callable[[Analysis], Number]
    show: Callable[[Number], str]


def _counted(show: Callable[[int], str]) -> Callable[[Number], str]:
    return lambda number: show(int(number))


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "layers": Quantity("layers", lambda analysis: analysis.totals.layers, _counted(units.exact)),
        "params": Quantity("parameters", lambda analysis: analysis.totals.params, _counted(units.count)),
        "macs": Quantity("multiply-adds", lambda analysis: analysis.totals.macs, _counted(units.count)),
        "receptive field": Quantity(
            "receptive field", lambda analysis: analysis.totals.receptive_field or 0, _counted(units.pixels)
        ),
        "memory": Quantity("peak memory", lambda analysis: analysis.totals.peak_bytes, _counted(units.memory)),
    }
)
"""What can be said of every network."""


def _connections(analysis: Analysis) -> int:
    """As LeCun 1998 counts: every input of every unit and its bias; four inputs and a bias for a unit that pools."""
    total = 0
    for row in analysis.rows:
        if row.kind in ("conv", "linear"):
            positions = row.elementwise  # one bias at each
            total += positions + (row.macs if row.groups in (None, 1) else 0)
        elif row.kind == "avgpool":
            total += row.elementwise
        elif row.kind == "rbf":
            total += row.buffers
    return total


def _share(first: int, last: int, analysis: Analysis) -> Fraction:
    return 100 * share(sum(analysis.spec.depths), first, last)


def _percent_of_vgg_19(analysis: Analysis) -> Fraction:
    return 100 * Fraction(analysis.totals.macs, analyse(ZOO["vgg-19"]).totals.macs)


def _layers(analysis: Analysis, modules: int) -> int:
    return modules * len(BLOCKS[analysis.spec.block].kernels)


SPECIAL: Mapping[str, Quantity] = MappingProxyType(
    {
        "blocks in all": Quantity("residual blocks", lambda analysis: sum(analysis.spec.depths), _counted(units.exact)),
        "expected depth": Quantity(
            "blocks alive, on average", lambda analysis: expected_depth(analysis.spec), units.decimal
        ),
        "extra projections": Quantity(
            "projections beyond option B",
            lambda analysis: projections(analysis.spec) - projections(analysis.spec.changed(shortcut="B")),
            _counted(units.exact),
        ),
        "share of VGG-19's multiply-adds": Quantity(
            "share of VGG-19's multiply-adds", _percent_of_vgg_19, lambda number: f"{units.decimal(number)} %"
        ),
        "weights of a block": Quantity(
            "weights of a block of the first stage",
            lambda analysis: sum(row.weights for row in analysis.rows if row.block == "layer1.1"),
            _counted(units.count),
        ),
        "paths": Quantity(
            "paths through the network",
            lambda analysis: sum(path_lengths(sum(analysis.spec.depths))),
            _counted(units.exact),
        ),
        "layers on the shortest effective path": Quantity(
            "layers on the shortest effective path",
            lambda analysis: _layers(analysis, EFFECTIVE.first),
            _counted(units.exact),
        ),
        "layers on the longest effective path": Quantity(
            "layers on the longest effective path",
            lambda analysis: _layers(analysis, EFFECTIVE.last),
            _counted(units.exact),
        ),
        "connections": Quantity("connections", _connections, _counted(units.exact)),
        **{
            f"paths of {first} to {last} modules": Quantity(
                f"share of the paths through {first} to {last} modules",
                partial(_share, first, last),
                lambda number: f"{units.decimal(number)} %",
            )
            for _, first, last in (MOST_PATHS, EFFECTIVE)
        },
    }
)
"""What one paper or another says of its own networks."""


@lru_cache(maxsize=1024)
def _called(arch: str) -> str:
    spec = parse(arch)
    return title(spec) if spec in _NAMED else f"{title(spec)} [{arch}]"


def quantity_of(figure: Figure) -> Quantity:
    """How the number that a figure prints is counted: of its stage alone, or as a tool counts."""
    if figure.convention:
        convention = NAMED[figure.convention].convention
        return Quantity(
            f"multiply-adds as {figure.convention} counts",
            lambda analysis: operations(analysis, convention),
            _counted(units.count),
        )
    whole = {**QUANTITIES, **SPECIAL}[figure.quantity]
    if figure.stage and figure.quantity == "params":
        return whole._replace(measure=lambda analysis: _stage(analysis, figure).totals.params)
    return whole


def _stage(analysis: Analysis, figure: Figure) -> StageRow:
    return next(stage for stage in analysis.stages if stage.title == figure.stage)


def _map_size(analysis: Analysis, stage: StageRow) -> str:
    """The last map of a stage; of the classifier, what the average pool leaves."""
    maps = [row.out_shape for row in analysis.rows if row.stage == stage.title and len(row.out_shape) == 3]
    _, height, width = maps[-1]
    return f"{height}×{width}"


TEXTS: Mapping[str, Callable[[Analysis, StageRow], str]] = MappingProxyType(
    {
        "output size": _map_size,
        "blocks": lambda analysis, stage: "\n".join(composition(stage.stage)),
    }
)
"""What the cells of the paper's table hold, as our plan and shapes give it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One published figure beside our count of the same thing.

    `computed` is exact, `shown` the same for people; for texts of the paper's tables both are our text, and `number`
    is None. Both are "" where nothing here computes it. `difference` is ours less theirs, None where they agree or
    where texts are compared.
    """

    figure: Figure
    computed: str
    shown: str
    status: Status
    difference: str | None = None
    number: Number | None = None

    @property
    def reason(self) -> str | None:
        """Why ours differs, or how the two are compared."""
        return self.figure.reason

    @property
    def agrees(self) -> bool | None:
        """None where there is nothing to compare: an error is quoted, not computed."""
        return None if self.status == "quoted" else self.status != "differs"

    @property
    def settled(self) -> bool:
        """Whether there is a verdict: it agrees, or we can say why not."""
        return self.agrees is not False or self.reason is not None

    @property
    def conclusion(self) -> str:
        """Such as "agrees by truncation" or "differs by +0.289 G (+7.6 %)"."""
        if self.status == "quoted":
            return f"quoted: {self.figure.protocol}"
        if self.agrees:
            return f"agrees {self.status}"
        return f"differs by {self.difference}" if self.difference else "differs"

    @property
    def network(self) -> str:
        """What people call the network that the figure is of; a change that its name does not show comes with it."""
        return _called(self.figure.arch)

    @property
    def words(self) -> str:
        """The quantity, in words."""
        figure = self.figure
        words = figure.quantity if figure.quantity in TEXTS or figure.measured else quantity_of(figure).words
        return f"{words} of {figure.stage}" if figure.stage else words

    @property
    def source(self) -> str:
        """Where it stands; one that was not read there is marked."""
        return self.figure.cited

    @property
    def label(self) -> str:
        """The figure in one line, without our count."""
        return f"{self.network} · {self.words} · {self.figure.shown} · {self.figure.source}".replace("\n", ", then ")

    @property
    def sentence(self) -> str:
        """The verdict in words, with its source."""
        figure = self.figure
        net = title(parse(figure.arch))
        of = f"{figure.stage} in {net}" if figure.stage else net
        words = figure.quantity if figure.quantity in TEXTS or figure.measured else quantity_of(figure).words
        if self.status == "quoted":
            return f"{_capital(words)} of {of}: {figure.shown} in {figure.source}; {figure.protocol}."
        ours = self.shown if self.computed in self.shown else f"{self.computed} ({self.shown})"
        text = (
            f"{_capital(words)} of {of}: {figure.shown} in {figure.source}; ours: {ours}, which {self.conclusion}."
        ).replace("\n", ", then ")
        return f"{text} {self.reason}" if self.reason else text


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def judge(figure: Figure, analysis: Analysis) -> Verdict:
    """The verdict on a figure, from the analysis of a network."""
    if figure.measured:
        return Verdict(figure, "", "", "quoted")
    if figure.quantity in TEXTS:
        text = TEXTS[figure.quantity](analysis, _stage(analysis, figure))
        return Verdict(figure, text, text, "exactly" if text == _without_softmax(figure.printed) else "differs")
    quantity = quantity_of(figure)
    number = quantity.measure(analysis)
    status = agreement(figure.printed, figure.unit, number)
    difference = _difference(figure, number) if status == "differs" else None
    exact = units.exact(number) if isinstance(number, int) else quantity.show(number)
    return Verdict(figure, exact, quantity.show(number), status, difference, number)


def agreement(printed: str, unit: int, computed: Number) -> Status:
    """How an exact count gives the printed digits, if it does."""
    if printed.startswith(">"):
        return "as a bound" if computed > unit * Fraction(printed[1:]) else "differs"
    if Fraction(_digits(printed)) == Fraction(computed) / unit:
        return "exactly"
    return next(iter(cuts(printed, unit, computed)), "differs")


def cuts(printed: str, unit: int, computed: Number) -> tuple[Status, ...]:
    """Every way to cut an exact count to the printed number of digits that gives those digits."""
    digits, value = _digits(printed), _decimal(computed) / unit
    return tuple(way for way, rounding in CUTS.items() if value.quantize(digits, rounding) == digits)


CUTS: Mapping[Status, str] = MappingProxyType({"by rounding": ROUND_HALF_UP, "by truncation": ROUND_DOWN})


def _digits(printed: str) -> Decimal:
    base, _, exponent = printed.partition("^")
    return Decimal(base) ** int(exponent) if exponent else Decimal(base)


def _decimal(number: Number) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


def _difference(figure: Figure, computed: Number) -> str:
    printed = _digits(figure.printed)
    more = _decimal(computed) / figure.unit - printed
    finer = printed.scaleb(-2) if figure.unit != 1 else printed  # two digits past the printed ones
    digits = more.quantize(finer, ROUND_HALF_UP)
    percent = (100 * more / printed).quantize(Decimal("0.1"), ROUND_HALF_UP)
    relative = f"{percent:+} %" if percent else "under 0.1 %"
    return f"{digits:+,f}{figure.shown.lstrip('0123456789.,')} ({relative})".replace("-", "−")


def _without_softmax(text: str) -> str:
    return text.removesuffix(", softmax")  # no layer of ours: it has no weights, and our networks end in logits
