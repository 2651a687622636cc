"""Experiments on networks that nobody trained before: how they begin, how they learn, what a step costs.

As in `running`, whatever takes time happens within the first `next`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from torch import Tensor

from ..codec import parse
from ..labs.beginnings import Beginning, beginnings
from ..labs.degradation import NETWORKS, RECIPE, Curve, Entrant, Race, race
from ..labs.frozen import frozen
from ..labs.images import for_judging, for_learning
from ..labs.saving import STEPS, savings
from ..spec import ArchSpec
from ..training.inputs import normalised
from .exact import published_error
from .lab import Cell, Result, Settings
from .limits import check_gradient, saved_bytes
from .variants import variant, variants

ORIGINAL = "cifar-resnet-110"
SURVIVALS = (0.2, 0.5, 0.8)
SHORT = "short run, trend only"
FEW = 16
SMALL_STEPS = replace(RECIPE, batch=32)
"""For eight nets, of which each is to have taken many."""
Rows = tuple[tuple[Cell, ...], ...]
Steps = Iterator[Result]


def _judged(number: int) -> tuple[Tensor, Tensor]:
    images = for_judging()
    return normalised(images.pixels[:number]), images.labels[:number]


def _begun(archs: Sequence[str], pictures: int) -> Iterator[tuple[str, Beginning | None]]:
    """Of each of these networks nothing at first, then how it begins: so that no step is long."""
    given = _judged(pictures)
    for arch in archs:
        for found in beginnings(parse(arch), *given):
            yield arch, found


def _beginnings(settings: Settings) -> Steps:
    every = [one.arch for one in variants()]
    check_gradient(max(map(parse, every), key=saved_bytes), settings.pictures)
    rows: Rows = ()
    for arch, found in _begun(every, settings.pictures):
        rows += (_ends(arch, found),) if found else ()
        yield Result("beginnings", settings, rows, len(rows) / len(every))


def _ends(arch: str, found: Beginning) -> tuple[Cell, ...]:
    """The last block against the first."""
    direct = found.direct[0] / found.direct[-1] if found.direct else None
    passed = found.signal[-1] / found.signal[0], found.gradient[0] / found.gradient[-1]
    return variant(arch).words, variant(arch).printed, *passed, direct, found.loss


def _bench(settings: Settings) -> Steps:
    """Block by block, the original first."""
    archs = tuple(dict.fromkeys((ORIGINAL, variant(settings.model).arch)))
    rows: Rows = ()
    for arch, found in _begun(archs, FEW):
        if found:
            alone = found.direct or ()
            direct = tuple(one / alone[-1] for one in alone) or (None,) * len(found.blocks)
            rows += tuple(
                (variant(arch).told, number, signal, gradient / found.gradient[-1], alone)
                for number, signal, gradient, alone in zip(
                    range(1, len(direct) + 1), found.signal, found.gradient, direct, strict=True
                )
            )
        yield Result("bench", settings, rows, len({row[0] for row in rows}) / len(archs))


def _degradation(settings: Settings) -> Steps:
    for found in _raced(NETWORKS, settings):
        rows = tuple((*row, published_error(str(row[0]))) for row in _tests(found))
        yield Result("degradation", settings, rows, _share(found), SHORT)


def _gradients(settings: Settings) -> Steps:
    """Of a race in which each net runs twice, with batch norm and without."""
    specs = [parse(name) for name in NETWORKS]
    entrants = [Entrant(spec, normalised) for spec in specs for normalised in (True, False)]
    for found in race(entrants, for_learning(), for_judging(), settings.seconds, SMALL_STEPS):
        pairs = zip(found.curves[::2], found.curves[1::2], strict=True)
        rows = tuple(row for with_norm, without in pairs for row in _by_layer(with_norm, without))
        yield Result("gradients", settings, rows, _share(found), SHORT)


def _by_layer(one: Curve, other: Curve) -> Rows:
    """Of a net with batch norm and without, once both were measured."""
    if not (one.gradients and other.gradients):
        return ()
    at = _start_and_half_way(one) + _start_and_half_way(other)
    return tuple((str(one.spec), layer, *norms) for layer, norms in enumerate(zip(*at, strict=True), 1))


def _start_and_half_way(curve: Curve) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
    """By layer; nothing half way where no more was measured than the start."""
    start = curve.gradients[0]
    return start, curve.gradients_half_way if len(curve.gradients) > 1 else (None,) * len(start)


def _trial(settings: Settings) -> Steps:
    """A variant against the original, both of as many layers."""
    archs = tuple(dict.fromkeys((ORIGINAL, variant(settings.model).arch)))
    specs = {str(_as_deep(parse(arch), settings.layers)): variant(arch).told for arch in archs}
    for found in _raced(tuple(specs), settings):
        rows = tuple((specs[str(row[0])], *row[1:]) for row in _tests(found))
        yield Result("trial", settings, rows, _share(found), SHORT)


def _as_deep(spec: ArchSpec, layers: int) -> ArchSpec:
    """The CIFAR net of 6n + 2 layers with the choices of another."""
    return replace(spec, depths=((layers - 2) // 6,) * 3)


def _raced(archs: Sequence[str], settings: Settings) -> Iterator[Race]:
    return race([Entrant(parse(arch)) for arch in archs], for_learning(), for_judging(), settings.seconds)


def _tests(found: Race) -> Rows:
    """A row for every test: net, epochs, loss, training error, test error."""
    per_epoch = len(for_learning()) / found.batch
    return tuple(
        (str(curve.spec), step / per_epoch, curve.losses[step - 1], curve.errors[step - 1], wrong)
        for curve in found.curves
        for step, wrong in curve.tests
    )


def _share(found: Race) -> float:
    return min(found.seconds / found.whole, 1.0)


def _saving(settings: Settings) -> Steps:
    survivals = (*SURVIVALS, settings.survival)
    for found in savings(parse(settings.model), survivals, for_learning()):
        rows = tuple(
            (one.survival, one.blocks, one.spared, one.saved, one.milliseconds, found.machine) for one in found.savings
        )
        done = sum(one.milliseconds is not None for one in found.savings) / len(found.savings)
        yield Result("saving", settings, rows, done * found.steps / STEPS)


def _frozen(settings: Settings) -> Steps:
    for found in frozen(parse(settings.model)):
        if found is None:
            yield Result("frozen", settings, (), 0.0)
            continue
        lines = found.identity, found.gated, found.scaled, found.powers, found.difference
        rows = tuple((number, *cells) for number, cells in enumerate(zip(*lines, strict=True), 1))
        yield Result("frozen", settings, rows)


UNTRAINED: Mapping[str, Callable[[Settings], Steps]] = MappingProxyType(
    {
        "beginnings": _beginnings,
        "bench": _bench,
        "degradation": _degradation,
        "gradients": _gradients,
        "trial": _trial,
        "saving": _saving,
        "frozen": _frozen,
    }
)
"""How each of these experiments is run, by its name."""
