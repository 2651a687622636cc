"""The network map: overview, unfolded block, formula and table, in one component that the browser runs by itself."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).with_name("map")


def _scripts(*parts: str) -> str:
    """Of one module, in the order in which they need each other."""
    return "\n".join((HERE / f"{part}.js").read_text(encoding="utf-8") for part in parts)


CSS = (HERE / "network_map.css").read_text(encoding="utf-8")
SCRIPT = _scripts("drawing", "document", "colours", "overview", "scene", "inspector", "table", "network_map")
_map = st.components.v2.component(
    "network_map",
    html='<div class="map"></div>',
    css=CSS,
    js=SCRIPT,
)
_overviews = st.components.v2.component(
    "network_overviews",
    html='<div class="map overviews"></div>',
    css=CSS,
    js=_scripts("drawing", "document", "colours", "overview", "overviews"),
)


def network_map(document: dict[str, Any], op: str | None, colour: str | None, on_fix: Callable[[str], None]) -> None:
    """`op` is fixed, if the network has it; `on_fix` is told the next one, "" for none, before the page runs again."""

    def fixed() -> None:
        name = st.session_state["network_map"].op
        if isinstance(name, str):
            on_fix(name)

    _map(key="network_map", data={"document": document, "op": op, "colour": colour}, on_op_change=fixed)


def network_overviews(networks: Sequence[tuple[str, dict[str, Any]]], key: str) -> None:
    """Networks as volumes, one above the other, each a name, "" for none, and its document; panned together."""
    _overviews(key=key, data={"networks": [{"name": name, "document": document} for name, document in networks]})
