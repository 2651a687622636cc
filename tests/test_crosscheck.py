"""The cross-check: torchinfo agrees, and would be heard if it did not."""

from collections import Counter
from collections.abc import Iterator
from math import prod

import pytest

from resnet_core import ZOO, Row, analyse, parse
from resnet_core.crosscheck import Difference, Leaf, compared, crosscheck

QUICK = [name for name, spec in ZOO.items() if spec.layers < 1000]  # the two deepest take four seconds each


@pytest.mark.parametrize(
    "text",
    [
        *QUICK,
        "resnet-50,size=97",
        "resnet-34,shortcut=A,size=64x160",
        "resnet-50-v2,shortcut=C,size=32",
        "cifar-resnet-20,size=33x65",
    ],
)
def test_torchinfo_agrees_on_every_row(text: str) -> None:
    spec = parse(text)
    found = crosscheck(spec)
    assert found.differences == ()
    assert found.sentence == f"torchinfo agrees on all {found.rows:,} rows"
    joins = Counter(row.kind for row in analyse(spec).rows if row.role == "join")
    assert found.rows == len(analyse(spec).rows) - joins.total()
    assert dict(found.apart) == joins


def test_the_scope_says_what_is_compared_and_what_is_not() -> None:
    assert "The 8 additions are no modules" in crosscheck(ZOO["resnet-18"]).scope
    assert "additions" not in crosscheck(ZOO["plain-18"]).scope


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"out_shape": (64, 56, 55)}, Difference("layer1.0.conv1", "output shape", "64×56×56", "64×56×55")),
        ({"params": 36_865}, Difference("layer1.0.conv1", "parameters", "36,864", "36,865")),
        ({"macs": 1}, Difference("layer1.0.conv1", "multiply-adds", "115,605,504", "1")),
        ({"name": "layer1.0.conv9"}, Difference("layer1.0.conv1", "row", "conv", "–")),
    ],
)
def test_what_torchinfo_says_otherwise_is_named(change: dict[str, object], difference: Difference) -> None:
    rows = analyse(ZOO["resnet-18"]).rows
    leaves = [leaf._replace(**change) if leaf.name == difference.name else leaf for leaf in _as_torchinfo_counts(rows)]
    found = compared(rows, leaves)
    assert found.differences[0] == difference
    assert not found.agrees
    if "name" in change:
        assert found.differences[1] == Difference("layer1.0.conv9", "row", "–", "a module")
    else:
        assert found.sentence == f"torchinfo differs on 1 of 61 rows: {difference}"


def test_many_differences_are_counted_and_the_first_three_named() -> None:
    rows = analyse(ZOO["resnet-18"]).rows
    found = compared(rows, [leaf._replace(params=leaf.params + 1) for leaf in _as_torchinfo_counts(rows)])
    assert found.sentence.startswith("torchinfo differs on 61 of 61 rows: conv1, parameters: 9,408 here, 9,409 there; ")
    assert found.sentence.endswith("; and 58 more")


def test_torchinfo_counts_as_we_say_it_does() -> None:

    from torch import nn
    from torchinfo import summary

    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 16, 10))
    found = summary(network, input_size=(1, 3, 6, 6), device="cpu", mode="eval", verbose=0).summary_list
    assert [layer.macs for layer in found if layer.is_leaf_layer] == [
        (3 * 3 * 3 * 8 + 8) * 4 * 4,  # a bias at every pixel
        2 * 8,  # scale and shift once, whatever the map's size
        0,
        0,
        8 * 16 * 10 + 10,
    ]


def _as_torchinfo_counts(rows: tuple[Row, ...]) -> Iterator[Leaf]:
    for row in rows:
        if row.role != "join":
            besides = row.bn + row.biases * prod(row.out_shape[1:])
            yield Leaf(row.name, row.out_shape, row.params, row.macs + besides)
