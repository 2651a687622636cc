"""Blocks taken out by hand: what the network says of one picture with all of its blocks, and without some."""

from hashlib import sha256
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from app import cached, laboratory
from resnet_core import parse, units
from resnet_core.labs.candidates import removable
from resnet_core.refusal import Refusal
from resnet_core.spec import ArchSpec
from resnet_core.weights import require_card

from .cards import heading, note, refuse, width
from .choosing import pick_of
from .lab_live import offered
from .picture import Given, figure, pick_picture

if TYPE_CHECKING:
    from resnet_core.prediction import Guess

USUAL = "cifar-resnet-56"
PREVIEW = 224
"""Pixels of the longer side."""


def delete_blocks() -> Given | None:
    """The picture that was chosen, below which the network answers."""
    heading("Delete blocks yourself", "what it says of one picture, before and after", 2)
    left, right = st.columns((2, 3), gap="large")
    with left:
        given = pick_picture()
        _show(given)
    with right:
        names = offered()
        spec = parse(pick_of("Network", names, USUAL if USUAL in names else names[0], "cut"))
        try:
            blocks = removable(spec)
            kept = [name for name in st.session_state.get("without") or [] if name in blocks]
            if kept != (st.session_state.get("without") or []):
                st.session_state["without"] = kept
            gone = st.multiselect("Blocks to delete", blocks, key="without", bind="query-params")
            weight = st.slider(
                "Weight of every F that is left", 0.0, 1.0, 1.0, 0.05, key="weight", bind="query-params", width=220
            )
            if not gone and weight == 1:  # so that nobody waits for torch who only looks
                note("Choose a block, and the network answers with it and without it.")
            elif given:
                with st.spinner("Loading the network …", show_time=True):
                    before, after = _answers(given, spec, tuple(gone), weight)
                st.html(
                    f'<div class="rx-nets"><div><h3>all {len(blocks)} blocks</h3>{_brief(before)}</div>'
                    f"<div><h3>{_without(len(gone))}</h3>{_brief(after)}</div></div>"
                )
        except Refusal as refused:
            refuse(str(refused))
        else:
            note("A block that changes the shape keeps its shortcut; of a plain net whole blocks are taken.")
    return given


def _show(given: Given | None) -> None:
    """The picture, small; one that cannot be read is refused."""
    if given is None or given.shown:
        return
    try:
        image = cached.decoded(given.data).image.copy()
    except Refusal as refused:
        refuse(str(refused))
        return
    image.thumbnail((PREVIEW, PREVIEW))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    st.html(figure(buffer.getvalue(), given.name, *(["rx-pixels"] if image.width < PREVIEW // 2 else [])))


def _without(number: int) -> str:
    return f"without {number} of them" if number else "every F weighed"


def _answers(given: Given, spec: ArchSpec, gone: tuple[str, ...], weight: float) -> "tuple[tuple[Guess, ...], ...]":
    return _kept(sha256(given.data).hexdigest(), require_card(spec).sha256, spec, gone, weight, given.data)


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(
    digest: str, weights: str, spec: ArchSpec, gone: tuple[str, ...], weight: float, _data: bytes
) -> "tuple[tuple[Guess, ...], ...]":
    from resnet_core.experiments.running import without

    return laboratory.answered(without(_data, spec, gone, weight))


def _brief(guesses: "tuple[Guess, ...]") -> str:
    lines = "".join(
        f"<li><span>{escape(guess.label)}</span><b>{units.percent(guess.probability)}</b>"
        f'<i style="width:{width(units.percent(guess.probability))}"></i></li>'
        for guess in guesses
    )
    return f'<ol class="rx-brief">{lines}</ol>'
