"""What texts about residual networks say, each claim with its verdict and the evidence for it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from .computations import Value, compute

HOLDS, WRONG, PROTOCOL, OPEN = "holds", "wrong", "needs its protocol", "not checkable here"
STATUSES = (WRONG, PROTOCOL, OPEN, HOLDS)
"""Every verdict, what a reader should be warned of first."""
IN_WORDS: Mapping[str, str] = MappingProxyType(
    {WRONG: "are wrong", PROTOCOL: "need their protocol", OPEN: "cannot be checked here", HOLDS: "hold"}
)
_UNITS: Mapping[str, Fraction] = MappingProxyType(
    {"": Fraction(1), " k": Fraction(10**3), " M": Fraction(10**6), " G": Fraction(10**9), " %": Fraction(1, 100)}
)
_PRINTED = re.compile(r"([\d,]+(?:\.\d+)?)( [kMG%])?")


class Check(NamedTuple):
    """What a claim says, as two sides and what is said to be between them: =, ≈, < or >.

    A side is a named computation, or what the claim prints: a number, or a text. ≈ is agreement to within one unit of
    the last printed digit, for some round and some truncate.
    """

    left: str
    relation: str
    right: str

    @property
    def holds(self) -> bool:
        left, right = _side(self.left), _side(self.right)
        if left.number is None or right.number is None:
            if self.relation != "=":
                raise ValueError(f"{self.left!r} {self.relation} {self.right!r} does not compare numbers.")
            return left.text == right.text
        if self.relation == "≈":
            return abs(left.number - right.number) < _last_digit(self.right)
        return {
            "=": left.number == right.number,
            "<": left.number < right.number,
            ">": left.number > right.number,
        }[self.relation]


@dataclass(frozen=True, slots=True)
class SeedClaim:
    """One claim of a text, in at most 25 of its own words.

    `because` says why the verdict is as it is, in a sentence whose numbers in braces are computations; `checks` are
    what the claim comes down to, where that can be computed. `cited` is where the rest of the evidence stands.
    `page` and `net` are the view that shows it.
    """

    quote: str
    text: str
    status: str
    because: str
    cited: str
    page: str
    net: str | None
    checks: tuple[Check, ...]

    @property
    def evidence(self) -> str:
        """`because`, with everything computed now."""
        return re.sub(r"\{([^}]+)\}", lambda found: compute(found[1]).text, self.because)

    @property
    def is_computed(self) -> bool:
        """Whether some of the evidence is counted here."""
        return bool(self.checks) or "{" in self.because


@cache
def seed_claims() -> tuple[SeedClaim, ...]:
    """Every claim of `seed_claims.toml`: wrong ones first, and each verdict's in the order of the texts."""
    import tomllib  # here, so that whoever asks for no claim does not pay for reading them
    from pathlib import Path

    data = tomllib.loads(Path(__file__).with_name("seed_claims.toml").read_text("utf-8"))
    claims = [_claim(row, data["text"], data["source"]) for row in data["claim"]]
    return tuple(sorted(claims, key=lambda claim: STATUSES.index(claim.status)))


def texts() -> tuple[str, ...]:
    """The titles of the texts, in the order of the rows."""
    return tuple(dict.fromkeys(claim.text for claim in seed_claims()))


def search(statuses: Iterable[str] = (), words: str = "") -> tuple[SeedClaim, ...]:
    """The claims with one of these verdicts (none named: any) in which each of these words stands."""
    chosen = tuple(statuses) or STATUSES
    sought = words.casefold().split()
    return tuple(
        claim for claim in seed_claims() if claim.status in chosen and all(word in _all_words(claim) for word in sought)
    )


def tally() -> str:
    """How many claims there are, and how they fare: "70 claims of 4 texts · 20 are wrong · …"."""
    counts = Counter(claim.status for claim in seed_claims())
    parts = [f"{counts[status]} {IN_WORDS[status]}" for status in STATUSES]
    return " · ".join([f"{counts.total()} claims of {len(texts())} texts", *parts])


def found(claims: tuple[SeedClaim, ...]) -> str:
    """What a search says of its result."""
    computed = sum(claim.is_computed for claim in claims)
    if not claims:
        return "No claim has these words and this verdict: leave out a word, or choose another verdict."
    shown = "1 claim" if len(claims) == 1 else f"{len(claims)} claims"
    return f"{shown} · {computed} with evidence that is counted here, the rest with what was published"


def _all_words(claim: SeedClaim) -> str:
    return " ".join((claim.quote, claim.text, claim.status, claim.evidence, claim.cited)).casefold()


def _claim(row: dict[str, Any], titles: dict[str, str], sources: dict[str, str]) -> SeedClaim:
    cited = "; ".join(f"{sources[key]}, {place}" if place else sources[key] for key, place in row.get("cited", ()))
    return SeedClaim(
        quote=row["quote"],
        text=titles[row["text"]],
        status=row["verdict"],
        because=row["because"],
        cited=cited,
        page=row["page"],
        net=row.get("net"),
        checks=tuple(Check(*check) for check in row.get("checks", ())),
    )


def _side(words: str) -> Value:
    if " of " in words:
        return compute(words)
    printed = _PRINTED.fullmatch(words)
    if printed is None:
        return Value(words)
    return Value(words, Fraction(printed[1].replace(",", "")) * _UNITS[printed[2] or ""])


def _last_digit(words: str) -> Fraction:
    """What one unit of the last printed digit is worth: "6.7 M" -> 100,000."""
    printed = _PRINTED.fullmatch(words)
    if printed is None:
        raise ValueError(f"{words!r} is no printed number, so nothing can be near it.")
    exponent = Decimal(printed[1].replace(",", "")).as_tuple().exponent
    return Fraction(Decimal(1).scaleb(int(exponent))) * _UNITS[printed[2] or ""]
