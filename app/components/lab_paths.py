"""The unraveled view: every path of a few blocks as a tree, and of more how many have which length."""

import streamlit as st

from app import theme
from resnet_core.lesson_views import Paths
from resnet_core.path_tree import MOST_BLOCKS, counted, path_tree
from resnet_core.paths import EFFECTIVE

from .cards import heading, note
from .linked_drawing import linked_drawing
from .path_lengths import path_length_figure

USUAL = 3


def unraveled() -> None:
    """A number of blocks to choose, and their paths."""
    heading("Every path, unraveled", "blue goes around a block, orange through it", 2)
    blocks = st.slider("Residual blocks", 1, EFFECTIVE.modules, USUAL, key="blocks", bind="query-params", width=320)
    if blocks <= MOST_BLOCKS:
        linked_drawing(
            path_tree(blocks), f"The paths of {blocks} blocks, from the input on the left", counted(blocks), "tree"
        )
        note("Point at an end, or walk with the arrow keys, to see its path.")
        return
    marked = range(EFFECTIVE.first, EFFECTIVE.last + 1) if blocks == EFFECTIVE.modules else range(0)
    path_length_figure(Paths(blocks, marked), theme.colours())
    note(f"A tree is drawn of up to {MOST_BLOCKS} blocks; of more, how many of all paths have which length.")
