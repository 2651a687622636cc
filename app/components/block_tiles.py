"""The blocks of a network as tiles: taken out by a click, reordered by dragging or by the keyboard."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import streamlit as st

from resnet_core import units
from resnet_core.operation import block_shapes, interchangeable, removable
from resnet_core.spec import ArchSpec

HERE = Path(__file__)
HTML = """
<div class="blocks">
  <div class="rows" role="group"></div>
  <div class="foot"><button type="button" class="back">Put everything back</button>
  <span>click: out or in · drag, or Alt and ← →: another place</span></div>
  <div class="said" role="status"></div>
</div>
"""
_tiles = st.components.v2.component(
    "block_tiles",
    html=HTML,
    css=HERE.with_suffix(".css").read_text(encoding="utf-8"),
    js=HERE.with_suffix(".js").read_text(encoding="utf-8"),
)


def block_tiles(
    spec: ArchSpec,
    order: Sequence[str],
    without: Sequence[str],
    key: str,
    on_change: Callable[[list[str], list[str]], None],
) -> None:
    """Every block that can be taken out, in this order; `on_change` is told the new order of all of them and which
    are out, before the page runs again."""
    groups = {name: number for number, group in enumerate(interchangeable(spec)) for name in group}
    shapes = block_shapes(spec)
    tiles = [{"name": name, "label": _short(name), "group": groups.get(name)} for name in order]
    rows = groupby(tiles, key=lambda tile: shapes[str(tile["name"])][1])

    label = f"Blocks of {spec}"
    heard = f"{key}_heard"  # the number of the last deed that is known here: the window may have seen more since

    def arranged() -> None:
        found = st.session_state[key].arranged
        if isinstance(found, dict) and found["of"] == label:  # else a click on the network before, on its way meanwhile
            st.session_state[heard] = int(found["number"])
            on_change(list(found["order"]), list(found["without"]))

    _tiles(
        key=key,
        data={
            "label": label,
            "usual": removable(spec),
            "rows": [{"shape": units.shape(shape), "tiles": list(some)} for shape, some in rows],
            "without": list(without),
            "heard": st.session_state.get(heard, 0),
        },
        on_arranged_change=arranged,
    )


def _short(name: str) -> str:
    return name.removeprefix("layer").removeprefix("features.")
