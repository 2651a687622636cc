"""The handful of numbers that a network is introduced with, each beside what was published of it."""

from dataclasses import dataclass

from . import units
from .counts import CONVENTION, MEMORY_CONVENTION
from .describe import title
from .rows import Analysis
from .verify import paper_figure
from .zoo import ZOO

_MACS = "Multiply-adds"


@dataclass(frozen=True, slots=True)
class Fact:
    """A number with its name, a line beneath it, and the published figure that it is held against.

    `agrees` is None where nothing was published of exactly this network.
    """

    label: str
    value: str
    note: str
    verdict: str
    agrees: bool | None
    explanation: str


def summary(analysis: Analysis) -> tuple[Fact, ...]:
    """Layers, parameters, multiply-adds, memory and receptive field."""
    totals = analysis.totals
    return (
        _fact(analysis, "layers", "Layers", units.exact(totals.layers), "weighted, on the main path"),
        _fact(analysis, "params", "Parameters", units.count(totals.params), units.exact(totals.params)),
        _fact(analysis, "macs", _MACS, units.count(totals.macs), "convolutions and fc only"),
        Fact(
            "Memory",
            units.memory(totals.peak_bytes),
            f"to run; {units.memory(totals.saved_bytes)} kept to train",
            "",
            None,
            f"Peak of the activations alive at once, and what autograd keeps: {MEMORY_CONVENTION}. "
            f"Weights come on top: {units.memory(totals.parameter_bytes)}.",
        ),
        _fact(analysis, "receptive field", "Receptive field", units.pixels(totals.receptive_field), "of the last map"),
    )


def most_in_need(facts: tuple[Fact, ...]) -> Fact:
    """The number whose sentence `explanation` says."""
    return next(fact for fact in facts if fact.label == _MACS)


def explanation(facts: tuple[Fact, ...]) -> str:
    """The sentence that most needs saying of a network: why its multiply-adds are, or are not, the printed ones."""
    fact = most_in_need(facts)
    return fact.explanation if fact.verdict else f"{fact.explanation} Counted here: {CONVENTION}."


def _fact(analysis: Analysis, quantity: str, label: str, value: str, otherwise: str) -> Fact:
    claim = paper_figure(analysis.spec, quantity)
    if claim.verdict:
        word = "agrees" if claim.status == "exactly" else claim.status
        return Fact(label, value, claim.printed, word, claim.verdict.agrees, claim.sentence)
    if claim.kin and claim.kin.shown != value:
        figure = claim.kin.figure
        otherwise = f"{figure.publisher} {figure.shown} for {title(ZOO[figure.arch])}"
    return Fact(label, value, otherwise, "", None, claim.sentence)
