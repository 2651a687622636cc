"""The subcommand `weights`. Like `cli`, it reads arguments and prints."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import units
from .cards import Card, WeightsError
from .codec import parse
from .columns import aligned
from .fetching import FetchError, Progress, Tell, fetch, fetch_folder
from .published_weights import PublishedWeights, called, offer_for, published_weights
from .weights import NoWeightsError, catalogue, folders, nearest_card

EVERYTHING = "all"
LINES = 4
"""Parts of a file, each of which is told of once where no bar can be."""


def weights_arguments(parser: argparse.ArgumentParser) -> None:
    """What `weights` takes."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    here = "every network that has weights, what they are worth, and which can be fetched"
    one = actions.add_parser("list", help=here, description=f"{here[0].upper()}{here[1:]}.", allow_abbrev=False)
    one.set_defaults(act=_list)
    get = "fetch published weights; what an earlier call began is gone on with"
    one = actions.add_parser("fetch", help=get, description=f"{get[0].upper()}{get[1:]}.", allow_abbrev=False)
    one.add_argument("names", nargs="+", metavar="NAME", help=f"such as resnet-50-v1.5; {EVERYTHING} for each network")
    one.add_argument("--weights", metavar="W", help="IMAGENET1K_V1 or IMAGENET1K_V2; the most accurate if not given")
    one.add_argument("--to", metavar="DIR", help="the folder that the settings name, or the user's cache, if not given")
    one.set_defaults(act=_fetch)


def weights(options: argparse.Namespace) -> int:
    """List or fetch."""
    done: int = options.act(options)
    return done


def _list(options: argparse.Namespace) -> int:
    found = catalogue()
    if cards := [card for card in found.values() if isinstance(card, Card)]:
        print("\n".join(aligned([("Network", "Weights", "Accuracy", "Trained on"), *map(_card_cells, cards)])))
    else:
        print(f"No weights in {' nor in '.join(map(str, folders()))}: train some, with python -m resnet_core train.")
    if missing := [weights for weights in published_weights() if weights.name not in found]:
        print(f"\nTo be had with python -m resnet_core weights fetch NAME, into {fetch_folder()}:")
        print("\n".join(aligned([("Name", "Weights", "Accuracy", "Size"), *map(_cells, missing)], right=(3,))))
    for damaged in (error for error in found.values() if isinstance(error, WeightsError)):
        print(damaged, file=sys.stderr)
    return 0


def _card_cells(card: Card) -> tuple[str, ...]:
    return str(card.spec), card.label or "own", measured(card), card.data


def _cells(weights: PublishedWeights) -> tuple[str, ...]:
    return str(weights.spec), weights.label, f"{weights.top1} %", units.memory(weights.size)


def measured(card: Card) -> str:
    """The accuracies of a card, each with its standard error and the number of pictures."""
    return "; ".join(
        f"{units.percent(row.share)} ± {units.percent(row.standard_error)} on {row.test_set} ({row.images:,} pictures)"
        for row in card.accuracy
    )


def _fetch(options: argparse.Namespace) -> int:
    folder = Path(options.to) if options.to else None
    for weights in _chosen(options.names, options.weights):
        print(_fetched(weights, folder))
    return 0


def _chosen(names: list[str], label: str | None) -> list[PublishedWeights]:
    """The files that names and a label mean. Raises Refusal."""
    if names == [EVERYTHING]:
        if label is None:
            specs = dict.fromkeys(weights.spec for weights in published_weights())
            return [offer.weights[0] for offer in map(offer_for, specs) if offer]
        chosen = [weights for weights in published_weights() if weights.label == label.upper()]
        if not chosen:
            labels = sorted({weights.label for weights in published_weights()})
            raise WeightsError(f"No weights are published as {label[:40]!r}: take {' or '.join(labels)}.")
        return chosen
    return [_of(name, label) for name in names]


def _of(name: str, label: str | None) -> PublishedWeights:
    spec = parse(name)
    offer = offer_for(spec)
    if offer is None:
        raise FetchError(
            f"No weights are published for {spec}: python -m resnet_core weights list names those that are."
        )
    if offer.why:
        raise NoWeightsError(spec, nearest_card(spec), offer)
    return called(spec, label) if label else offer.weights[0]


def _fetched(weights: PublishedWeights, folder: Path | None) -> Path:
    """The file, fetched under a bar that tells the time left, or with some lines where nobody sees bars move."""
    done = 0
    with _bar(weights) if sys.stderr.isatty() else _lines(weights) as show:

        def tell(progress: Progress) -> None:
            nonlocal done
            done = progress.done
            show(progress)

        try:
            return fetch(weights, folder, tell)
        except KeyboardInterrupt:
            came = f"{units.memory(done)} of {weights.file}"
            raise KeyboardInterrupt(f"Stopped after {came}: the same command goes on from there.") from None


@contextmanager
def _lines(weights: PublishedWeights) -> Iterator[Tell]:
    """A line at each part of LINES."""
    said = -1

    def show(progress: Progress) -> None:
        nonlocal said
        if (part := int(LINES * progress.share)) > said:
            said = part
            print(f"{weights.file}: {progress.words}", file=sys.stderr)

    yield show


@contextmanager
def _bar(weights: PublishedWeights) -> Iterator[Tell]:
    from tqdm import tqdm

    with tqdm(total=weights.size, unit="B", unit_scale=True, desc=weights.file, mininterval=0.1, leave=False) as bar:

        def show(progress: Progress) -> None:
            if not bar.n:
                bar.initial = progress.done  # what an earlier call brought does not count as speed
            bar.total = progress.total
            bar.set_postfix_str("another process fetches it" if progress.waiting else "", refresh=False)
            bar.update(progress.done - bar.n)

        yield show
