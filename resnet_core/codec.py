"""Spec <-> text: `resnet-34,shortcut=A,size=32`. URLs, the command line, caches and file names all use it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from .spec import DECIMALS, MOST_QUOTED, ArchSpec, Size, SpecError, either, quoted
from .wiring.residual import not_listed
from .zoo import ALIASES, ZOO

MOST_CHARACTERS = 500


def parse(text: str) -> ArchSpec:
    """The spec that a text names: a name of the zoo, then changes, as in `resnet-34,shortcut=A,size=32`.

    `depth=101` stands for the papers' blocks per stage; a number in the name that the zoo lacks does the same
    (`cifar-resnet-26`). Raises SpecError, with a sentence that says what to change.
    """
    if len(text) > MOST_CHARACTERS:
        raise SpecError(f"That name has {len(text):,} characters: write a name and a few changes, such as {_EXAMPLE}.")
    name, *changes = (part.strip() for part in text.strip().split(","))
    return amended(_named(name), *changes)


def amended(spec: ArchSpec, *changes: str) -> ArchSpec:
    """A spec with changes as `parse` reads them: `amended(spec, "depths=3-4-6-3", "size=97x64")`.

    Raises SpecError, with a sentence that says what to change.
    """
    choices: dict[str, Any] = {}
    layers: int | None = None
    seen: set[str] = set()
    for change in changes:
        key, equals, value = (part.strip() for part in change.partition("="))
        if not equals:
            raise SpecError(f"{quoted(change)} is no change: write key=value, such as {_EXAMPLE}.")
        if key in seen:
            raise SpecError(f"{key} stands there twice: give it once.")
        seen.add(key)
        if key == "depth":
            layers = _number(key, value)
        elif key in _READ:
            choices[key] = read(key, value)
        else:
            raise SpecError(f"There is no choice {quoted(key)}{_hint(key, [*_READ, 'depth'])}")
    if layers is not None:
        if "depths" in choices:
            raise SpecError("depth and depths both say how many blocks there are: give one of them.")
        formed = replace(spec, **{key: choices[key] for key in ("block", "stem") if key in choices})
        choices["depths"] = spec.wiring.depths(formed, layers)
    return replace(spec, **choices)


def read(field: str, value: str) -> Any:
    """The value of one choice, from its text. Raises SpecError, with a sentence that says how to write it."""
    return _READ[field](field, value.strip())


def write(spec: ArchSpec, field: str) -> str:
    """The text of one choice."""
    return _WRITE[field](getattr(spec, field))


@lru_cache(maxsize=4096)  # bounded: specs come from strangers' URLs
def text(spec: ArchSpec) -> str:
    """The shortest text that `parse` turns into this spec: the nearest name of the zoo and what differs from it."""
    best = min((list(_changes(base, spec, name)) for name, base in ZOO.items() if _reaches(base, spec)), key=len)
    return ",".join(best)


def nearest(spec: ArchSpec) -> str:
    """The name of the zoo that a spec's text starts from."""
    return text(spec).partition(",")[0]


_EXAMPLE = "resnet-34,shortcut=A,size=32"
_NUMBER = "[0-9]{1,100}"  # int() refuses thousands of digits


def _reaches(base: ArchSpec, spec: ArchSpec) -> bool:
    # shortcut=none makes a plain net of a residual one, and a plain net's name takes no shortcut
    return base.family == spec.family or (base.family == "resnet" and spec.family == "plain")


def _changes(base: ArchSpec, spec: ArchSpec, name: str) -> Iterator[str]:
    yield name
    for key, write in _WRITE.items():
        if (value := getattr(spec, key)) != getattr(base, key):
            yield f"{key}={write(value)}"


def _named(name: str) -> ArchSpec:
    if (known := ALIASES.get(name, name)) in ZOO:
        return ZOO[known]
    if match := re.fullmatch(r"([a-z-]+-)([0-9]{1,6})(-v[0-9](?:\.[0-9])?)?", name):
        before, number, after = match[1], int(match[2]), match[3] or ""
        pattern = re.compile(re.escape(before) + r"[0-9]+" + re.escape(after))
        siblings = [spec for sibling, spec in ZOO.items() if pattern.fullmatch(sibling)]
        refusals: list[SpecError] = []
        for base in siblings:
            try:
                return replace(base, depths=base.wiring.depths(base, number))
            except SpecError as error:
                refusals.append(error)
        blocks = dict.fromkeys(base.block for base in siblings)
        if len(blocks) > 1 and all(base.stem == "imagenet" for base in siblings):
            raise not_listed(number, blocks)
        if refusals:
            raise refusals[0]
    raise SpecError(f"There is no network {quoted(name)}{_hint(name, ZOO)}")


def _hint(word: str, known: Any) -> str:
    close = get_close_matches(word.lower()[:MOST_QUOTED], known, n=3, cutoff=0.5)
    return f": did you mean {either(close)}?" if close else f": write for example {_EXAMPLE}."


def _number(key: str, value: str) -> int:
    if not re.fullmatch(_NUMBER, value):
        raise SpecError(f"{key} needs a whole number, and {quoted(value)} is none: write digits, such as 10.")
    return int(value)


def _word(key: str, value: str) -> str:
    return value


def _real(key: str, value: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value):
        raise SpecError(f"{key} needs a number, and {quoted(value)} is none: write digits, such as 0.5.")
    return float(value)


def _truth(key: str, value: str) -> bool:
    if value not in _TRUTHS:
        raise SpecError(f"{key} cannot be {quoted(value)}: choose yes or no.")
    return _TRUTHS[value]


def _depths(key: str, value: str) -> tuple[int, ...]:
    if not re.fullmatch(rf"{_NUMBER}(-{_NUMBER})*", value):
        raise SpecError(f"{key} needs the blocks of each stage, and {quoted(value)} is not that: write 3-4-6-3.")
    return tuple(map(int, value.split("-")))


def _size(key: str, value: str) -> Size:
    if not re.fullmatch(rf"{_NUMBER}(x{_NUMBER})?", value):
        raise SpecError(
            f"{key} needs pixels, and {quoted(value)} is not that: write 224, or height x width as 224x320."
        )
    height, _, width = value.partition("x")
    return int(height), int(width or height)


_TRUTHS = {"yes": True, "no": False}
_READ: dict[str, Callable[[str, str], Any]] = {
    **dict.fromkeys(("stem", "block"), _word),
    "depths": _depths,
    **dict.fromkeys(("shortcut", "skip", "stride_on", "order"), _word),
    **dict.fromkeys(("width", "widen", "groups", "group_width"), _number),
    "form": _word,
    "survival": _real,
    "survival_rule": _word,
    "gate_bias": _real,
    "growth": _number,
    "compression": _real,
    "alternate": _truth,
    "release": _word,
    "aux": _truth,
    "classes": _number,
    "size": _size,
}
_WRITERS: dict[Callable[[str, str], Any], Callable[[Any], str]] = {
    _word: str,
    _number: str,
    _real: lambda value: f"{value:.{DECIMALS}f}".rstrip("0").rstrip("."),
    _truth: lambda value: "yes" if value else "no",
    _depths: lambda depths: "-".join(map(str, depths)),
    _size: lambda size: str(size[0]) if size[0] == size[1] else f"{size[0]}x{size[1]}",
}
_WRITE: dict[str, Callable[[Any], str]] = {field: _WRITERS[read] for field, read in _READ.items()}
