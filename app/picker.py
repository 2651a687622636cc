"""The sidebar: widgets <-> spec <-> URL. The text of the spec is the one state; every other widget shows it."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from resnet_core import FAMILIES, ArchSpec, SpecError, parse
from resnet_core.choices import CHOICES
from resnet_core.codec import amended, nearest
from resnet_core.describe import layer_formula

from .components.cards import refuse

DEFAULT = "resnet-50"
SIZES = ("224", "32")
OTHER = "other…"

Change = Callable[[ArchSpec, Any], ArchSpec]


def pick_architecture() -> ArchSpec:
    """Draw the picker and return what it shows. A text that names no network leaves the last one standing."""
    with st.sidebar, st.container(key="picker", gap="small"):
        controls = st.container(gap="small")
        st.session_state.setdefault("net", DEFAULT)
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
    family = _family(spec)
    _show("pick_family", family)
    st.selectbox("Family", list(_FAMILIES), key="pick_family", on_change=_choose, args=("pick_family", _to_family))
    _segments("Depth", "depth", list(_depths(family)), str(spec.layers), _to_depth)
    st.caption(layer_formula(spec))
    _choice("Block", "block", spec)
    _size(spec)
    _choice("Shortcut", "shortcut", spec, explained=True)
    if spec.block == "bottleneck":
        _choice("Stride in", "stride_on", spec, explained=True)
    _choice("Order", "order", spec)
    with st.expander("More choices"):
        _choice("Stem", "stem", spec)
        _typed("Blocks per stage", "depths", "-".join(map(str, spec.depths)))
        _typed("Width of the first stage", "width", str(spec.width))
        _typed("Classes", "classes", str(spec.classes))


def _choose(widget: str, change: Change) -> None:
    """A widget was used: write the changed spec's text, or say why there is no such network."""
    try:
        st.session_state["net"] = str(change(parse(st.session_state["last_good"]), st.session_state[widget]))
    except SpecError as error:
        st.session_state["refusal"] = str(error)


def _show(widget: str, value: Any) -> None:
    st.session_state[widget] = value


def _segments(
    label: str, field: str, options: list[str], value: str, change: Change, labels: Mapping[str, str] | None = None
) -> None:
    widget = f"pick_{field}"
    _show(widget, value if value in options else None)
    st.segmented_control(
        label,
        options,
        key=widget,
        format_func=(labels or {}).get if labels else str,
        on_change=_choose,
        args=(widget, change),
        required=value in options,
        width="stretch",
    )


def _choice(label: str, field: str, spec: ArchSpec, explained: bool = False) -> None:
    """Buttons for a field of the spec that has a few named values."""
    choices = CHOICES[field]
    value = getattr(spec, field)
    labels = {name: choice.label for name, choice in choices.items()}
    _segments(label, field, list(choices), value, lambda old, new: old.changed(**{field: new}), labels)
    if explained:
        st.caption(choices[value].meaning)


def _typed(label: str, field: str, value: str) -> None:
    """A field for what is typed, read by the codec."""
    widget = f"type_{field}"
    _show(widget, value)
    st.text_input(
        label, key=widget, on_change=_choose, args=(widget, lambda old, new: amended(old, f"{field}={new.strip()}"))
    )


def _size(spec: ArchSpec) -> None:
    height, width = spec.size
    value = str(height) if height == width and str(height) in SIZES else OTHER
    opened = st.session_state.get("size_opened") == str(spec)  # for this network, and closed for the next
    _segments("Input", "size", [*SIZES, OTHER], OTHER if opened else value, _to_size)
    if opened or value == OTHER:
        _typed("Height × width in pixels", "size", f"{height}x{width}" if height != width else str(height))


def _to_size(old: ArchSpec, new: str) -> ArchSpec:
    st.session_state["size_opened"] = str(old) if new == OTHER else None
    return old if new == OTHER else amended(old, f"size={new}")


_FAMILIES = {family.title: family.rows for family in FAMILIES}


def _family(spec: ArchSpec) -> str:
    name = nearest(spec)
    return next(title for title, rows in _FAMILIES.items() if name in rows)


def _depths(family: str) -> dict[str, ArchSpec]:
    return {str(row.layers): row for row in _FAMILIES[family].values()}


def _to_family(old: ArchSpec, new: str) -> ArchSpec:
    """The family's net of the same depth, or of the nearest; the input size stays unless the stem changes."""
    row = min(_FAMILIES[new].values(), key=lambda row: abs(row.layers - old.layers))
    return row.changed(size=old.size) if row.stem == old.stem else row


def _to_depth(old: ArchSpec, new: str) -> ArchSpec:
    rows = _depths(_family(old))
    row = rows[new]
    if old.changed(size=row.size) in rows.values():  # nothing else was changed, so nothing else need be kept
        return row.changed(size=old.size)
    return old.changed(block=row.block, depths=row.depths)
