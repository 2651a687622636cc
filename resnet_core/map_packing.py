"""Records that differ only in their numbers -> one text for all of them, and of each record the numbers.

A dense block's layers are drawn alike and counted alike but for how many channels come in: said in full they would be
most of what a browser has to fetch.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Packed(NamedTuple):
    """`forms` are JSON in pieces, each followed by the place of a number among a record's own, the last by none.

    A record is the number of its form, then its numbers; one that JSON writes otherwise, "1,024", is a text.
    """

    forms: list[list[str | int]]
    records: list[list[int | str]]


def packed(records: Iterable[Sequence[Any]]) -> Packed:
    """Every record, in their order."""
    said = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records]
    alike: dict[tuple[str, ...], list[int]] = {}
    for place, text in enumerate(said):
        alike.setdefault(tuple(_NUMBER.split(text)), []).append(place)
    found = Packed([], [[] for _ in said])
    for form, (pieces, places) in enumerate(alike.items()):
        columns = list(zip(*(_NUMBER.findall(said[place]) for place in places), strict=True))
        own = list(dict.fromkeys(column for column in columns if len(set(column)) > 1))
        found.forms.append(_form(pieces, columns, own))
        for row, place in enumerate(places):
            found.records[place] = [form, *(_written(column[row]) for column in own)]
    return found


def _form(pieces: Sequence[str], columns: Sequence[tuple[str, ...]], own: Sequence[tuple[str, ...]]) -> list[str | int]:
    """The text of a form; numbers that are the same in all of its records are part of it."""
    form: list[str | int] = [pieces[0]]
    for piece, column in zip(pieces[1:], columns, strict=True):
        if column in own:
            form += [own.index(column), piece]
        else:
            form[-1] = f"{form[-1]}{column[0]}{piece}"
    return form


def _written(number: str) -> int | str:
    return int(number) if str(int(number) if number.isdigit() else -1) == number else number
