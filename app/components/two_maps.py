"""Two networks as volumes, one above the other."""

import streamlit as st

from resnet_core.compare import Comparison
from resnet_core.describe import subtitle

from ..theme import Colours
from .cards import heading
from .controls import one_of
from .network import MEASURES, network


def two_maps(found: Comparison, ink: Colours) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        heading("Above each other", "height √map size, width √channels; like blocks folded", 2)
        measure = one_of("Colour by", MEASURES, "colour", "multiply-adds")
    for key, name, analysis in zip(("map_one", "map_other"), found.names, (found.one, found.other), strict=True):
        heading(name, subtitle(analysis.spec), 3)
        network(analysis, measure, ink, key)
