"""Layer by layer: the stages as the paper has them, every op, and torchinfo's opinion."""

from html import escape

import streamlit as st

from resnet_core import Analysis, ArchSpec, units
from resnet_core.counts import CONVENTION
from resnet_core.describe import KIND, composition

from .cards import note, width
from .controls import one_of
from .crosscheck import crosscheck
from .tables import table

ALL = "all stages"


def layer_by_layer(spec: ArchSpec, analysis: Analysis) -> None:
    note(f"Counting: {CONVENTION}.")
    crosscheck(spec)
    stage_table(analysis)
    titles = [stage.title for stage in analysis.stages]
    if st.session_state.get("stage") not in titles:
        st.session_state.pop("stage", None)
    stage = one_of("Stage", [ALL, *titles], "stage")
    layer_table(analysis, None if stage == ALL else stage)


def stage_table(analysis: Analysis) -> None:
    """The stages as rows of the paper's Table 1, with their share of the multiply-adds."""
    whole = analysis.totals.macs
    table(
        [
            ("stage", ""),
            ("output", "n"),
            ("composition", ""),
            ("parameters", "n"),
            ("multiply-adds", "n"),
            ("share", ""),
            ("field", "n"),
        ],
        [
            [
                f"<b>{stage.title}</b>",
                units.shape(stage.out_shape),
                "<br>".join(composition(stage.stage)),
                units.exact(stage.totals.params),
                units.count(stage.totals.macs),
                _share(units.share(stage.totals.macs, whole)),
                units.pixels(stage.totals.receptive_field),
            ]
            for stage in analysis.stages
        ],
    )


def _share(text: str) -> str:
    return f'<span class="rx-track"><span class="rx-bar" style="width:{width(text)}"></span></span>{escape(text)}'


def _window(size: int | None) -> str:
    return f"{size}×{size}" if size else ""


def layer_table(analysis: Analysis, stage: str | None) -> None:
    """Every op, one row each: sortable and searchable."""
    rows = [row for row in analysis.rows if stage is None or row.stage == stage]
    number = {"format": "localized"}
    st.dataframe(
        {
            "layer": [row.name for row in rows],
            "stage": [row.stage for row in rows],
            "kind": [KIND[row.kind] for row in rows],
            "in": [units.shape(row.in_shape) for row in rows],
            "out": [units.shape(row.out_shape) for row in rows],
            "kernel": [_window(row.kernel) for row in rows],
            "stride": [str(row.stride or "") for row in rows],
            "parameters": [row.params for row in rows],
            "multiply-adds": [row.macs for row in rows],
            "elementwise": [row.elementwise for row in rows],
            "activation bytes": [row.activation_bytes for row in rows],
            "field": [row.receptive_field for row in rows],
            "jump": [row.jump for row in rows],
        },
        key="layer_table",
        hide_index=True,
        height=420,
        column_config={
            "layer": st.column_config.TextColumn(pinned=True),
            **{
                name: st.column_config.NumberColumn(**number)
                for name in ("parameters", "multiply-adds", "elementwise", "activation bytes")
            },
            "field": st.column_config.NumberColumn(
                help="Receptive field in pixels of the input; empty: the whole picture"
            ),
            "jump": st.column_config.NumberColumn(help="Pixels of the input from one cell of the map to the next"),
        },
        alt="One row per layer with shapes, parameters, multiply-adds and receptive field",
    )
