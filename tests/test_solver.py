"""The solver finds what a person found by hand, all of it and nothing else, and says when there is nothing."""

from fractions import Fraction

import pytest

from resnet_core import ZOO, analyse, parse
from resnet_core.conventions import Convention, operations
from resnet_core.lattice import CONVENTIONS, ROUND, TRUNCATE, Target, counted, sums_of
from resnet_core.solver import ReconcileError, Solution, solve

GIGA, MEGA = 10**9, 10**6
TABLE_ONE = {"resnet-18": "1.8", "resnet-34": "3.6", "resnet-50": "3.8", "resnet-101": "7.6", "resnet-152": "11.3"}
TABLE_SIX = {
    "cifar-resnet-20": "0.27",
    "cifar-resnet-32": "0.46",
    "cifar-resnet-44": "0.66",
    "cifar-resnet-56": "0.85",
    "cifar-resnet-110": "1.7",
    "cifar-resnet-1202": "19.4",
}


def solved(quantity: str, unit: int, printed: dict[str, str]) -> Solution:
    return solve([Target(parse(name), quantity, digits, unit) for name, digits in printed.items()])


def departures(found: Solution) -> set[frozenset[str]]:
    return {frozenset(fit.words) for fit in found.shortest}


def test_no_single_rule_of_multiply_adds_alone_gives_the_flops_of_table_one() -> None:
    found = solved("macs", GIGA, TABLE_ONE)
    assert not found.plain
    assert frozenset({"batch norm at 2 an element", TRUNCATE}) in departures(found)
    assert set(found.shared) == {TRUNCATE}  # nothing rounded fits
    assert "the stride in the 1×1" in found.shared[TRUNCATE]
    assert any(word.startswith("batch norm at 1") for word in found.shared[TRUNCATE])  # or 2, or 4, but never none
    assert "A fit, not proof" in found.sentence


def test_the_option_of_table_one_cannot_be_told_from_its_flops() -> None:
    """Its bottlenecks need option B, its two nets of basic blocks fit with A as with B: section 3.3 says B for both."""
    found = solved("macs", GIGA, TABLE_ONE)
    options = {dict(fit.departures).get("shortcut of basic") for fit in found.fits}
    assert {None, "A"} <= options
    assert not [word for word in found.shared[TRUNCATE] if "basic blocks" in word]
    assert "option B in bottleneck blocks" in found.shared[TRUNCATE]


def test_only_networks_that_there_are_count_as_tried() -> None:
    found = solved("macs", GIGA, {"resnet-18": "1.8"})
    rules = 2 * 2 * 2 * 4 * 2 * 2 * 2
    assert found.tried == 3 * rules * 2  # option A, B or C; rounded or truncated


def test_table_six_needs_option_a_and_batch_norm_where_it_is_rounded() -> None:
    found = solved("params", MEGA, TABLE_SIX)
    assert {"option A", "batch norm counted"} <= set(found.shared[ROUND])
    assert {"option B", "batch norm counted"} <= set(found.shared[TRUNCATE])
    assert found.plain
    assert departures(found) == {frozenset()}


def test_the_two_vgg_figures_follow_different_rules() -> None:
    assert solved("macs", GIGA, {"vgg-16": "15.3", "vgg-19": "19.6"}).fits == ()
    sixteen, nineteen = (
        solved("macs", GIGA, {name: digits}) for name, digits in (("vgg-16", "15.3"), ("vgg-19", "19.6"))
    )
    assert departures(sixteen) == {frozenset({"fully connected layers left out"})}
    assert departures(nineteen) == {frozenset()}


def test_the_thousand_layers_fit_without_batch_norm_or_truncated_with_option_a() -> None:
    found = solved("params", MEGA, {"cifar-resnet-1001-v2": "10.2"})
    assert departures(found) == {frozenset({"batch norm left out"}), frozenset({"option A", TRUNCATE})}


def test_where_nothing_gives_a_figure_that_is_said() -> None:
    found = solved("params", MEGA, {"resnet-50": "99.9"})
    assert (found.fits, found.shortest, dict(found.shared)) == ((), (), {})
    assert found.sentence.startswith(f"None of {found.tried:,} ways")


def test_every_fit_gives_the_digits_and_every_other_reading_does_not() -> None:
    """By brute force over one network without variants, with the same conventions written out once more."""
    spec, printed = ZOO["vgg-16"], "15.4"
    found = solve([Target(spec, "macs", printed, GIGA)])
    expected = 0
    for mac_as in (1, 2):
        for fc in (True, False):
            for bias in (True, False):
                for bn in (0, 1, 2, 4):
                    for relu in (0, 1):
                        for pool in (True, False):
                            for add in (True, False):
                                rule = Convention(mac_as=mac_as, fc=fc, bias=bias, bn=bn, relu=relu, pool=pool, add=add)  # type: ignore[arg-type]
                                number = operations(analyse(spec), rule)
                                expected += 15_350_000_000 <= number < 15_450_000_000
                                expected += 15_400_000_000 <= number < 15_500_000_000
    assert len(found.fits) == expected > 0
    assert all(15_350_000_000 <= fit.numbers[0] < 15_500_000_000 for fit in found.fits)


def test_no_departure_of_a_shortest_fit_can_be_left_out() -> None:
    found = solved("macs", GIGA, TABLE_ONE)
    all_sets = [set(fit.departures) for fit in found.fits]
    for fit in found.shortest:
        assert not [other for other in all_sets if other < set(fit.departures)]
    for fit in found.fits:
        assert any(set(short.departures) <= set(fit.departures) for short in found.shortest)


@pytest.mark.parametrize("name", ["resnet-50", "vgg-16", "densenet-121", "googlenet", "lenet-5", "cifar-highway-19"])
def test_our_own_reading_is_our_own_count(name: str) -> None:
    totals = analyse(ZOO[name]).totals
    for quantity, ours in (("macs", totals.macs), ("params", totals.params)):
        rule = {axis.name: axis.values[0] for axis in CONVENTIONS[quantity]}
        assert counted(sums_of(ZOO[name], quantity), rule) == ours


def test_a_range_is_what_is_cut_to_the_printed_digits() -> None:
    target = Target(ZOO["resnet-50"], "macs", "3.8", GIGA)
    assert target.range(ROUND) == (Fraction(3_750_000_000), Fraction(3_850_000_000))
    assert target.range(TRUNCATE) == (Fraction(3_800_000_000), Fraction(3_900_000_000))


def test_figures_of_different_kinds_are_not_tried_together() -> None:
    targets = [Target(ZOO["resnet-50"], quantity, "3.8", GIGA) for quantity in ("macs", "params")]
    with pytest.raises(ReconcileError, match="count the same"):
        solve(targets)
    with pytest.raises(ReconcileError):
        solve([])


def test_progress_is_told_up_to_the_end() -> None:
    heard: list[float] = []
    solve([Target(ZOO["resnet-50"], "macs", "3.8", GIGA)], heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert len(heard) > 3
