"""What results say to the questions: sentences made of their numbers, and whether the claims hold in them."""

import math
from fractions import Fraction
from statistics import geometric_mean

from .. import units
from ..codec import parse
from ..labs.dropping import dropping as expected
from ..labs.spans import shortest
from .lab import Answer, Cell, Result

DESTROYED = 0.6
"""An error of CIFAR-10 from which a network is said to be destroyed; chance is 0.9."""
HARMLESS = 0.1
"""What deleting a block may add to the error, or to the flips, of a network that is said to bear it."""
MOST_OF_IT = 0.95
"""The share of the gradient by which path lengths are called effective."""
EQUAL_IN_FP64, EQUAL_IN_FP32 = 1e-10, 1e-4
FLAT = 100.0
"""By how much less gradient than the last layer's the first may get in a network in which none is said to vanish."""
VANISHED = 1000.0
"""By how much less than whole something is of which nothing is said to be left."""
NEARLY = 0.05
"""How far the time saved may be from the quarter that is published."""
JUDGED = 500
"""Test pictures of a race."""
NOT_YET = Answer("Nothing is known yet.", None)


def lesion(result: Result) -> Answer:
    """After one deletion, against none; of a picture without a label, how often its class changes."""
    of: dict[str, dict[float, tuple[Cell, ...]]] = {}
    for row in result.rows:
        of.setdefault(str(row[0]), {})[_number(row[1])] = row
    if not all({0, 1} <= {*rows} for rows in of.values()) or not of:
        return NOT_YET
    first = next(iter(of.values()))
    labelled = first[0][4] is not None
    place, words = (4, "errs in {1} instead of {0}") if labelled else (6, "changes its answer in {1} of the draws")
    sentences, lost = [], []
    for name, rows in of.items():
        before, after = (_number(rows[k][place]) for k in (0, 1))
        lost.append(after - before)
        sentences.append(f"{name} {words.format(units.percent(before), units.percent(after))}")
    holds = lost[0] <= HARMLESS and all(_number(rows[1][place]) >= DESTROYED for rows in list(of.values())[1:])
    n = f"{_number(first[1][3]):,.0f} picture" + ("s" if first[1][3] != 1 else "")
    compared = len(of) > 1
    return Answer(f"One block fewer: {'; '.join(sentences)} ({n}).", holds if compared and labelled else None)


def paths(result: Result) -> Answer:
    """Which lengths bring most of the gradient, and how many of all paths have them."""
    weights, shares = ([_number(row[place]) for row in result.rows] for place in (4, 2))
    if result.done < 1 or not weights:
        return NOT_YET
    first, last = shortest(weights, MOST_OF_IT)
    modules = len(weights) - 1
    weight, share = (units.percent(sum(some[first : last + 1])) for some in (weights, shares))
    usual, _ = max(enumerate(shares), key=lambda one: one[1])
    middle = sum(length * one for length, one in enumerate(weights))
    return Answer(
        f"Paths through {first} to {last} of {modules} blocks bring {weight} of the gradient, and are "
        f"{share} of all paths: on average it comes over {middle:.1f} blocks, where most paths go "
        f"through {usual}.",
        middle < usual - 1,
    )


def degradation(result: Result) -> Answer:
    """The last test error of every net: deeper against shallower, plain and residual."""
    last = {str(row[0]): _number(row[4]) for row in result.rows}
    if len(last) < 4:
        return NOT_YET
    worse, better = (last[f"cifar-{kind}-56"] - last[f"cifar-{kind}-20"] for kind in ("plain", "resnet"))
    said = (f"{kind}, {_from_to(last, kind)}" for kind in ("plain", "resnet"))
    return Answer(f"From 20 to 56 layers: {'; '.join(said)}.", worse > 0 > better if result.done == 1 else None)


def _from_to(last: dict[str, float], kind: str) -> str:
    return " to ".join(f"{units.percent(last[f'cifar-{kind}-{layers}'])} wrong" for layers in (20, 56))


def gradients(result: Result) -> Answer:
    """How much gradient the first layer of each plain net gets, of that of the last convolution, each relative to its
    weights. Less than a hundredth at the start is vanishing. Later it decides nothing: under batch norm the relative
    gradient shrinks as weights grow, with the net's function as it was."""
    layers: dict[str, list[tuple[Cell, ...]]] = {}
    for row in result.rows:
        layers.setdefault(str(row[0]), []).append(row)
    ratios = {
        name: [_share(some[0][place], some[-2][place]) for place in range(2, 6)]
        for name, some in layers.items()
        if "plain" in name and len(some) > 1
    }
    if not ratios:
        return NOT_YET
    said = " ".join(
        f"In {name} the first layer gets {_then(start, later)} the gradient of the last convolution; without batch "
        f"norm {_then(bare, bare_later)}."
        for name, (start, later, bare, bare_later) in ratios.items()
    )
    starts = [start for first, _, bare, _ in ratios.values() for start in (first, bare) if start is not None]
    known = [ratio for some in ratios.values() for ratio in some if ratio is not None]
    undecided = None if min(known) < 1 / FLAT else False
    return Answer(said, True if min(starts) < 1 / FLAT else undecided)


def _share(part: Cell, whole: Cell) -> float | None:
    return None if part is None or whole is None else _number(part) / _number(whole)


def _then(start: float | None, later: float | None) -> str:
    half_way = "" if later is None else f" and half way {units.measured(later)} times"
    return f"at the start {units.measured(_number(start))} times{half_way}"


def equivalences(result: Result) -> Answer:
    """Every pair within rounding: 1e-10 in double precision, 1e-4 in single."""
    if not result.rows:
        return NOT_YET
    equal = [
        _number(row[4]) < EQUAL_IN_FP32 and (row[3] is None or _number(row[3]) < EQUAL_IN_FP64) for row in result.rows
    ]
    largest = max(_number(row[3]) for row in result.rows if row[3] is not None)
    return Answer(
        f"{sum(equal)} of {len(equal)} pairs are one function; in double precision they differ by {largest:.0e} of the "
        "largest logit at most.",
        all(equal),
    )


def pathways(result: Result) -> Answer:
    """In how many blocks more gradient comes by the identity than through F."""
    if not result.rows:
        return NOT_YET
    more = sum(_number(row[2]) > _number(row[3]) for row in result.rows)
    return Answer(
        f"In {more} of {len(result.rows)} blocks more gradient comes back by the shortcut than through F; F's part is "
        f"{units.measured(geometric_mean(_number(row[4]) for row in result.rows))} of the shortcut's on average.",
        2 * more > len(result.rows) if result.done == 1 else None,
    )


def scaling(result: Result) -> Answer:
    """The first block's gradient for the smallest factor, against the network as it is."""
    first: dict[str, float] = {}
    for row in result.rows:
        first.setdefault(str(row[0]), _number(row[2]))
    whole = first.get("λ = 1")
    if whole is None:
        return NOT_YET
    name, least = next(iter(first.items()))
    return Answer(
        f"With {name} on every shortcut the first block gets {least / whole:.1e} of the gradient that it gets with 1.",
        least < whole / VANISHED if result.done == 1 else None,
    )


def dropping(result: Result) -> Answer:
    """How many blocks take part on average, and which share of the network's multiply-adds that spares."""
    if not result.rows:
        return NOT_YET
    found = expected(parse(result.settings.model), result.settings.survival)
    share = found.expected_blocks / len(found.blocks)
    return Answer(
        f"{units.decimal(found.expected_blocks)} of {len(found.blocks)} blocks take part in a step on average, with "
        f"{units.count(round(found.expected_macs))} of {units.count(found.macs)} multiply-adds: "
        f"{units.percent(found.saved)} are spared.",
        abs(share - Fraction(3, 4)) < Fraction(1, 100) if result.settings.survival == 1 / 2 else None,
    )


def beginnings(result: Result) -> Answer:
    """Whether what arrives by the shortcuts alone at the start tells good variants from bad ones."""
    better = [row for row in result.rows if row[4] is not None]
    if result.done < 1 or not better:
        return NOT_YET
    arrives = {str(row[1]) for row in better if _number(row[4]) >= 1 / VANISHED}
    blocked = {str(row[1]) for row in better if _number(row[4]) < 1 / VANISHED}
    return Answer(
        "Where a thousandth of the gradient reaches the first of 54 blocks by the shortcuts alone, or more, trained "
        f"nets err in {_errors(arrives)}; where less does, in {_errors(blocked)}.",
        None,
    )


def _errors(printed: set[str]) -> str:
    """The errors of some nets, least first, and whether one failed."""
    known = sorted((error for error in printed if error != "fail"), key=float)
    return f"{', '.join(known)} %" + (", or fail" if "fail" in printed else "")


def bench(result: Result) -> Answer:
    """What of the last block's gradient reaches the first by the shortcuts alone, variant by variant."""
    first: dict[str, Cell] = {}
    for row in result.rows:
        first.setdefault(str(row[0]), row[4])
    if result.done < 1 or not first:
        return NOT_YET
    said = (f"{name}: {f'{_number(share):.1e}' if share else 'nothing'}" for name, share in first.items())
    *_, last = first.values()
    return Answer(
        f"Of the last block's gradient the first gets by the shortcuts alone: {'; '.join(said)}.",
        (last is None or _number(last) < 1 / VANISHED) if len(first) > 1 else None,
    )


def trial(result: Result) -> Answer:
    """The last test error of the original and of the variant; a difference of less than two standard errors decides
    nothing."""
    last = {str(row[0]): (_number(row[1]), _number(row[4])) for row in result.rows}
    if not last:
        return NOT_YET
    said = "; ".join(f"{name}: {units.percent(wrong)} wrong" for name, (_, wrong) in last.items())
    epochs, first = next(iter(last.values()))
    *_, (_, other) = last.values()
    within = 2 * math.sqrt((first * (1 - first) + other * (1 - other)) / JUDGED)
    apart = result.done == 1 and abs(other - first) > within
    return Answer(f"After {units.measured(epochs)} epochs of few pictures: {said}.", other > first if apart else None)


def saving(result: Result) -> Answer:
    """What the chosen probability saves of the time of a step, beside the multiply-adds that it spares."""
    row = next((row for row in result.rows if row[0] == result.settings.survival and row[3] is not None), None)
    if row is None:
        return NOT_YET
    saved = _number(row[3])
    usual = result.done == 1 and result.settings.survival == 1 / 2
    return Answer(
        f"With a last survival of {result.settings.survival:g} a step takes {units.percent(saved)} less time, where "
        f"{units.percent(_number(row[2]))} of the multiply-adds are spared ({row[5]}).",
        abs(saved - 1 / 4) < NEARLY if usual else None,
    )


def frozen(result: Result) -> Answer:
    """How far the two nets are apart, and what passes them by the shortcuts alone."""
    if not result.rows:
        return NOT_YET
    apart = max(_number(row[5]) for row in result.rows)
    _, identity, gate, factor, _, _ = result.rows[0]
    same = abs(_number(gate) - _number(factor)) <= EQUAL_IN_FP64 * _number(factor)
    return Answer(
        f"Behind each of {len(result.rows)} blocks the two differ by {apart:.0e} of the largest value at most, in "
        f"double precision; by the shortcuts alone the first block gets {_number(gate):.1e} of the last one's "
        f"gradient, with the identity {units.measured(_number(identity))}.",
        apart < EQUAL_IN_FP64 and same,
    )


def highway(result: Result) -> Answer:
    """What passes fifty layers, by bias."""
    at = {str(row[0]): _number(row[2]) for row in result.rows if row[1] == 50}
    if not at:
        return NOT_YET
    said = (f"{name} {units.percent(share)}" for name, share in at.items())
    holds = min(at.values()) < 1 / VANISHED and max(at.values()) > 1 / 2
    return Answer(f"Of the input, through 50 layers: {', '.join(said)}.", holds)


def _number(cell: Cell) -> float:
    assert isinstance(cell, float | int)
    return cell
