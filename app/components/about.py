"""What this server runs on, what may be asked of it, and whether it is ready."""

import os
from html import escape
from urllib.parse import quote

import streamlit as st

from app import live, shared_engine
from resnet_core import units
from resnet_core.about import Limit, Trained, limits, trained, versions
from resnet_core.observing import EngineState

from .cards import opening
from .tables import table

LOADING = "loading"
ELSEWHERE = "RESNET_EXPLORER_BACKEND"
"""Where it is set a cluster answers; its address is nobody's business."""


def state() -> EngineState | None:
    """What the engine holds; None while it is not made, for which no page waits."""
    engine = shared_engine.made()
    return engine.state() if engine else None


def show_state(state: EngineState | None) -> None:
    """Five cards: whether it is ready, on what, what waits, what is loaded, how many videos run."""
    shown = (
        ("Ready", "yes" if state or _elsewhere() else LOADING, _ready(state), READY),
        ("Device", _device(state), "of the forward passes", DEVICE),
        ("Queue", units.exact(shared_engine.waiting()), _waiting(), QUEUE),
        ("In memory", units.memory(state.kept_bytes) if state else "–", _networks(state), KEPT),
        ("Live video", units.exact(live.VIDEO.viewers), f"of {live.VIDEO.most_viewers}", VIDEO),
    )
    st.html(f'<div class="rx-cards">{"".join(_card(*one) for one in shown)}</div>')


def _card(label: str, value: str, beneath: str, words: str) -> str:
    return (
        f'<div class="rx-card"><b>{escape(label)}</b><strong>{escape(value)}</strong>'
        f"<p><span>{escape(beneath)}</span></p>{opening('in words', words)}</div>"
    )


READY = "Until torch and the engine are loaded, pages show structure; pictures are answered as soon as they are."
DEVICE = "CUDA where there is a GPU, else Apple's, else the CPU. What it computes is the same to rounding."
QUEUE = "Pictures that wait for their turn at this moment. Those of equal work are answered together."
KEPT = "The parameters of the networks that ran last; a network in two forms counts twice."
VIDEO = "Cameras, films and moving photographs that are being answered at this moment."


def _elsewhere() -> bool:
    return bool(os.environ.get(ELSEWHERE))


def _ready(state: EngineState | None) -> str:
    if _elsewhere():
        return "a cluster answers, or else this process"
    return "the engine runs in this process" if state else "pages work already"


def _device(state: EngineState | None) -> str:
    if _elsewhere():
        return "a cluster"
    return state.device if state else LOADING


def _waiting() -> str:
    most = shared_engine.most_waiting()
    return f"of {units.exact(most)} that may wait" if most else "not open yet"


def _networks(state: EngineState | None) -> str:
    if state is None:
        return "no network yet"
    return f"{units.exact(state.networks)} {'network' if state.networks == 1 else 'networks'} stay loaded"


def show_limits(state: EngineState | None) -> None:
    viewers = Limit("Live video at a time", units.exact(live.VIDEO.most_viewers), "refused as busy")
    table(
        [("limit", ""), ("at most", "n"), ("beyond", "")],
        [[escape(limit.of), escape(limit.most), escape(limit.beyond)] for limit in (*limits(state), viewers)],
    )


def show_versions() -> None:
    table(
        [("what", ""), ("version", "n")],
        [[escape(name), escape(version)] for name, version in versions().items()],
    )


def show_weights() -> None:
    table(
        [("network", ""), ("weights", "m"), ("right", "")],
        [[_asked(one), escape(one.weights), escape(one.right)] for one in trained()],
    )


def _asked(one: Trained) -> str:
    """A link that shows the network a picture."""
    return f'<a href="run?net={quote(one.net, safe=",=")}" target="_self">{escape(one.title)}</a>'
