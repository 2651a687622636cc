"""Blocks taken out or put in another order by hand: what the network says of one picture before, and after."""

from hashlib import sha256
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import streamlit as st

from app import cached, laboratory
from resnet_core import parse, units
from resnet_core.labs.candidates import interchangeable, removable
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
    heading("Delete or reorder blocks yourself", "what it says of one picture, before and after", 2)
    left, right = st.columns((2, 3), gap="large")
    with left:
        given = pick_picture()
        _show(given)
    with right:
        names = offered()
        spec = parse(pick_of("Network", names, USUAL if USUAL in names else names[0], "cut"))
        try:
            blocks = removable(spec)
            gone = _some("Blocks to delete", blocks, "without")
            alike = tuple(name for group in interchangeable(spec) for name in group)
            reverse = _some("Blocks to put in reverse order", alike, "reverse")
            weight = st.slider(
                "Weight of every F that is left", 0.0, 1.0, 1.0, 0.05, key="weight", bind="query-params", width=220
            )
            if not gone and not reverse and weight == 1:  # so that nobody waits for torch who only looks
                note("Choose a block, and the network answers with it and without it.")
            elif given:
                with st.spinner("Loading the network …", show_time=True):
                    before, after = _answers(given, spec, gone, weight, reverse)
                st.html(
                    f'<div class="rx-nets"><div><h3>all {len(blocks)} blocks</h3>{_brief(before)}</div>'
                    f"<div><h3>{_changed(len(gone), len(reverse))}</h3>{_brief(after)}</div></div>"
                )
        except Refusal as refused:
            refuse(str(refused))
        else:
            note(
                "A block that changes the shape keeps its shortcut; of a plain net whole blocks are taken. Only blocks "
                "of one shape change places, as in Veit 2016, section 4.3."
            )
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


def _some(label: str, blocks: tuple[str, ...], key: str) -> tuple[str, ...]:
    """Blocks chosen from these; names in the link that are none of them are forgotten."""
    named = st.session_state.get(key) or []
    if (kept := [name for name in named if name in blocks]) != named:
        st.session_state[key] = kept
    return tuple(st.multiselect(label, blocks, key=key, bind="query-params"))


def _changed(gone: int, reverse: int) -> str:
    said = [f"without {gone} of them"] if gone else []
    said += [f"{reverse} in reverse order"] if reverse else []
    return ", ".join(said) or "every F weighed"


def _answers(
    given: Given, spec: ArchSpec, gone: tuple[str, ...], weight: float, reverse: tuple[str, ...]
) -> "tuple[tuple[Guess, ...], ...]":
    cached.decoded(given.data)  # what ends a decoder is refused before it is decoded here
    return _kept(sha256(given.data).hexdigest(), require_card(spec).sha256, spec, gone, weight, reverse, given.data)


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept(
    digest: str,
    weights: str,
    spec: ArchSpec,
    gone: tuple[str, ...],
    weight: float,
    reverse: tuple[str, ...],
    _data: bytes,
) -> "tuple[tuple[Guess, ...], ...]":
    from resnet_core.experiments.running import without

    return laboratory.answered(without(_data, spec, gone, weight, reverse))


def _brief(guesses: "tuple[Guess, ...]") -> str:
    lines = "".join(
        f"<li><span>{escape(guess.label)}</span><b>{units.percent(guess.probability)}</b>"
        f'<i style="width:{width(units.percent(guess.probability))}"></i></li>'
        for guess in guesses
    )
    return f'<ol class="rx-brief">{lines}</ol>'
