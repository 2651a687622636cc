"""The network map: overview, unfolded block, formula and table, in one component that the browser runs by itself.

A second component, which shows nothing, says what of the network is looked at, and hears of it: what Streamlit sends
for an op that is fixed has neither the map's script nor its document in it.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app import cached
from app.fragments import fragment
from app.op_timings import Timing
from resnet_core import ArchSpec
from resnet_core.map_times import TIME, map_times, measuring

HERE = Path(__file__).with_name("map")
POLL_SECONDS = 1.0
USUAL = "multiply-adds"
COLOURS = ("kind", "parameters", USUAL, "activations", "receptive field", TIME)
"""What the map is coloured by, as links say it; the time, last, is this machine's, and in no document."""
TIMED = "network_map_timed"
"""Whether this visitor wants to see times: of the colours, the only one of which the server is told."""
WAITED_FOR = "op_times_waited_for"


def _scripts(*parts: str) -> str:
    """Of one module, in the order in which they need each other, behind the names of the colours."""
    names = f"const [USUAL, TIME, COLOURS] = {json.dumps([USUAL, TIME, COLOURS])};"
    return "\n".join([names, *((HERE / f"{part}.js").read_text(encoding="utf-8") for part in parts)])


CSS = (HERE / "network_map.css").read_text(encoding="utf-8")
SCRIPT = _scripts(
    "drawing", "document", "colours", "overview", "strip", "scene", "inspector", "layers", "table", "network_map"
)
_map = st.components.v2.component(
    "network_map",
    html='<div class="map"></div>',
    css=CSS,
    js=SCRIPT,
)
_look = st.components.v2.component("network_map_look", html="<i></i>", js=_scripts("look"))
_overviews = st.components.v2.component(
    "network_overviews",
    html='<div class="map overviews"></div>',
    css=CSS,
    js=_scripts("drawing", "document", "colours", "overview", "overviews"),
)


def network_map(spec: ArchSpec) -> None:
    """The map of a network. Which op of it is fixed, `look` says."""
    _map(key="network_map", data=[cached.map_document(spec)])  # a dict's values Streamlit would take for data frames


def look(spec: ArchSpec, op: str | None, colour: str | None, on_fix: Callable[[str], None]) -> None:
    """Tell the map what is looked at: `op` is fixed, if the network has it; `on_fix` is told the next one, "" for none.

    For a fragment, which alone is run again then, and of which the map is no part.
    """

    def fixed() -> None:
        name = st.session_state["network_map_look"].op
        if isinstance(name, str):
            on_fix(name)

    def timed() -> None:
        st.session_state[TIMED] = st.session_state["network_map_look"].time is True

    _look(
        key="network_map_look",
        data={"net": str(spec), "op": op, "colour": colour},
        on_op_change=fixed,
        on_time_change=timed,
    )
    timing = cached.op_timings().known(spec)
    if not st.session_state.setdefault(TIMED, colour == TIME):
        return
    if timing.is_over:
        _told(spec, timing)
    else:
        _measuring(spec)


@fragment("times of ops", run_every=POLL_SECONDS)
def _measuring(spec: ArchSpec) -> None:
    """Asks from its second run on, when the page has been painted: Python runs one thread at a time."""
    timing = Timing()
    if st.session_state.get(WAITED_FOR) == spec:
        timing = cached.op_timings().ask(spec)
        if cached.op_timings().known(spec).is_over:
            st.rerun()  # the whole page, once, so that the polling ends
    st.session_state[WAITED_FOR] = spec
    _told(spec, timing)


def _told(spec: ArchSpec, timing: Timing) -> None:
    """Tell the map what is known of the ops' times."""
    times = map_times(timing.found) if timing.found else None
    said = timing.refused or measuring(timing.done)
    _look(key="network_map_times", data={"net": str(spec), "times": times, "timing": said})


def network_overviews(networks: Sequence[tuple[str, dict[str, Any]]], key: str) -> None:
    """Networks as volumes, one above the other, each a name, "" for none, and its document; panned together."""
    _overviews(key=key, data={"networks": [{"name": name, "document": document} for name, document in networks]})
