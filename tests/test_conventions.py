"""Conventions: the papers' own gives our totals, every other what its words say, and none can count down."""

from dataclasses import fields, replace
from itertools import combinations
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_core import ZOO, analyse, parse
from resnet_core.conventions import PAPERS, Convention, operations
from resnet_core.counts import CONVENTION
from resnet_core.tally import Tally, tally, tally_rows

EVERYTHING = Convention(bias=True, bn=2, relu=1, pool=True, add=True, others=True)
VALUES = {name: (False, True) if kind is bool else get_args(kind) for name, kind in get_type_hints(Convention).items()}
AUXILIARY = parse("googlenet,aux=yes")
SPECS = [*(spec for spec in ZOO.values() if spec.layers < 300), AUXILIARY]
CONVENTIONS = st.builds(Convention, **{name: st.sampled_from(values) for name, values in VALUES.items()})
NUMBERS = st.integers(0, 10**12)
SUMS = st.builds(Tally, **dict.fromkeys(Tally._fields[:-1], NUMBERS), auxiliary=st.none())


@pytest.mark.parametrize("name", ZOO)
def test_the_papers_convention_gives_the_totals_and_all_operations_the_elementwise_too(name: str) -> None:
    analysis = analyse(ZOO[name])
    sums = tally(analysis)
    assert operations(sums) == operations(analysis) == analysis.totals.macs
    assert operations(sums, EVERYTHING) == analysis.totals.macs + analysis.totals.elementwise
    assert operations(sums, Convention(mac_as=2)) == 2 * analysis.totals.macs


def test_the_default_says_what_every_count_is_captioned_with() -> None:
    assert f"{PAPERS.words}; batch of one" == CONVENTION


def test_a_convention_says_itself_in_words() -> None:
    assert Convention(bn=2).words == (
        "one multiply-add counts one; convolutions and fully connected layers; batch norm at 2 an element"
    )
    assert Convention(mac_as=2, fc=False, bias=True, add=True, auxiliary=False).words == (
        "one multiply-add counts two; convolutions; biases at 1 an output, additions at 1 an element; "
        "without auxiliary heads"
    )


@given(CONVENTIONS, CONVENTIONS)
def test_two_conventions_have_the_same_words_only_if_they_are_the_same(one: Convention, other: Convention) -> None:
    assert (one == other) == (one.words == other.words)


@pytest.mark.parametrize("field", VALUES)
def test_every_choice_of_every_field_has_its_own_words(field: str) -> None:
    words = [replace(PAPERS, **{field: value}).words for value in VALUES[field]]
    assert len({*words, PAPERS.words}) == len(VALUES[field])


@given(st.sampled_from(SPECS), CONVENTIONS, st.sampled_from(list(VALUES)), st.data())
def test_counting_a_thing_more_often_never_counts_less(spec, convention, field, data) -> None:
    less, more = sorted(data.draw(st.sampled_from(list(combinations(VALUES[field], 2)))))
    sums = tally(analyse(spec))
    fewer, others = (operations(sums, replace(convention, **{field: value})) for value in (less, more))
    assert fewer <= others


@pytest.mark.parametrize("field", VALUES)
def test_every_field_counts_in_some_network_of_the_zoo(field: str) -> None:
    differing = [value for value in VALUES[field] if value != getattr(PAPERS, field)]
    for value in differing:
        assert any(operations(tally(analyse(spec)), replace(PAPERS, **{field: value})) != _macs(spec) for spec in SPECS)


@given(CONVENTIONS, SUMS, SUMS)
def test_networks_one_after_the_other_have_the_operations_of_both(
    convention: Convention, one: Tally, two: Tally
) -> None:
    both = Tally(*(a + b for a, b in zip(one[:-1], two[:-1], strict=True)))
    assert operations(both, convention) == operations(one, convention) + operations(two, convention)


@pytest.mark.parametrize("name", ["resnet-50", "densenet-121", "lenet-5", "googlenet"])
def test_the_tallies_of_the_stages_add_up(name: str) -> None:
    analysis = analyse(ZOO[name])
    stages = [tally_rows(row for row in analysis.rows if row.stage == stage.title) for stage in analysis.stages]
    assert Tally(*map(sum, list(zip(*stages, strict=True))[:-1])) == tally(analysis)


@given(CONVENTIONS)
def test_without_auxiliary_heads_counts_the_network_that_has_none(convention: Convention) -> None:
    bare = replace(convention, auxiliary=False)
    assert operations(analyse(AUXILIARY), bare) == operations(analyse(ZOO["googlenet"]), convention)


def test_the_fields_of_a_convention_and_of_a_tally_go_by_the_same_names() -> None:
    assert {field.name for field in fields(Convention)} - {"mac_as", "bias"} == {*Tally._fields} - {
        "conv",
        "conv_biases",
        "fc_biases",
    }


def test_vgg_16_is_known_by_hand() -> None:
    """Simonyan 2015, Table 1, configuration D: 13 convolutions of 3×3 and three layers of 4096, 4096 and 1000."""
    widths = [(64, 2, 224), (128, 2, 112), (256, 3, 56), (512, 3, 28), (512, 3, 14)]
    outputs = sum(width * layers * side**2 for width, layers, side in widths)
    sums = tally(analyse(ZOO["vgg-16"]))
    assert sums.conv_biases == outputs
    assert sums.fc_biases == 4096 + 4096 + 1000
    assert sums.relu == outputs + 4096 + 4096
    assert sums.fc == 25088 * 4096 + 4096 * 4096 + 4096 * 1000
    assert sums.pool == 3 * sum(width * (side // 2) ** 2 for width, _, side in widths) + 25088
    assert sums.bn == sums.add == sums.others == 0


def _macs(spec) -> int:
    return analyse(spec).totals.macs
