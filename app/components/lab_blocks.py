"""Blocks taken out or put in another order by hand: what the network says of one picture before, and after."""

from functools import partial
from html import escape
from io import BytesIO

import streamlit as st

from app import cached, links
from app.page_turns import page_turns
from resnet_core import parse, units
from resnet_core.experiments.by_hand import Outcome
from resnet_core.operation import Operation, displaced, rearranged, removable
from resnet_core.prediction import Guess
from resnet_core.refusal import Refusal
from resnet_core.spec import ArchSpec

from .block_tiles import block_tiles
from .cards import heading, note, refuse, width
from .choosing import pick_of
from .lab_live import offered
from .lab_tests import give_up_tests, show_numbers
from .picture import Given, figure, pick_picture

USUAL = "cifar-resnet-56"
PREVIEW = 224
"""Pixels of the longer side."""


def delete_blocks() -> Given | None:
    """The picture that was chosen, below which the network answers."""
    heading("Delete or reorder blocks yourself", "what it says before, and after", 2)
    found: tuple[Outcome, ...] = ()
    left, right = st.columns((2, 3), gap="large")
    with left:
        given = _shown(pick_picture())
    with right:
        names = offered()
        spec = parse(pick_of("Network", names, USUAL if USUAL in names else names[0], "cut"))
        try:
            without, order = _of_link(spec)
            block_tiles(spec, rearranged(spec, order), without, "tiles", partial(_keep, spec))
            weight = st.slider(
                "Weight of every F that is left", 0.0, 1.0, 1.0, 0.05, key="weight", bind="query-params", width=220
            )
            asked = Operation(without, order, weight)
            if not asked.changes:  # so that nobody waits for torch who only looks
                note("Take a block out or move one, and the network answers with it and without it.")
            elif given:
                with st.spinner("The network answers …", show_time=True):
                    found = _outcomes(given, spec, asked)
                _show_guesses(found[0], asked)
        except Refusal as refused:
            refuse(str(refused))
        else:
            note(
                "A block that changes the shape (dashed) keeps its shortcut and its place; of a plain net whole blocks "
                "are taken, of VGG layers. Only blocks of one shape change places, as in Veit 2016, section 4.3."
            )
    if found:
        show_numbers(found, asked, spec)
    else:
        give_up_tests()
    return given


def _of_link(spec: ArchSpec) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which blocks are out, and those that stand elsewhere, in their order; what is not of this network is told.
    Raises Refusal for a network that has none."""
    out, order = (tuple(filter(None, st.query_params.get_all(name))) for name in ("without", "order"))
    without = tuple(name for name in removable(spec) if name in out)
    links.got("without", ", ".join(out if set(out) - set(without) else without), ", ".join(without))
    try:
        asked = stand = displaced(spec, rearranged(spec, order))
    except Refusal:
        asked, stand = order, ()
    links.got("order", ", ".join(asked), ", ".join(stand))
    return without, stand


def _keep(spec: ArchSpec, order: list[str], without: list[str]) -> None:
    """Write into the link what the tiles say."""
    for name, value in {"order": displaced(spec, order), "without": without}.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def _show_guesses(found: Outcome, asked: Operation) -> None:
    """The five likeliest classes, before and after."""
    st.html(
        f'<div class="rx-nets"><div><h3>as it was trained</h3>{_brief(found.before)}</div>'
        f"<div><h3>{escape(asked.words)}</h3>{_brief(found.after)}</div></div>"
    )


def _shown(given: Given | None) -> Given | None:
    """The picture, drawn small; one that cannot be read is refused, and is none."""
    if given is None or given.shown:
        return given
    try:
        image = cached.decoded(given.data).image.copy()
    except Refusal as refused:
        refuse(str(refused))
        return None
    image.thumbnail((PREVIEW, PREVIEW))
    buffer = BytesIO()
    image.save(buffer, "PNG")
    st.html(figure(buffer.getvalue(), given.name, *(["rx-pixels"] if image.width < PREVIEW // 2 else [])))
    return given


@page_turns.outside()
def _outcomes(given: Given, spec: ArchSpec, asked: Operation) -> tuple[Outcome, ...]:
    """On the picture, of the network and its plain twin."""
    from resnet_core.experiments.operating import networks, outcome

    found = []
    for one in networks(spec):
        done = asked.on(one)
        before, now = (cached.reply(given.data, one, operation) for operation in (Operation(), done))
        found.append(outcome(before, now, done))
    return tuple(found)


def _brief(guesses: tuple[Guess, ...]) -> str:
    lines = "".join(
        f"<li><span>{escape(guess.label)}</span><b>{units.percent(guess.probability)}</b>"
        f'<i style="width:{width(units.percent(guess.probability))}"></i></li>'
        for guess in guesses
    )
    return f'<ol class="rx-brief">{lines}</ol>'
