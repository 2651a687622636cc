"""The published figures that we quote, each with its printed digits and its source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

PAPER = "paper"
AUTHORS = "authors"
_PREFIX = {10**3: " k", 10**6: " M", 10**9: " G"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as printed: of which architecture, which quantity, in which table of which source.

    `arch` is a text that `parse` reads. `printed` are the digits as they stand there, in `unit`s, or a text such as
    "56×56"; ">95" is a bound, "2^54" a power. `stage` is the row of the paper's table, None for the whole network.
    `publisher` is the short name of who prints it. `reason` says why our count differs, or how the two are compared.
    `protocol` says how an error was measured. `convention` names the tool that counted. `confirmed`: read in the
    source. `key` names the figure in links.
    """

    arch: str
    quantity: str
    printed: str
    unit: int
    source: str
    publisher: str
    table: str
    stage: str | None = None
    reason: str | None = None
    protocol: str | None = None
    convention: str | None = None
    confirmed: bool = True
    key: str = ""

    @property
    def measured(self) -> bool:
        """An error or an accuracy: somebody trained the network to know it."""
        return self.quantity.endswith(("error", "accuracy"))

    @property
    def cited(self) -> str:
        """Where it stands; one that was not read there is marked."""
        return self.source if self.confirmed else f"{self.source} (unconfirmed)"

    @property
    def shown(self) -> str:
        """The printed digits with their unit, for people: "3.8 G", "25,557,032", "483 px", "56×56"."""
        if not re.fullmatch(r">?[0-9.]+", self.printed):
            return self.printed
        if self.measured or self.quantity.startswith(("paths of", "share of")):
            return f"{self.printed} %"
        if self.unit != 1:
            return self.printed + _PREFIX[self.unit]
        return f"{int(self.printed):,}" + (" px" if self.quantity == "receptive field" else "")


def _place(row: dict[str, Any]) -> str:
    return f"{row['source']} {row['table']}"


@cache
def figures() -> tuple[Figure, ...]:
    """Every figure of `published.toml`, in its order: papers first."""
    import tomllib  # here, so that whoever asks for no figure does not pay for reading them
    from pathlib import Path

    data = tomllib.loads(Path(__file__).with_name("published.toml").read_text("utf-8"))
    return tuple(figure for row in data["figure"] for figure in _row(row, data["source"][row["source"]]))


def _row(row: dict[str, Any], source: dict[str, str]) -> Iterator[Figure]:
    archs, printed = row["arch"], row["printed"]
    each = [printed] * len(archs) if isinstance(printed, str) else printed
    for arch, digits in zip(archs, each, strict=True):
        yield Figure(
            arch=arch,
            quantity=row["quantity"],
            printed=digits,
            unit=row.get("unit", 1),
            source=f"{source['name']}, {row['table']}",
            publisher=source["publisher"],
            table=row["table"],
            stage=row.get("stage"),
            reason=_reason(row, arch),
            protocol=row.get("protocol"),
            convention=row.get("convention"),
            confirmed=row.get("confidence") != "unconfirmed",
            key=", ".join(filter(None, (arch, row["quantity"], row.get("stage"), row.get("protocol"), _place(row)))),
        )


def _reason(row: dict[str, Any], arch: str) -> str | None:
    """What a row says of all its figures, or what it says of this one alone."""
    reason: str | dict[str, str] | None = row.get("reason")
    return reason.get(arch) if isinstance(reason, dict) else reason
