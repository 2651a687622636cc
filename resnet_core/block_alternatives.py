"""What a block would be otherwise: in the orders of v1 and v2, and with its shortcut by option A, B or C.

v1 has BN and ReLU after the convolutions (He 2015), v2 before them (He 2016); the options are those of He 2015,
section 3.3.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from . import units
from .block_inspection import Hop, block_named, hop, hops_of, rows_of
from .counts import JOINED
from .published import Figure
from .rows import Analysis, analyse
from .spec import ArchSpec, SpecError
from .verify import verdicts

ORDERS = {"post": "v1, He 2015", "pre": "v2, He 2016"}
OPTIONS = {
    "A": "zero padding",
    "B": "projection where shapes change",
    "C": "projection everywhere",
    "none": "nothing: the plain net",
}


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The ops of a block in one of the orders; `chosen`: in this one they stand in the network that is looked at."""

    words: str
    hops: tuple[Hop, ...]
    chosen: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One way of the shortcut: parameters and multiply-adds of this block and of the whole network, as text, and the
    error that was published with it, "" where none was."""

    name: str
    words: str
    net: str
    block_params: str
    block_macs: str
    params: str
    macs: str
    error: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Options:
    """Options A, B and C. `error` is what was measured, `source` how and where it is printed, "" without any."""

    rows: tuple[Option, ...]
    error: str = ""
    source: str = ""


def arrangements(analysis: Analysis, name: str) -> tuple[Arrangement, ...]:
    """A block in the orders of v1 and v2, and in its own where that is a third; none where there is no such choice."""
    return tuple(_arranged(analysis, name)) if "order" in analysis.spec.choices else ()


def _arranged(analysis: Analysis, name: str) -> Iterator[Arrangement]:
    own = analysis.spec.order
    for order in (*ORDERS, *([] if own in ORDERS else [own])):
        found = _changed(analysis, order=order)
        if found:
            yield Arrangement(ORDERS.get(order, f"order {order}"), _in_order(found, name), order == own)


def _in_order(analysis: Analysis, name: str) -> tuple[Hop, ...]:
    """A block's ops but for those of its shortcut."""
    block, known = block_named(analysis, name), {row.name: row for row in rows_of(analysis, name)}
    main = [item for path in block.paths if path.role != "shortcut" for item in path.items]
    joins = [hop(known[f"{name}.{block.join}"])] if block.join in JOINED else []
    around = (hops_of(items, f"{name}.", known) for items in (block.pre, main, block.post))
    before, between, after = map(list, around)
    return (*before, *between, *joins, *after)


def options(analysis: Analysis, name: str) -> Options:
    """A block and its network by options A, B and C; no rows where the family has no such choice."""
    if "shortcut" not in analysis.spec.choices:
        return Options(())
    nets = {option: found for option in OPTIONS if (found := _changed(analysis, shortcut=option))}
    errors = _errors([found.spec for found in nets.values()])
    rows = []
    for option, found in nets.items():
        own, figure = rows_of(found, name), errors.get(found.spec)
        rows.append(
            Option(
                option,
                OPTIONS[option],
                str(found.spec),
                units.exact(sum(row.params for row in own)),
                units.count(sum(row.macs for row in own)),
                units.count(found.totals.params),
                units.count(found.totals.macs),
                figure.shown if figure else "",
                found.spec == analysis.spec,
            )
        )
    quoted = next(iter(errors.values()), None)
    if quoted is None:
        return Options(tuple(rows))
    return Options(tuple(rows), quoted.quantity, f"{quoted.quantity.capitalize()}, {quoted.protocol}: {quoted.cited}.")


def _errors(specs: Sequence[ArchSpec]) -> dict[ArchSpec, Figure]:
    """The errors published for most of some networks by one protocol in one table, of several the first quoted."""
    by_protocol: dict[tuple[str, str | None, str], dict[ArchSpec, Figure]] = {}
    for spec in specs:
        for verdict in verdicts(spec):
            figure = verdict.figure
            if figure.quantity.endswith("error"):
                key = (figure.quantity, figure.protocol, figure.source)
                by_protocol.setdefault(key, {}).setdefault(spec, figure)
    return max(by_protocol.values(), key=len, default={})


def _changed(analysis: Analysis, **choice: str) -> Analysis | None:
    """The network with another choice; None where there is no such one."""
    try:
        spec = analysis.spec.changed(**choice)
    except SpecError:
        return None
    return analysis if spec == analysis.spec else analyse(spec)
