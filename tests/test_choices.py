"""The words and the effect of choices: what the picker offers makes a difference, and is told apart."""

from collections.abc import Iterator
from typing import Any

import pytest

from resnet_core import FAMILIES, ZOO, ArchSpec, SpecError, parse
from resnet_core.choices import CHOICES, labels, offered, values, varying
from resnet_core.codec import read, write
from resnet_core.spec import NAMED

NUMBERS: dict[str, tuple[Any, ...]] = {
    "width": (24, 48),
    "widen": (1, 3),
    "groups": (1, 2, 4),
    "group_width": (8, 24),
    "survival": (0.5, 0.8),
    "gate_bias": (-3.0, -1.0),
    "growth": (12, 20),
    "compression": (0.5, 0.75),
    "classes": (7, 9),
    "size": ((224, 224), (230, 230), (35, 35)),
    "depths": ((2, 2, 2), (1, 2, 1), (1, 1, 1, 1, 1)),
}
SPECS = [
    *ZOO.values(),
    *map(parse, ("resnet-50,order=pre", "resnext-50-32x4d,form=a", "cifar-resnet-20,skip=exclusive-gating")),
]


def others(spec: ArchSpec, field: str) -> Iterator[ArchSpec]:
    """The networks that other values of a choice make, of values that may be chosen."""
    for value in [read(field, text) for text in CHOICES.get(field, ())] or NUMBERS[field]:
        if value != getattr(spec, field):
            try:
                yield spec.changed(**{field: value})
            except SpecError:
                continue


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_what_is_offered_makes_another_network_and_the_rest_does_not(spec: ArchSpec) -> None:
    for field in offered(spec):
        assert any(other != spec for other in others(spec, field)), field
    for field in spec.choices - offered(spec):
        assert all(other == spec for other in others(spec, field)), field


@pytest.mark.parametrize("field", CHOICES)
def test_every_named_value_has_words_of_its_own(field: str) -> None:
    assert tuple(CHOICES[field]) == NAMED.get(field, ("no", "yes"))
    for part in ("label", "meaning", "words"):
        assert len({getattr(choice, part) for choice in CHOICES[field].values()}) == len(CHOICES[field])


def test_every_field_with_named_values_has_words() -> None:
    assert CHOICES.keys() >= NAMED.keys()


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_what_a_network_has_is_among_what_can_be_chosen(spec: ArchSpec) -> None:
    for field in offered(spec):
        assert not values(spec, field) or write(spec, field) in values(spec, field)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_the_networks_of_a_family_have_labels_that_tell_them_apart(family) -> None:
    names = labels(family)
    assert names.keys() == family.rows.keys()
    assert len(set(names.values())) == len(names)


def test_labels_say_what_the_family_does_not() -> None:
    by_title = {family.title: tuple(labels(family).values()) for family in FAMILIES}
    assert by_title["ResNet"] == ("18", "34", "50", "101", "152", "200")
    assert by_title["ResNet v1.5"] == ("50", "101", "152")
    assert by_title["VGG"] == ("11", "13", "16", "19")
    assert by_title["ResNeXt"][:2] == ("50 (32×4d)", "50 (2×40d)")
    assert "BC-250 (k=24)" in by_title["CIFAR DenseNet"]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_the_varying_choices_lead_from_each_network_of_a_family_to_each_other(family) -> None:
    fields = varying(family)
    for one in family.rows.values():
        for other in family.rows.values():
            assert one.changed(**{field: getattr(other, field) for field in fields}) == other
