"""The experiments, a row each: what is measured, how it is drawn, what can be chosen; texts.toml says what for."""

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from .. import units
from . import answers
from .exact import STEPS
from .lab import Chart, Column, Lab, SettingError, Settings
from .variants import WORDS


def _tiny(value: float | None) -> str:
    return "–" if value is None else f"{value:.1e}"


def _percent(value: float | None) -> str:
    return "–" if value is None else units.percent(value)


def _measured(value: float | None) -> str:
    return "–" if value is None else units.measured(value)


def _count(value: float) -> str:
    return units.exact(int(value))


def _takes(value: float) -> str:
    return "yes" if value else "–"


def _columns(shown: Callable[[Any], str], *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, shown) for name in names)


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


def _lab(name: str, **measured: Any) -> Lab:
    texts = _texts()[name]
    return Lab(name, **{**texts, "guesses": tuple(texts["guesses"])}, **measured)


LEARNING = (
    Column("network"),
    *_columns(_measured, "epochs", "loss, nats"),
    *_columns(_percent, "wrong in training", "wrong in the test"),
)
LEARNED = (("wrong in the test",), ("wrong in training",), ("loss, nats",))
NORMS = ("at the start", "half way", "at the start, no batch norm", "half way, no batch norm")
RULES = ("F in a test, paper", "F in training, libraries")
DRAWN = tuple(f"step {number}" for number in range(1, STEPS + 1))
HALVED = "cifar-resnet-110,skip=scaling"
FROZEN = ("identity", "gate at ½", "factor ½", "power of ½")
LABS = (
    _lab(
        "lesion",
        columns=(
            Column("network"),
            *_columns(_count, "blocks deleted", "draws", "pictures"),
            *_columns(_percent, "wrong", "wrong ±", "answer changed", "answer changed ±"),
            *_columns(_measured, "divergence, nats", "divergence, nats ±"),
            *_columns(_measured, "of five classes kept", "of five classes kept ±"),
        ),
        chart=Chart(
            "blocks deleted",
            (("wrong",), ("answer changed",), ("divergence, nats",), ("of five classes kept",)),
            by="network",
        ),
        takes=("model", "pictures", "draws"),
        usual=Settings(draws=50),
        answer=answers.lesion,
    ),
    _lab(
        "paths",
        columns=(
            *_columns(_count, "blocks on the path", "paths drawn"),
            Column("share of all paths", _percent),
            Column("gradient of one path", _tiny),
            Column("share of the gradient", _percent),
        ),
        chart=Chart(
            "blocks on the path",
            (("share of all paths", "share of the gradient"), ("gradient of one path",)),
            log=("gradient of one path",),
        ),
        takes=("model", "pictures", "draws"),
        usual=Settings(pictures=8, draws=8),
        answer=answers.paths,
    ),
    _lab(
        "degradation",
        columns=(*LEARNING, Column("wrong in the paper", _percent)),
        chart=Chart("epochs", LEARNED, by="network", level="wrong in the paper"),
        takes=("seconds",),
        usual=Settings(seconds=120),
        answer=answers.degradation,
    ),
    _lab(
        "gradients",
        columns=(Column("network"), Column("layer", _count), *_columns(_tiny, *NORMS)),
        chart=Chart("layer", tuple((norm,) for norm in NORMS), by="network", log=NORMS),
        takes=("seconds",),
        usual=Settings(seconds=600),
        answer=answers.gradients,
    ),
    _lab(
        "equivalences",
        columns=(
            *_columns(str, "claim", "one", "other"),
            *_columns(_tiny, "difference, double", "difference, single"),
            *_columns(_count, "parameters of one", "parameters of the other"),
            *_columns(_measured, "ms for one", "ms for the other"),
        ),
        chart=Chart(
            "other",
            (("difference, double", "difference, single"), ("ms for one", "ms for the other")),
            kind="rows",
            log=("difference, double", "difference, single"),
        ),
        takes=(),
        usual=Settings(),
        answer=answers.equivalences,
    ),
    _lab(
        "pathways",
        columns=(
            Column("block"),
            *_columns(_measured, "whole gradient", "by the shortcut", "through F", "F by shortcut"),
        ),
        chart=Chart("block", (("whole gradient", "by the shortcut", "through F"), ("F by shortcut",))),
        takes=("model", "pictures"),
        usual=Settings(pictures=16),
        answer=answers.pathways,
    ),
    _lab(
        "scaling",
        columns=(*_columns(str, "factor", "block"), *_columns(_tiny, "gradient", "power of λ")),
        chart=Chart("block", (("gradient", "power of λ"),), by="factor", log=("gradient", "power of λ")),
        takes=("model", "pictures", "factor"),
        usual=Settings(pictures=16, factor=1.1),
        answer=answers.scaling,
    ),
    _lab(
        "dropping",
        columns=(
            Column("block"),
            Column("takes part with", _percent),
            *_columns(_measured, *RULES),
            *_columns(_takes, *DRAWN),
        ),
        chart=Chart("block", (("takes part with",), RULES, DRAWN), kind="bars"),
        takes=("model", "survival"),
        usual=Settings(model="cifar-resnet-110"),
        answer=answers.dropping,
        models=("cifar-resnet-56", "cifar-resnet-110", "cifar-resnet-1202", "resnet-50", "resnet-152"),
    ),
    _lab(
        "saving",
        columns=(
            *_columns(_measured, "survival of the last block", "blocks a step"),
            *_columns(_percent, "multiply-adds spared", "time saved"),
            Column("ms a step", _measured),
            Column("machine"),
        ),
        chart=Chart("survival of the last block", (("multiply-adds spared", "time saved"), ("ms a step",))),
        takes=("model", "survival"),
        usual=Settings(model="cifar-resnet-110"),
        answer=answers.saving,
        models=("cifar-resnet-20", "cifar-resnet-56", "cifar-resnet-110"),
    ),
    _lab(
        "beginnings",
        columns=(
            *_columns(str, "variant", "error in the paper, %"),
            *_columns(_tiny, "signal, last by first block", "gradient, first by last block", "by shortcuts alone"),
            Column("loss at the start", _measured),
        ),
        chart=Chart(
            "variant",
            (("by shortcuts alone",), ("gradient, first by last block",), ("signal, last by first block",)),
            kind="rows",
            log=("by shortcuts alone", "gradient, first by last block", "signal, last by first block"),
            beside="error in the paper, %",
        ),
        takes=("pictures",),
        usual=Settings(pictures=16),
        answer=answers.beginnings,
    ),
    _lab(
        "bench",
        columns=(
            Column("variant"),
            Column("block", _count),
            *_columns(_tiny, "signal", "gradient, by the last block's", "by shortcuts alone"),
        ),
        chart=Chart(
            "block",
            (("by shortcuts alone",), ("gradient, by the last block's",), ("signal",)),
            by="variant",
            log=("by shortcuts alone", "gradient, by the last block's", "signal"),
        ),
        takes=("model",),
        usual=Settings(model=HALVED),
        answer=answers.bench,
        models=tuple(WORDS),
    ),
    _lab(
        "trial",
        columns=LEARNING,
        chart=Chart("epochs", LEARNED, by="network"),
        takes=("model", "layers", "seconds"),
        usual=Settings(model=HALVED, seconds=300),
        answer=answers.trial,
        models=tuple(WORDS),
    ),
    _lab(
        "highway",
        columns=(
            Column("bias"),
            Column("layers", _count),
            Column("passes", _percent),
            Column("powers of ten", _measured),
        ),
        chart=Chart("layers", (("passes",), ("powers of ten",)), by="bias"),
        takes=("bias",),
        usual=Settings(bias=-2),
        answer=answers.highway,
    ),
    _lab(
        "frozen",
        columns=(Column("block", _count), *_columns(_tiny, *FROZEN, "difference, double")),
        chart=Chart("block", (FROZEN, ("difference, double",)), log=(*FROZEN, "difference, double")),
        takes=("model",),
        usual=Settings(model="cifar-resnet-110"),
        answer=answers.frozen,
        models=("cifar-resnet-20", "cifar-resnet-56", "cifar-resnet-110"),
    ),
)


def lab(name: str) -> Lab:
    """The experiment of a name. Raises SettingError, which names all."""
    found = next((one for one in LABS if one.name == name), None)
    if found is None:
        raise SettingError(f"There is no experiment {name!r}: take one of {', '.join(one.name for one in LABS)}.")
    return found
