"""The video and what the network says of it: live.html, live.js and live.css, which talk to /api/live themselves."""

from base64 import b64encode
from functools import cache
from pathlib import Path

import streamlit as st

from resnet_core.benchmark_fps import VIDEO
from resnet_core.cards import Card
from resnet_core.describe import title
from resnet_core.frames import sent_side
from resnet_core.live import MOST_IN_FLIGHT
from resnet_core.painting import MEANING, WORDS, Layer, Paint
from resnet_core.samples import PHOTOGRAPH
from resnet_core.spec import ArchSpec
from resnet_core.tensors import tensor

from .choosing import in_link
from .controls import one_of

SHOWN = 5


def _read(kind: str) -> str:
    return Path(__file__).with_suffix(f".{kind}").read_text(encoding="utf-8")


_video = st.components.v2.component("live_video", html=_read("html"), css=_read("css"), js=_read("js"))


def pick_paint(layers: dict[str, Layer]) -> tuple[Paint, Layer, int]:
    """What to paint over the video: the kind, which stage's output, and of that which channel."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        paint = WORDS[one_of("Paint over the video", WORDS, "paint")]
        stage, channel = list(layers)[-1], 0
        if paint != "none":
            stage = one_of("Of which stage", layers, "paint_at", usual=stage)
        layer = layers.get(stage) or list(layers.values())[-1]
        if paint == "channel":
            last = layer.shape[0] - 1
            channel = st.number_input(
                f"Channel, 0 to {last}", 0, last, key="paint_channel", bind=in_link("paint_channel", "0"), width=180
            )
    st.caption(MEANING[paint])
    return paint, layer, channel


def live_video(spec: ArchSpec, card: Card, paint: Paint, layer: Layer, channel: int) -> None:
    """The camera or a video file, looked at by a network."""
    preprocessing = card.preprocessing.at(spec.size)
    _video(
        key="live_video",
        data={
            "net": str(spec),
            "paint": paint,
            "tensor": layer.tensor,
            "channel": channel,
            "painted": f"{paint_in_words(paint, channel)} of {tensor(spec, layer.tensor).title}",
            "size": list(spec.size),
            "side": sent_side(preprocessing),
            "most": MOST_IN_FLIGHT,
            "target": VIDEO,
            "guesses": len(card.classes[:SHOWN]),
            "photograph": _photograph(),
            "promise": f"{title(spec)} names the likeliest of its {len(card.classes):,} classes in every frame that it "
            f"keeps up with. The line to beat is {VIDEO:g} frames a second.",
        },
    )


def paint_in_words(paint: Paint, channel: int) -> str:
    return f"channel {channel}" if paint == "channel" else next(word for word, kind in WORDS.items() if kind == paint)


@cache
def _photograph() -> str:
    return f"data:image/jpeg;base64,{b64encode(PHOTOGRAPH.read_bytes()).decode('ascii')}"
