"""The sidebar: widgets <-> spec <-> URL. The text of the spec is the one state; every other widget shows it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any

import streamlit as st

from resnet_core import FAMILIES, ZOO, ArchSpec, SpecError, parse
from resnet_core.choices import labels, offered, values, varying
from resnet_core.codec import amended, nearest, read, write
from resnet_core.describe import layer_formula
from resnet_core.zoo import Family, family_of

from .components.cards import refuse

DEFAULT = "resnet-50"
SIZES = ("224", "32")
OTHER = "other…"

LABELS = {  # in the order of the sidebar
    "release": "Release",
    "block": "Block",
    "size": "Input",
    "shortcut": "Shortcut",
    "stride_on": "Stride in",
    "order": "Order",
    "groups": "Groups",
    "group_width": "Width of a group",
    "form": "Form",
    "widen": "Widening",
    "growth": "Growth rate",
    "compression": "Compression",
    "skip": "On the shortcut",
    "survival": "Survival of the last block",
    "survival_rule": "Rule of survival",
    "gate_bias": "Bias of the gates",
    "alternate": "Convolutions",
    "aux": "Auxiliary heads",
    "stem": "Stem",
    "depths": "Blocks per stage",
    "width": "Width at the start",
    "classes": "Classes",
}
EVERYDAY = {"release", "block", "size", "shortcut", "stride_on", "order", "growth", "compression", "aux"}
RARE = {"groups", "group_width", "form", "widen", "skip", "survival", "survival_rule", "gate_bias", "alternate"}
LEADS = {"form": "groups", "survival_rule": "survival"}
"""Choices that stand where another stands."""
EXPLAINED = {"release", "shortcut", "stride_on", "order", "form", "skip", "survival_rule", "aux"}
USUAL = {field.name: field.default for field in fields(ArchSpec)}
MOST_BUTTONS, MOST_LETTERS = 6, 20
_DRAWING, _DRAWN = "picker_drawing", "picker_drawn"

Change = Callable[[ArchSpec, Any], ArchSpec]


def pick_architecture() -> ArchSpec:
    """Draw the picker and return what it shows. A text that names no network leaves the last one standing."""
    with st.sidebar, st.container(key="picker", gap="small"):
        controls = st.container(gap="small")
        # what a session begins with wins over a browser that comes back from a server that is gone: so it is the link's
        st.session_state.setdefault("net", st.query_params.get("net") or DEFAULT)
        # drawn before the controls above it, which follow it: only now is it known where a step back in history leads
        text = st.text_input(
            "Name and link",
            key="net",
            placeholder=DEFAULT,
            bind="query-params",
            help="A name and what you change, such as resnet-34,shortcut=A,size=32. The same text is in the link.",
        )
        spec, refusal = _understood(text)
        with controls:
            _controls(spec)
    # on the page, for a telephone hides the sidebar; empty or not, so that the rest keeps its place
    with st.container():
        if refusal:
            refuse(refusal)
    return spec


def show(spec: ArchSpec) -> None:
    """Turn the picker, and with it every page, to another network."""
    st.session_state["net"] = str(spec)


def _understood(text: str) -> tuple[ArchSpec, str | None]:
    """The spec of the text, or the last good one and the sentence that refuses the text."""
    state = st.session_state
    refusal: str | None = state.pop("refusal", None)
    try:
        spec = parse(text or DEFAULT)
    except SpecError as error:
        return parse(state.get("last_good", DEFAULT)), str(error)
    state["last_good"] = str(spec)
    return spec, refusal


def _controls(spec: ArchSpec) -> None:
    st.session_state[_DRAWING] = set()
    family = _family(spec)
    _show("pick_family", family.title)
    st.selectbox("Family", list(_FAMILIES), key="pick_family", on_change=_choose, args=("pick_family", _to_family))
    _network(spec, family)
    st.caption(layer_formula(spec))
    front = EVERYDAY | {field for field in RARE if _is_of(family, LEADS.get(field, field))}
    shown = offered(spec)
    for field in (field for field in LABELS if field in shown & front):
        _control(field, spec)
    more = st.expander("More choices", key="more_choices", on_change="rerun")
    if more.open:
        with more:
            for field in (field for field in LABELS if field in shown - front):
                _control(field, spec)
    # all at once, for a run that is overtaken half way leaves those of the run before
    st.session_state[_DRAWN] = st.session_state.pop(_DRAWING)


def _is_of(family: Family, field: str) -> bool:
    """Whether a family is one for its unusual value of a choice."""
    return any(getattr(row, field) != USUAL[field] for row in family.rows.values())


def _choose(widget: str, change: Change) -> None:
    """A widget was used: write the changed spec's text, or say why there is no such network.

    Of several in one run each changes what the one before has made. One that was not drawn was not used: a browser that
    has not heard yet that it is gone sends its value along, which Streamlit takes for a new one.
    """
    chosen = st.session_state.get(widget)
    if chosen is None or widget not in st.session_state.get(_DRAWN, (widget,)):
        return
    try:
        before = parse(st.session_state["net"] or DEFAULT)
    except SpecError:
        before = parse(st.session_state.get("last_good", DEFAULT))
    try:
        st.session_state["net"] = str(change(before, chosen))
    except SpecError as error:
        st.session_state["refusal"] = str(error)
        st.session_state["refused"] = widget


def _show(widget: str, value: Any, is_kept: bool = False) -> None:
    """Of a widget that is about to be drawn; `is_kept`: what it shows already stays."""
    st.session_state[_DRAWING].add(widget)
    if not is_kept:
        st.session_state[widget] = value


def _options(
    label: str, field: str, options: Collection[str], value: str, change: Change, labels: Mapping[str, str]
) -> None:
    """Buttons, or a list where they would not fit beside each other."""
    widget = f"pick_{field}"
    known = value in options
    _show(widget, value if known else None)
    write = labels.__getitem__
    use: dict[str, Any] = {"key": widget, "format_func": write, "on_change": _choose, "args": (widget, change)}
    if len(options) <= MOST_BUTTONS and sum(map(len, map(write, options))) <= MOST_LETTERS:
        st.segmented_control(label, options, required=known, width="stretch", **use)
    else:
        st.selectbox(label, options, index=0 if known else None, placeholder="another", **use)


def _control(field: str, spec: ArchSpec) -> None:
    """The widget of one field of the spec: its few values, or what is typed."""
    if field == "size":
        _size(spec)
    elif choices := values(spec, field):
        value = write(spec, field)
        labels = {name: choice.label for name, choice in choices.items()}
        _options(LABELS[field], field, choices, value, _changing(field), labels)
        if field in EXPLAINED and value in choices:
            st.caption(choices[value].meaning)
    elif field == "group_width":
        _typed(LABELS[field], field, str(spec.group_width or spec.width * spec.widen))
    else:
        _typed(LABELS[field], field, write(spec, field))


def _changing(field: str) -> Change:
    return lambda old, new: old.changed(**{field: read(field, new)})


def _typed(label: str, field: str, value: str) -> None:
    """A field for what is typed, read by the codec. What was refused stays there to be mended."""
    widget = f"type_{field}"
    is_refused = st.session_state.get("refused") == widget
    if is_refused:
        del st.session_state["refused"]
    _show(widget, value, is_refused)
    st.text_input(label, key=widget, on_change=_choose, args=(widget, _changing(field)))


def _size(spec: ArchSpec) -> None:
    height, width = spec.size
    value = str(height) if height == width and str(height) in SIZES else OTHER
    opened = st.session_state.get("size_opened") == str(spec)  # for this network, and closed for the next
    fits = range(spec.wiring.least(spec), spec.wiring.most(spec) + 1)
    options = [*(size for size in SIZES if int(size) in fits), OTHER]
    _options("Input", "size", options, OTHER if opened else value, _to_size, dict(zip(options, options, strict=True)))
    if opened or value == OTHER:
        _typed("Height × width in pixels", "size", f"{height}x{width}" if height != width else str(height))


def _to_size(old: ArchSpec, new: str) -> ArchSpec:
    st.session_state["size_opened"] = str(old) if new == OTHER else None
    return old if new == OTHER else amended(old, f"size={new}")


_FAMILIES = {family.title: family for family in FAMILIES}


def _family(spec: ArchSpec) -> Family:
    return family_of(nearest(spec))


def _network(spec: ArchSpec, family: Family) -> None:
    """Which of its family: by depth where that tells them apart. A release has buttons of its own."""
    differing = varying(family)
    if not differing or "release" in differing:
        return
    names = labels(family)
    rows = {names[name]: row for name, row in family.rows.items()}
    same = [
        name for name, row in rows.items() if all(getattr(row, field) == getattr(spec, field) for field in differing)
    ]
    label = "Depth" if all(name.isdigit() for name in rows) else "Network"

    def to_row(old: ArchSpec, new: str) -> ArchSpec:
        if new not in rows:  # a click on the family before, which was gone when it came
            return old
        return old.changed(**{field: getattr(rows[new], field) for field in differing})

    _options(label, "depth", rows, same[0] if same else "", to_row, {name: name for name in rows})


def _to_family(old: ArchSpec, new: str) -> ArchSpec:
    """The family's net of the same depth, or of the nearest; a size that was chosen stays where it can."""
    row = min(_FAMILIES[new].rows.values(), key=lambda row: abs(row.layers - old.layers))
    if old.size == ZOO[nearest(old)].size:
        return row
    try:
        return row.changed(size=old.size)
    except SpecError:  # too small for this family, or too large
        return row
