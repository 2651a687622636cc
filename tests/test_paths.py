"""Ways through a residual network, against walking them all and against Veit et al. 2016."""

from collections import Counter
from fractions import Fraction
from itertools import product
from statistics import NormalDist

import pytest

from resnet_core import ZOO
from resnet_core.paths import EFFECTIVE, MOST_PATHS, Lengths, path_lengths, share


@pytest.mark.parametrize("modules", range(11))
def test_paths_are_as_many_as_walking_each_of_them_finds(modules: int) -> None:
    walked = Counter(sum(way) for way in product((0, 1), repeat=modules))
    assert path_lengths(modules) == tuple(walked[length] for length in range(modules + 1))
    for first, last in product(range(-1, modules + 2), repeat=2):
        within = sum(count for length, count in walked.items() if first <= length <= last)
        assert share(modules, first, last) == Fraction(within, walked.total())


@pytest.mark.parametrize("modules", [1, 54, 600])
def test_shares_that_part_all_lengths_are_the_whole(modules: int) -> None:
    half = modules // 2
    assert share(modules, 0, half) + share(modules, half + 1, modules) == 1
    assert path_lengths(modules) == path_lengths(modules)[::-1]


def test_a_network_cannot_have_fewer_modules_than_none() -> None:
    with pytest.raises(ValueError, match=r"^A network cannot have -1 residual modules: give 0 or more\.$"):
        path_lengths(-1)


def test_a_resnet_of_110_layers_has_the_modules_and_the_paths_that_the_paper_counts() -> None:
    assert sum(ZOO["cifar-resnet-110"].depths) == MOST_PATHS.modules == EFFECTIVE.modules
    assert MOST_PATHS.paths == 18_014_398_509_481_984


def test_the_papers_shares_hold() -> None:
    assert MOST_PATHS.share > Fraction(95, 100)  # "more than 95 %"
    assert f"{float(MOST_PATHS.share):.2%}" == "98.02%"
    assert f"{float(EFFECTIVE.share):.2%}" == "0.45%"  # "0.45 %"
    assert f"{float(EFFECTIVE.share):.4%}" == "0.4537%"


def test_a_normal_law_of_the_same_mean_and_spread_says_nearly_the_same() -> None:
    bell = NormalDist(MOST_PATHS.modules / 2, MOST_PATHS.modules**0.5 / 2)
    assert float(MOST_PATHS.share) == pytest.approx(bell.cdf(35.5) - bell.cdf(18.5), abs=1e-3)
    assert Lengths(54, 27, 27).share == max(Lengths(54, n, n).share for n in range(55))
