"""The weights of a ResNeXt block in three forms: a slice of each is one path, and all slices are all weights."""

from collections import defaultdict
from xml.etree import ElementTree

import pytest

from resnet_core import analyse, parse
from resnet_core.form_figure import LEFT, NARROW, SIDE, FormError, Forms, form_figure


@pytest.mark.parametrize("paths", [4, 8, 32])
def test_a_path_has_its_slice_of_every_weight_and_its_branch_in_both_other_forms(paths: int) -> None:
    drawn = ElementTree.fromstring(form_figure(Forms(paths)))
    pieces = defaultdict(list)
    for rect in drawn.iter("rect"):
        if "data-of" in rect.attrib:
            pieces[rect.attrib["data-of"]].append(rect)
    assert [*pieces] == [f"p{path}" for path in range(paths)]
    # three slices of (c), three boxes of (a), two of (b) and its share of the convolution behind them
    assert {len(some) for some in pieces.values()} == {3 + 3 + 3}
    assert {len({rect.attrib["class"] for rect in some}) for some in pieces.values()} == {1}
    targets = [group.attrib for group in drawn.iter("g")]
    assert [target["data-at"] for target in targets] == [*pieces]


def test_the_slices_of_the_grouped_convolution_lie_on_its_diagonal_and_are_its_paths_share() -> None:
    drawn = ElementTree.fromstring(form_figure(Forms(4)))
    slices = [rect.attrib for rect in drawn.iter("rect") if "data-of" in rect.attrib][:12]
    one, two, three = slices[::3], slices[1::3], slices[2::3]
    for path in range(4):
        x, y, width, height = (float(two[path][side]) for side in ("x", "y", "width", "height"))
        assert width == height == SIDE / 4
        assert (x - float(two[0]["x"]), y - float(two[0]["y"])) == (path * SIDE / 4, path * SIDE / 4)
        assert (float(one[path]["width"]), float(one[path]["height"])) == (SIDE, NARROW / 4)
        assert (float(three[path]["width"]), float(three[path]["height"])) == (NARROW / 4, SIDE)
    assert float(one[0]["x"]) == LEFT


def test_the_weights_are_those_of_the_block_of_the_paper() -> None:
    """ResNeXt-50 32×4d: the second block of its first stage, Xie 2017, Table 1."""
    rows = analyse(parse("resnext-50-32x4d")).rows
    counted = {row.name: row.weights for row in rows if row.block == "layer1.1" and row.kind == "conv"}
    forms = Forms(32)
    assert sum(counted.values()) == 32 * forms.params_of_path == 70_144
    assert "32 paths of 2,192 weights are 70,144 in every form" in forms.counted
    assert "212,992" in forms.counted  # 128·256 + 9·128·128 + 256·128
    assert "rows 5–8 of conv1, block 2 of conv2, and columns 5–8 of conv3: 2,192" in forms.said_of(1)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(FormError, match="not 65: choose 4, 8 or 32"):
        Forms(65)
