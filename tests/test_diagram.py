"""The drawing of a network says what its caption says."""

from itertools import pairwise
from math import sqrt

import pytest

from resnet_core import ZOO, analyse, parse
from resnet_core.diagram import WIDEST, volumes

SPECS = [*ZOO.values(), parse("resnet-50,classes=2"), parse("cifar-resnet-20,width=1"), parse("resnet-18,classes=9999")]


@pytest.mark.parametrize("spec", SPECS, ids=str)
def test_width_is_as_the_root_of_the_channels_and_height_as_that_of_the_map(spec) -> None:
    boxes = volumes(analyse(spec))
    unit = WIDEST / sqrt(max(box.shape[0] for box in boxes))
    for box in boxes:
        assert box.width == pytest.approx(unit * sqrt(box.shape[0]))
        assert box.height == pytest.approx(sqrt(box.shape[1] if len(box.shape) > 1 else 1))
        assert box.width <= WIDEST


def test_boxes_stand_one_after_the_other() -> None:
    boxes = volumes(analyse(ZOO["resnet-50"]))
    assert [box.label for box in boxes[:2]] == ["input", "conv1"]
    for box, following in pairwise(boxes):
        assert following.left > box.left + box.width
