"""The experiments, a row each: what is measured, how it is drawn, what can be chosen; texts.toml says what for."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from .. import units
from . import answers
from .lab import Chart, Column, Lab, SettingError, Settings


def _tiny(value: float | None) -> str:
    return "–" if value is None else f"{value:.1e}"


def _percent(value: float | None) -> str:
    return "–" if value is None else units.percent(value)


def _measured(value: float | None) -> str:
    return "–" if value is None else units.measured(value)


def _count(value: float) -> str:
    return units.exact(int(value))


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


def _lab(name: str, **measured: Any) -> Lab:
    texts = _texts()[name]
    return Lab(name, **{**texts, "guesses": tuple(texts["guesses"])}, **measured)


LABS = (
    _lab(
        "lesion",
        columns=(
            Column("network"),
            Column("blocks deleted", _count),
            Column("draws", _count),
            Column("pictures", _count),
            Column("wrong", _percent),
            Column("wrong ±", _percent),
            Column("answer changed", _percent),
            Column("answer changed ±", _percent),
            Column("divergence, nats", _measured),
            Column("divergence, nats ±", _measured),
            Column("of five classes kept", _measured),
            Column("of five classes kept ±", _measured),
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
            Column("blocks on the path", _count),
            Column("paths drawn", _count),
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
        columns=(
            Column("network"),
            Column("epochs", _measured),
            Column("loss, nats", _measured),
            Column("wrong in training", _percent),
            Column("wrong in the test", _percent),
        ),
        chart=Chart("epochs", (("wrong in the test",), ("wrong in training",), ("loss, nats",)), by="network"),
        takes=("seconds",),
        usual=Settings(seconds=120),
        answer=answers.degradation,
    ),
    _lab(
        "gradients",
        columns=(
            Column("network"),
            Column("layer", _count),
            Column("gradient at the start", _tiny),
            Column("gradient at the last test", _tiny),
        ),
        chart=Chart(
            "layer",
            (("gradient at the start",), ("gradient at the last test",)),
            by="network",
            log=("gradient at the start", "gradient at the last test"),
        ),
        takes=("seconds",),
        usual=Settings(seconds=120),
        answer=answers.gradients,
    ),
    _lab(
        "equivalences",
        columns=(
            Column("claim"),
            Column("one"),
            Column("other"),
            Column("difference, double", _tiny),
            Column("difference, single", _tiny),
            Column("parameters of one", _count),
            Column("parameters of the other", _count),
            Column("ms for one", _measured),
            Column("ms for the other", _measured),
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
            Column("whole gradient", _measured),
            Column("by the shortcut", _measured),
            Column("through F", _measured),
            Column("F by shortcut", _measured),
        ),
        chart=Chart("block", (("whole gradient", "by the shortcut", "through F"), ("F by shortcut",))),
        takes=("model", "pictures"),
        usual=Settings(pictures=16),
        answer=answers.pathways,
    ),
    _lab(
        "scaling",
        columns=(Column("factor"), Column("block"), Column("gradient", _tiny), Column("power of λ", _tiny)),
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
            *(Column(f"step {number}") for number in range(1, 6)),
        ),
        chart=Chart("block", (("takes part with",),), kind="bars"),
        takes=("model", "survival"),
        usual=Settings(model="cifar-resnet-110"),
        answer=answers.dropping,
    ),
    _lab(
        "beginnings",
        columns=(
            Column("variant"),
            Column("error in the paper, %"),
            Column("signal, last by first block", _tiny),
            Column("gradient, first by last block", _tiny),
            Column("by shortcuts alone", _tiny),
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
        "highway",
        columns=(Column("bias"), Column("layers", _count), Column("passes", _percent)),
        chart=Chart("layers", (("passes",),), by="bias"),
        takes=("bias",),
        usual=Settings(bias=-2),
        answer=answers.highway,
    ),
)


def lab(name: str) -> Lab:
    """The experiment of a name. Raises SettingError, which names all."""
    found = next((one for one in LABS if one.name == name), None)
    if found is None:
        raise SettingError(f"There is no experiment {name!r}: take one of {', '.join(one.name for one in LABS)}.")
    return found
