"""What a step of a lesson may show: names of figures with what stands behind them, checked before anything is drawn."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .block_choices import BlockChoice, block_choices
from .codec import parse
from .curves import Curve, curve
from .published import PAPER, Figure, figures
from .refusal import Refusal
from .rows import Analysis, analyse
from .spec import ArchSpec, either, quoted
from .verdict import Verdict
from .verify import verdicts
from .way import can_be_tried

MOST_NETS = 6
MOST_MODULES = 200
QUANTITIES = ("macs", "params")


class ViewRefusal(Refusal):
    """A view that cannot be drawn. The message is one sentence that says what to write."""


class View(NamedTuple):
    """A figure by its name, and the words behind it."""

    figure: str
    words: tuple[str, ...]

    @property
    def nets(self) -> tuple[ArchSpec, ...]:
        """The networks that it shows, which Explore can open."""
        return _NETS[self.figure](self.words)

    def __str__(self) -> str:
        return " ".join((self.figure, *self.words))


def read_view(text: str) -> View:
    """A view from its line in a lesson: "block resnet-50 layer3.1". Raises Refusal for one that cannot be drawn."""
    figure, *words = text.split() or [""]
    if figure not in CHECKS:
        raise ViewRefusal(f"There is no figure {quoted(figure)}: choose {either(CHECKS)}.")
    view = View(figure, tuple(words))
    CHECKS[figure](view.words)
    return view


def blocks(words: tuple[str, ...]) -> tuple[tuple[Analysis, BlockChoice], ...]:
    """The blocks that "resnet-34 layer2.0 resnet-34,shortcut=A layer2.0" names, each with its network's analysis."""
    if not words or len(words) % 2 or len(words) > 2 * MOST_NETS:
        raise ViewRefusal("A block needs its network and its name: write for example block resnet-50 layer3.1.")
    return tuple(_block(analyse(parse(net)), name) for net, name in zip(words[::2], words[1::2], strict=True))


def _block(analysis: Analysis, name: str) -> tuple[Analysis, BlockChoice]:
    for choice in block_choices(analysis):
        if name in choice.run.names or name == choice.name:
            return analysis, choice
    names = [choice.name for choice in block_choices(analysis)]
    raise ViewRefusal(f"{analysis.spec} has no block {quoted(name)}: choose {either(names[:12])}, or one like them.")


def nets(words: tuple[str, ...]) -> tuple[ArchSpec, ...]:
    """One network or several."""
    if not 1 <= len(words) <= MOST_NETS:
        raise ViewRefusal(f"Here 1 to {MOST_NETS} networks are shown: write their names with spaces between them.")
    return tuple(map(parse, words))


def net(words: tuple[str, ...]) -> ArchSpec:
    """The one network of a view."""
    if len(words) != 1:
        raise ViewRefusal("Here one network is shown: write its name, such as resnet-34,shortcut=A.")
    return parse(words[0])


def fall(words: tuple[str, ...]) -> Verdict:
    """The figure that a paper prints of a network's multiply-adds or parameters, to which a waterfall leads."""
    if len(words) != 2 or words[1] not in QUANTITIES:
        raise ViewRefusal("A waterfall needs a network and macs or params: write for example fall resnet-50 macs.")
    found = [verdict for verdict in verdicts(parse(words[0])) if verdict.figure.quantity == words[1]]
    tried = [verdict for verdict in found if can_be_tried(verdict)]
    if not tried:
        raise ViewRefusal(f"No {words[1]} of {words[0]} are published here: choose a network that Verify lists.")
    return min(tried, key=lambda verdict: verdict.figure.publisher != PAPER)


def curves(words: tuple[str, ...]) -> tuple[Curve, ...]:
    """The trainings that a view shows."""
    if not 1 <= len(words) <= MOST_NETS:
        raise ViewRefusal("Curves need the names of trainings: write for example curves cifar-plain-20 cifar-plain-56.")
    return tuple(map(curve, words))


class Paths(NamedTuple):
    """How many residual modules the paths go through or around, and which lengths are marked."""

    modules: int
    marked: range


def paths(words: tuple[str, ...]) -> Paths:
    """The paths of a view, "54", with lengths to mark, "54 5–17"."""
    match = re.fullmatch(r"([0-9]{1,3})(?: ([0-9]{1,3})[–-]([0-9]{1,3}))?", " ".join(words))
    if match is None or not 1 <= int(match[1]) <= MOST_MODULES:
        raise ViewRefusal(
            f"Paths need a number of modules from 1 to {MOST_MODULES}, and lengths to mark if any: write for example "
            "paths 54 5–17."
        )
    marked = range(int(match[2]), int(match[3]) + 1) if match[2] else range(0)
    return Paths(int(match[1]), marked)


def printed(words: tuple[str, ...]) -> tuple[Figure, ...]:
    """The figures of a table of a source, "he-2015 Table 6 error by best": those of one quantity, and one protocol."""
    named, _, protocol = " ".join(words).partition(" by ")
    parts = named.split(" ")
    for split in range(2, len(parts)):
        place, quantity = " ".join(parts[:split]), " ".join(parts[split:])
        of_table = (one for one in figures() if one.quantity == quantity and one.key.endswith(f", {place}"))
        found = tuple(one for one in of_table if protocol in (one.protocol or ""))
        if found:
            return found
    raise ViewRefusal(
        f"No figures of {quoted(' '.join(words))} are quoted here: write the source, its table and the quantity, such "
        "as he-2015 Table 2 top-1 error."
    )


CHECKS: Mapping[str, Callable[[tuple[str, ...]], object]] = MappingProxyType(
    {
        "map": net,
        "block": blocks,
        "costs": blocks,
        "stages": net,
        "compare": nets,
        "depth": net,
        "fall": fall,
        "counts": net,
        "curves": curves,
        "paths": paths,
        "printed": printed,
    }
)
"""Every figure that a lesson can show, with what reads the words behind its name, and refuses wrong ones."""


def _none(_: tuple[str, ...]) -> tuple[ArchSpec, ...]:
    return ()


def _first(words: tuple[str, ...]) -> tuple[ArchSpec, ...]:
    return (parse(words[0]),)


def _of_blocks(words: tuple[str, ...]) -> tuple[ArchSpec, ...]:
    return tuple(dict.fromkeys(analysis.spec for analysis, _ in blocks(words)))


_NETS: Mapping[str, Callable[[tuple[str, ...]], tuple[ArchSpec, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("map", "stages", "depth", "fall", "counts"), _first),
        **dict.fromkeys(("block", "costs"), _of_blocks),
        "compare": nets,
        **dict.fromkeys(("curves", "paths", "printed"), _none),
    }
)
