"""A count against a published figure: does what was printed follow from the architecture, and by which rounding?

A figure agrees if our exact count, cut to as many digits as were printed, gives those digits: exactly, rounded half
up, or truncated. That is strict enough to refuse ResNet-50 v1.5 as the paper's ResNet-50.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple

from . import units
from .describe import composition, title
from .published import Figure
from .rows import Analysis, StageRow
from .zoo import ZOO

Status = Literal["exactly", "by rounding", "by truncation", "differs"]


class Quantity(NamedTuple):
    """A number that may be published of a whole network: its name in words, how we count it, how it is shown."""

    words: str
    count: Callable[[Analysis], int]
    show: Callable[[int], str]


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "layers": Quantity("layers", lambda analysis: analysis.totals.layers, units.exact),
        "params": Quantity("parameters", lambda analysis: analysis.totals.params, units.count),
        "macs": Quantity("multiply-adds", lambda analysis: analysis.totals.macs, units.count),
        "receptive field": Quantity(
            "receptive field", lambda analysis: analysis.totals.receptive_field or 0, units.pixels
        ),
        "memory": Quantity("peak memory", lambda analysis: analysis.totals.peak_bytes, units.memory),
    }
)


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
    is None.
    `difference` is ours less theirs, None where they agree or where texts are compared.
    """

    figure: Figure
    computed: str
    shown: str
    status: Status
    difference: str | None = None
    number: int | None = None

    @property
    def reason(self) -> str | None:
        """Why ours differs, or how the two are compared."""
        return self.figure.reason

    @property
    def agrees(self) -> bool:
        return self.status != "differs"

    @property
    def settled(self) -> bool:
        """Whether there is a verdict: it agrees, or we can say why not."""
        return self.agrees or self.reason is not None

    @property
    def conclusion(self) -> str:
        """Such as "agrees by truncation" or "differs by +0.289 G (+7.6 %)"."""
        if self.agrees:
            return f"agrees {self.status}"
        return f"differs by {self.difference}" if self.difference else "differs"

    @property
    def sentence(self) -> str:
        """The verdict in words, with its source."""
        figure = self.figure
        words = QUANTITIES[figure.quantity].words if figure.quantity in QUANTITIES else figure.quantity
        of = f"{figure.stage} in {title(ZOO[figure.arch])}" if figure.stage else title(ZOO[figure.arch])
        ours = self.shown if self.computed in self.shown else f"{self.computed} ({self.shown})"
        text = (
            f"{words.capitalize()} of {of}: {figure.shown} in {figure.source}; ours: {ours}, which {self.conclusion}."
        ).replace("\n", ", then ")
        return f"{text} {self.reason}" if self.reason else text


def judge(figure: Figure, analysis: Analysis) -> Verdict:
    """The verdict on a figure, from the analysis of a network."""
    if figure.quantity in TEXTS:
        stage = next(stage for stage in analysis.stages if stage.title == figure.stage)
        text = TEXTS[figure.quantity](analysis, stage)
        return Verdict(figure, text, text, "exactly" if text == _without_softmax(figure.printed) else "differs")
    quantity = QUANTITIES[figure.quantity]
    number = quantity.count(analysis)
    status = agreement(figure.printed, figure.unit, number)
    difference = _difference(figure, number) if status == "differs" else None
    return Verdict(figure, units.exact(number), quantity.show(number), status, difference, number)


def agreement(printed: str, unit: int, computed: int) -> Status:
    """How an exact count gives the printed digits, if it does."""
    if Decimal(printed) == Decimal(computed) / unit:
        return "exactly"
    return next(iter(cuts(printed, unit, computed)), "differs")


def cuts(printed: str, unit: int, computed: int) -> tuple[Status, ...]:
    """Every way to cut an exact count to the printed number of digits that gives those digits."""
    digits, value = Decimal(printed), Decimal(computed) / unit
    return tuple(way for way, rounding in _CUTS.items() if value.quantize(digits, rounding) == digits)


_CUTS: Mapping[Status, str] = MappingProxyType({"by rounding": ROUND_HALF_UP, "by truncation": ROUND_DOWN})


def _difference(figure: Figure, computed: int) -> str:
    printed = Decimal(figure.printed)
    more = Decimal(computed) / figure.unit - printed
    finer = printed.scaleb(-2) if figure.unit != 1 else printed  # two digits past the printed ones
    digits = more.quantize(finer, ROUND_HALF_UP)
    percent = (100 * more / printed).quantize(Decimal("0.1"), ROUND_HALF_UP)
    relative = f"{percent:+} %" if percent else "under 0.1 %"
    return f"{digits:+,f}{figure.shown.lstrip('0123456789.,')} ({relative})".replace("-", "−")


def _without_softmax(text: str) -> str:
    return text.removesuffix(", softmax")  # no layer of ours: it has no weights, and our networks end in logits
