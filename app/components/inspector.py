"""The op that is looked at and its block: where each number comes from, and what it would be otherwise."""

from html import escape
from urllib.parse import urlencode

import streamlit as st

from app import cached
from resnet_core import Analysis, ArchSpec
from resnet_core.block_alternatives import Arrangement, Option, Options
from resnet_core.block_inspection import BlockView, Hop, Way
from resnet_core.inspection import NoOpError, OpView, PaperRow, op_view, usual_op
from resnet_core.sight.course import convolutions
from resnet_core.weights import card_for

from .cards import heading, link, mark, note, opening, tone
from .tables import table

FIXED = "Fixed in the map. What you only point at is told by the map itself, and changes nothing here."
USUAL = (
    "The usual op, for none is fixed: click one in the map, or press Enter on it, and it stands here with its block."
)


def inspector(spec: ArchSpec, analysis: Analysis, op_name: str | None) -> None:
    """The op of that name, or of none and of one that this network lacks the usual one, beside its block."""
    view = _found(analysis, op_name)
    left, right = st.columns([1, 1.85] if view.block else [1, 0.01])
    with left, st.container(border=True, key="card_op_inspector", height="stretch"):
        heading(view.name, view.words, 2)
        note(FIXED if op_name == view.name else USUAL)
        _op(spec, view)
    if view.block:
        with right, st.container(border=True, key="card_block_inspector", height="stretch"):
            _block(spec, view)
        options = cached.options(spec, view.block)
        if options.rows:
            with st.container(border=True, key="card_options"):
                heading("Its shortcut otherwise", f"{view.block} and the whole network, by the options of He 2015", 2)
                _options(options)


def _found(analysis: Analysis, name: str | None) -> OpView:
    """What there is to see; the map says why where it is not what was asked for."""
    try:
        return op_view(analysis, name or usual_op(analysis))
    except NoOpError:
        return op_view(analysis, usual_op(analysis))


def _op(spec: ArchSpec, view: OpView) -> None:
    st.code(view.code, language="python", wrap_lines=True)
    st.html(f'<div class="rx-foot"><span>{_paper(view.paper)}</span><span>{_ways_on(spec, view)}</span></div>')


def _paper(paper: PaperRow) -> str:
    """The row of the table that the op stands in, as printed where it is, and what came of holding ours against it."""
    words = escape(f"{paper.stage}: {', '.join(paper.cells)}")
    if paper.verdict is None:
        return f"{words} {mark('not printed', 'quiet')}"
    agrees = paper.verdict.agrees
    return opening(f"{words} {mark(paper.verdict.figure.table, tone(agrees))}", paper.verdict.sentence)


def _ways_on(spec: ArchSpec, view: OpView) -> str:
    """Links to what this op makes of a picture, where there are weights."""
    if card_for(spec) is None:
        return ""
    ways = {"feature map on Run →": {"look": "Feature maps", "tensor": view.name}}
    if view.name in convolutions(spec):
        ways["one number of it →"] = {"look": "One number", "layer": view.name}
    return " · ".join(f'<a href="{_on_run(spec, state)}" target="_self">{words}</a>' for words, state in ways.items())


def _on_run(spec: ArchSpec, state: dict[str, str]) -> str:
    """The address of a look at a picture, from any page."""
    return escape(f"./run?{urlencode({'net': str(spec), **state})}")


def _block(spec: ArchSpec, view: OpView) -> None:
    block = cached.block_view(spec, view.block)
    heading(block.name, block.sentence, 2)
    if block.ways:
        st.html(_lanes(block, view.name) + "".join(map(_spent, block.ways)))
    if block.cost:
        note(block.cost)
    if orders := cached.arrangements(spec, view.block):
        st.html(f'<div class="rx-orders">{"".join(_order(one, view.name) for one in orders)}</div>')


def _lanes(block: BlockView, looked_at: str) -> str:
    """The paths from x to where they meet, the shortcut on top."""
    place = f"grid-row: 1 / span {len(block.ways)}"
    lanes = "".join(
        f'<div style="grid-column: 2; grid-row: {number}">{_lane(way, looked_at)}</div>'
        for number, way in enumerate(block.ways, start=1)
    )
    before, after = ("".join(_chip(hop, looked_at) for hop in hops) for hops in (block.pre, block.post))
    return (
        f'<div class="rx-lanes" tabindex="0" role="group" aria-label="{escape(block.sentence)}"><div>'
        f'<span style="grid-column: 1; {place}"><b>x<small>{block.begin}</small></b>{before}</span>{lanes}'
        f'<span style="grid-column: 3; {place}"><em>{block.sign}</em>{after}<b>y<small>{block.end}</small></b></span>'
        "</div></div>"
    )


def _lane(way: Way, looked_at: str) -> str:
    chips = "".join(_chip(hop, looked_at) for hop in way.hops)
    dashed = " rx-projecting" if way.role == "shortcut" and way.hops else ""
    return f'<div class="rx-lane rx-{way.role}{dashed}"><span>{way.symbol}</span>{chips}</div>'


def _spent(way: Way) -> str:
    """What a path costs; what the shortcut does has a sentence of its own."""
    if way.role == "shortcut":
        return ""
    spent = f"{way.symbol}: {way.params} parameters, {way.macs} multiply-adds, {way.share} of the block's"
    return f'<p class="rx-spent rx-{way.role}">{spent}</p>'


def _chip(hop: Hop, looked_at: str, shapes: bool = True) -> str:
    """An op; a layer is framed in its path's colour and says its shape, what is looked at has a second frame."""
    kinds = ["rx-chip"]
    kinds += ["rx-weighted"] if hop.weighted else []
    kinds += ["rx-join"] if hop.role == "join" else []
    kinds += ["rx-looked"] if hop.name == looked_at else []
    shape = f"<small>{hop.shape}</small>" if shapes and hop.weighted else ""
    return (
        f'<span class="{" ".join(kinds)}" title="{escape(f"{hop.name}: {hop.shape}")}">{escape(hop.what)}{shape}</span>'
    )


def _order(arrangement: Arrangement, looked_at: str) -> str:
    here = "<small>this network</small>" if arrangement.chosen else ""
    chips = "→".join(_chip(hop, looked_at if arrangement.chosen else "", shapes=False) for hop in arrangement.hops)
    return f"<b>{escape(arrangement.words)}{here}</b><div>{chips}</div>"


def _options(options: Options) -> None:
    table(
        [
            ("option", ""),
            ("what goes around", ""),
            ("this block: parameters", "n"),
            ("multiply-adds", "n"),
            ("whole network: parameters", "n"),
            ("multiply-adds", "n"),
            *([(options.error, "n")] if options.error else []),
        ],
        [_option(option, bool(options.error)) for option in options.rows],
    )
    if options.source:
        note(f"{options.source} Empty: not printed there.")


def _option(option: Option, with_error: bool) -> list[str]:
    name = f"<b>{option.name}</b>" if option.chosen else link(option.net, option.name)
    words = f"{escape(option.words)} {mark('this network', 'quiet') if option.chosen else ''}"
    cells = [name, words, option.block_params, option.block_macs, option.params, option.macs]
    return [*cells, option.error] if with_error else cells
