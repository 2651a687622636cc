"""The unraveled view: as many leaves as paths, each with its length, and lines that lead there."""

from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from resnet_core.path_tree import GAPS, MOST_BLOCKS, TreeError, counted, leaves_of, path_tree, said_of
from resnet_core.paths import path_lengths


@pytest.mark.parametrize("blocks", range(1, MOST_BLOCKS + 1))
def test_every_path_ends_in_a_leaf_that_its_branches_lead_to(blocks: int) -> None:
    tree = ElementTree.fromstring(path_tree(blocks))
    leaves = {leaf.attrib["data-at"]: leaf for leaf in tree.iter("g")}
    assert len(leaves) == 2**blocks
    branches = list(tree.iter("path"))
    assert len(branches) == sum(2**level for level in range(1, blocks + 1))
    for name, leaf in leaves.items():
        way = [branch.attrib["class"] for branch in branches if name in branch.attrib["data-of"].split()]
        assert len(way) == blocks
        assert way.count("residual") == name.count("F")
        assert leaf.attrib["data-words"].endswith(f": length {name.count('F')}")
    assert Counter(name.count("F") for name in leaves) == dict(enumerate(path_lengths(blocks)))


def test_branches_begin_where_the_one_before_ends_and_leaves_stand_apart() -> None:
    tree = ElementTree.fromstring(path_tree(3))
    ends = {}
    for branch in tree.iter("path"):
        x0, y0, *_, x1, y1 = (float(n) for n in branch.attrib["d"].replace("M", "").replace("C", " ").split())
        ends[x1, y1] = (x0, y0)
    begins = {*ends.values()}
    assert len(begins - {*ends}) == 1  # the input
    heights = sorted(float(leaf.find("circle").attrib["cy"]) for leaf in tree.iter("g"))  # type: ignore[union-attr]
    assert {after - before for before, after in pairwise(heights)} == {GAPS[3]}


def test_a_path_is_said_in_words() -> None:
    assert said_of((True, False, True)) == "through blocks 1 and 3, around block 2: length 2"
    assert said_of((False, False, False, False)) == "around blocks 1, 2, 3 and 4: length 0"
    assert counted(3) == "8 paths: 1 of length 0, 3 of length 1, 3 of length 2, 1 of length 3."
    assert leaves_of(1) == ((False,), (True,))


@pytest.mark.parametrize("blocks", [0, -1, 6, 54])
def test_more_blocks_than_can_be_told_apart_are_refused(blocks: int) -> None:
    with pytest.raises(TreeError, match=r"1 to 5 blocks, not of -?\d+: of more, count the paths"):
        path_tree(blocks)
