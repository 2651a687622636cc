"""Which papers a network comes from, and what was published of it: as BibTeX, and in words."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple
from unicodedata import normalize

from .codec import nearest
from .plan import plan
from .spec import ArchSpec
from .verify import verdicts
from .zoo import family_of

_ACCENTS = {"\u0301": r"\'", "\u0308": r"\""}


class Reference(NamedTuple):
    """An entry: its key, what kind it is, and its fields in the order in which they are printed."""

    key: str
    type: str
    authors: tuple[str, ...]
    fields: Mapping[str, str]

    @property
    def bibtex(self) -> str:
        """The entry, in the seven bits that every BibTeX reads."""
        fields = {"author": " and ".join(self.authors), **self.fields, "title": f"{{{self.fields['title']}}}"}
        if "eprint" in fields:
            fields["archiveprefix"] = "arXiv"
        lines = [f"@{self.type}{{{self.key}", *(f"  {name} = {{{_plain(text)}}}" for name, text in fields.items())]
        return ",\n".join(lines) + "\n}\n"

    @property
    def words(self) -> str:
        """The entry as a line: who, when, what, where."""
        names = [author.strip("{}").partition(",")[0] for author in self.authors]
        place = self.fields.get("booktitle") or self.fields.get("journal") or ""
        number = f"arXiv:{self.fields['eprint']}" if "eprint" in self.fields else self.fields.get("doi", "")
        where = ", ".join(filter(None, (place.replace("--", "–"), number or self.fields.get("howpublished", ""))))
        return f"{', '.join(names)} {self.fields['year']}. {self.fields['title']}. {where}."


def bibtex(spec: ArchSpec) -> str:
    """The entries of everything that `papers` names."""
    return "\n".join(reference.bibtex for reference in papers(spec))


def papers(spec: ArchSpec) -> tuple[Reference, ...]:
    """The paper of a network's family, those of its options, and those that print figures of exactly this one."""
    return tuple(references()[key] for key in dict.fromkeys(_keys(spec)))


def _keys(spec: ArchSpec) -> Iterator[str]:
    if family := cited(family_of(nearest(spec)).paper):
        yield family
    kinds = {op.kind for _, block in plan(spec).blocks() for op in block.ops()}
    for key, uses in OPTIONS.items():
        if uses(spec, kinds):
            yield key
    for verdict in verdicts(spec):
        if printed := cited(verdict.figure.source):
            yield printed


def _residual(spec: ArchSpec) -> bool:
    return spec.family in ("resnet", "plain")


OPTIONS: Mapping[str, Callable[[ArchSpec, set[str]], bool]] = MappingProxyType(
    {
        "he-2015": lambda spec, kinds: _residual(spec),
        "he-2016": lambda spec, kinds: _residual(spec) and (spec.order != "post" or spec.skip != "identity"),
        "goyal-2017": lambda spec, kinds: _residual(spec) and spec.stride_on == "3x3",
        "xie-2017": lambda spec, kinds: _residual(spec) and spec.groups > 1,
        "zagoruyko-2016": lambda spec, kinds: (
            _residual(spec) and (spec.widen > 1 or (spec.groups == 1 and spec.group_width is not None))
        ),
        "huang-2016": lambda spec, kinds: spec.survival < 1 or spec.shortcut == "pool",
        "krizhevsky-2012": lambda spec, kinds: "lrn" in kinds,
        "krizhevsky-2014": lambda spec, kinds: (spec.family, spec.release) == ("alexnet", "torchvision"),
        "ioffe-2015": lambda spec, kinds: "bn" in kinds,
        "torchvision": lambda spec, kinds: spec.release == "torchvision",
    }
)
"""Papers besides that of the family, each with when a network of these kinds of ops uses it."""


def cited(source: str) -> str | None:
    """The key of a source as `zoo` and `published.toml` write it, "He, Zhang, Ren, Sun 2015, …"; None for no paper."""
    for key in references():
        author, _, year = key.partition("-")
        if year and source.lower().startswith((f"{author},", f"{author} ")) and f" {year}," in f"{source},":
            return key
    return None


@cache
def references() -> Mapping[str, Reference]:
    """All entries, by key."""
    import tomllib
    from pathlib import Path

    data = tomllib.loads(Path(__file__).with_name("bibliography.toml").read_text("utf-8"))
    return MappingProxyType({key: _reference(key, **row) for key, row in data.items()})


def _reference(key: str, type: str, author: list[str], **fields: Any) -> Reference:
    return Reference(key, type, tuple(author), MappingProxyType({name: str(text) for name, text in fields.items()}))


def _plain(text: str) -> str:
    """An accent as the command that LaTeX has for it: "Dollár" -> "Doll{\\'a}r"."""
    out = ""
    for sign in normalize("NFD", text):
        out = f"{out[:-1]}{{{_ACCENTS[sign]}{out[-1]}}}" if sign in _ACCENTS else out + sign
    return out
