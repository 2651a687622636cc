"""Grad-CAM at the end of each stage: on what the block puts out, and on its residual path alone."""

import streamlit as st

from app import cached
from resnet_core import ArchSpec
from resnet_core.prediction import Prediction
from resnet_core.sight.cam import StageEnd, cam_taps, stage_ends
from resnet_core.sight.overlay import jpeg, overlay
from resnet_core.weights import require_card

from .cards import note
from .choosing import pick_of
from .picture import figure

LIKELIEST = "the likeliest class"


def cam_strip(data: bytes, spec: ArchSpec) -> None:
    """One column a stage; above what its last block puts out, beneath its residual path alone."""
    classes = require_card(spec).classes
    chosen = pick_of("Which places speak for", [LIKELIEST, *classes], LIKELIEST, "class")
    target = None if chosen == LIKELIEST else classes.index(chosen)
    prediction = cached.seen(data, spec, cams=cam_taps(spec), target=target)
    st.html(f'<div class="rx-stages">{"".join(_stage(prediction, end) for end in stage_ends(spec))}</div>')
    said = prediction.top[0].label if target is None else chosen
    note(
        f"Where the network's maps speak for {said}: orange is much, the bare picture none. Each map has a scale of "
        "its own. Grad-CAM weighs each channel by the mean gradient of the class's logit (Selvaraju 2017, section 3)."
    )


def _stage(prediction: Prediction, end: StageEnd) -> str:
    figures = [cam_figure(prediction, end.output, f"{end.words}")]
    if end.residual:
        figures.append(cam_figure(prediction, end.residual, "its residual path alone"))
    return f"<div>{''.join(figures)}</div>"


def cam_figure(prediction: Prediction, tensor: str, caption: str) -> str:
    """One map over the picture, as HTML."""
    cam = prediction.answer.cams[tensor]
    silent = "" if cam.any() else " · nothing here speaks for it"
    drawn = jpeg(overlay(prediction.pixels, cam))
    return figure(drawn, caption + silent, alt=f"Grad-CAM at {tensor}: {caption}", kind="jpeg")
