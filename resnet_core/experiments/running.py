"""Experiments at work: what the settings name is loaded, and every step of the measurement brings what is known.

Whatever takes time happens within the first `next`, so that whoever asks for steps does not wait for it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from ..cards import Card
from ..codec import parse
from ..execution import exact_form
from ..inference_form import inference_form
from ..labs.equivalences import CLAIMS, equivalences
from ..labs.images import for_judging
from ..labs.lesion import Lesion, draws, lesions, slices
from ..labs.parts import number_of_parts
from ..labs.pathways import WAYS, pathways, scaled
from ..labs.ways import ways
from ..loading import read_weights
from ..network import Network
from ..operated import blocks
from ..operation import removable
from ..paths import path_lengths
from ..pictures import decode
from ..preprocessing import prepare
from ..spec import ArchSpec
from ..training.data import CLASSES
from ..training.inputs import normalised
from ..weights import card_for, require_card
from ..zoo import ZOO
from .lab import Result, SettingError, Settings
from .limits import check_gradient
from .untrained import UNTRAINED

CPU = torch.device("cpu")
MOST_DELETED = 10
FACTORS = (0.5, 0.8, 0.9, 1.0)
Rows = tuple[tuple[str | float | None, ...], ...]
Steps = Iterator[Result]


@dataclass(frozen=True, eq=False)
class Subject:
    """A trained network, and the pictures that it is tried on, as it takes them; labels are the network's own first
    classes where the picture has none, and `truth` is then None."""

    network: Network
    pictures: Tensor
    labels: Tensor
    truth: Tensor | None


def subject(settings: Settings, spec: ArchSpec) -> Subject:
    """Raises Refusal where there are no weights, or where the test pictures are none for this network."""
    card = require_card(spec)
    network = loaded(spec, card)
    pictures, truth = _given(settings, card) if settings.picture else _judged(settings, card)
    with torch.no_grad():
        labels = network(pictures).argmax(1) if truth is None else truth
    return Subject(network, pictures, labels, truth)


def loaded(spec: ArchSpec, card: Card) -> Network:
    """A network with the weights of a card, in float32 on the CPU."""
    return exact_form(spec, read_weights(card), CPU)


def _differentiable(settings: Settings) -> Subject:
    """The subject of an experiment with gradients. Raises Refusal, also where they need too much memory."""
    spec = parse(settings.model)
    check_gradient(spec)
    return subject(settings, spec)


def _given(settings: Settings, card: Card) -> tuple[Tensor, None]:
    assert settings.picture is not None
    prepared = prepare(decode(settings.picture), card.preprocessing.at(card.spec.size))
    return torch.from_numpy(prepared.array[None].copy()), None


def _judged(settings: Settings, card: Card) -> tuple[Tensor, Tensor]:
    if card.classes != CLASSES:
        raise SettingError(
            f"The test pictures are those of CIFAR-10, which {card.spec} does not know: give a picture of your own, or "
            "take cifar-resnet-56."
        )
    images = for_judging()
    return normalised(images.pixels[: settings.pictures]), images.labels[: settings.pictures]


def twin(spec: ArchSpec) -> ArchSpec | None:
    """The plain net of the same layers, where somebody trained it."""
    plain = ZOO.get(str(spec).replace("cifar-resnet-", "cifar-plain-"))
    return plain if plain and plain != spec and card_for(plain) else None


def _beside(spec: ArchSpec, settings: Settings) -> Iterator[ArchSpec]:
    """Nets without shortcuts that are tried too: the plain twin, and on one picture VGG-16, where it has weights."""
    if plain := twin(spec):
        yield plain
    vgg = ZOO["vgg-16"]
    if settings.picture and spec.family != vgg.family and card_for(vgg):
        yield vgg


def _lesion(settings: Settings) -> Steps:
    spec = parse(settings.model)
    specs = (spec, *_beside(spec, settings))
    names = [removable(one) for one in specs]  # whoever has none is refused before anything is loaded
    rows: Rows = ()
    for place, (one, some) in enumerate(zip(specs, names, strict=True)):
        on = subject(settings, one)
        yield Result("lesion", settings, rows, place / len(specs))
        form = inference_form(on.network, CPU)  # in the precision in which everybody is answered
        numbers = range(min(MOST_DELETED, len(some)) + 1)
        each = len({deletion for k in numbers for deletion in draws(some, k, settings.draws, 0)})
        whole = slices(len(on.pictures)) * (each + 1)
        latest: Rows = ()
        found = lesions(on.network, form, on.pictures, on.truth, numbers, settings.draws)
        for count, step in enumerate(found, 1):
            latest = tuple(_of_lesion(one, row) for row in step.rows) or latest
            yield Result("lesion", settings, rows + latest, (place + count / whole) / len(specs))
        rows += latest


def _of_lesion(spec: ArchSpec, row: Lesion) -> tuple[str | float | None, ...]:
    wrong = (row.wrong.mean, row.wrong.within) if row.wrong else (None, None)
    others = (value for one in (row.flips, row.divergence, row.kept) for value in (one.mean, one.within))
    return str(spec), row.deleted, row.draws, row.pictures, *wrong, *others


def _paths(settings: Settings) -> Steps:
    on = _differentiable(settings)
    numbers = path_lengths(sum(1 for _ in blocks(on.network)))
    each = number_of_parts(on.network.spec, len(on.pictures))
    most = each * sum(min(settings.draws, number) for number in numbers)
    for count, found in enumerate(ways(on.network, on.pictures, on.labels, settings.draws)):
        rows = tuple((way.length, way.draws, way.share, way.norm, way.weight) for way in found.ways)
        yield Result("paths", settings, rows, count / most)


def _pathways(settings: Settings) -> Steps:
    on = _differentiable(settings)
    each = number_of_parts(on.network.spec, len(on.pictures))
    whole = max(1, each * len(WAYS) * sum(1 for _ in blocks(on.network)))
    for count, found in enumerate(pathways(on.network, on.pictures, on.labels)):
        rows = tuple((one.block, one.whole, one.identity, one.residual, one.residual / one.identity) for one in found)
        yield Result("pathways", settings, rows, count / whole)


def _scaling(settings: Settings) -> Steps:
    on = _differentiable(settings)
    factors = sorted({*FACTORS, settings.factor})
    each = number_of_parts(on.network.spec, len(on.pictures))
    rows: Rows = ()
    for place, factor in enumerate(factors):
        latest: Rows = ()
        for count, found in enumerate(scaled(on.network, on.pictures, on.labels, factor), 1):
            latest = tuple(
                (f"λ = {factor:g}", block, gradient, power)
                for block, gradient, power in zip(found.blocks, found.gradients, found.powers, strict=True)
            )
            done = (place + count / each) / len(factors)
            yield Result("scaling", settings, rows + latest * (count == each), done)
        rows += latest


def _equivalences(settings: Settings) -> Steps:
    rows: Rows = ()
    for found in equivalences():
        cells = found.claim, found.one, found.other, found.in_fp64, found.in_fp32, *found.params, *found.milliseconds
        rows += (cells,)
        yield Result("equivalences", settings, rows, len(rows) / len(CLAIMS))


RUNS: Mapping[str, Callable[[Settings], Steps]] = MappingProxyType(
    {
        "lesion": _lesion,
        "paths": _paths,
        "equivalences": _equivalences,
        "pathways": _pathways,
        "scaling": _scaling,
        **UNTRAINED,
    }
)
"""How each experiment that needs torch is run, by its name."""
