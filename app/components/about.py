"""What this server runs on, what may be asked of it, and whether it is ready."""

import os
from collections.abc import Iterator
from html import escape
from urllib.parse import quote

import streamlit as st

from app import live, shared_engine, stored_uploads
from app.buckets import Rate
from app.limits import API, BODIES, MESSAGES, MOST_COMING, MOST_OPEN, PAGES, SOCKETS, UPLOAD_STALLS
from resnet_core import units
from resnet_core.about import Limit, Trained, limits, trained, versions
from resnet_core.observing import EngineState
from resnet_core.remote_call import ADDRESS_VARIABLE

from .cards import opening
from .tables import table

LOADING = "loading"


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
    """Whether a cluster answers; its address is nobody's business."""
    return bool(os.environ.get(ADDRESS_VARIABLE))


def _ready(state: EngineState | None) -> str:
    if shared_engine.cluster_is_silent():
        return "the cluster is silent, so this process answers"
    if _elsewhere():
        return "a cluster answers, or else this process"
    return "the engine runs in this process" if state else "pages work already"


def _device(state: EngineState | None) -> str:
    if _elsewhere() and not shared_engine.cluster_is_silent():
        return "a cluster"
    return state.device if state else LOADING


def _waiting() -> str:
    most = shared_engine.most_waiting()
    return f"of {units.exact(most)} that may wait" if most else "not open yet"


def _networks(state: EngineState | None) -> str:
    if state is None:
        return "no network yet"
    return f"{units.exact(state.networks)} {'network stays' if state.networks == 1 else 'networks stay'} loaded"


def show_limits(state: EngineState | None) -> None:
    table(
        [("limit", ""), ("at most", "n"), ("beyond", "")],
        [[escape(limit.of), escape(limit.most), escape(limit.beyond)] for limit in (*limits(state), *_of_visitors())],
    )


def _of_visitors() -> Iterator[Limit]:
    """What of this server one page, person and address may have."""
    yield Limit(
        "Files that are kept of one page", units.exact(stored_uploads.MOST_FILES), "refused until it is reloaded"
    )
    for whose in ("person", "address"):
        yield Limit(
            f"Files that are kept of one {whose}",
            units.memory(stored_uploads.most_of(whose)),
            "refused until one is taken away",
        )
    yield Limit("Clicks and changes on one page", _often(MESSAGES), "done later")
    yield Limit("A pause of a file that is coming", f"{units.exact(round(UPLOAD_STALLS))} s", "refused")


SHARED = (
    ("Pages that are loaded", PAGES, "refused for some seconds"),
    ("Questions to the API", API, "refused for some seconds"),
    ("Files that are sent", BODIES, "refused for some seconds"),
    ("Connections that are opened", SOCKETS, "refused for some seconds"),
)
HELD = (
    ("Open pages and videos", MOST_OPEN, "refused until one is closed"),
    ("Files that are coming", MOST_COMING, "refused for some seconds"),
    (
        "Live videos",
        {"person": live.MOST_OF_ONE, "anonymous": live.MOST_OF_STRANGERS, "everybody": live.MOST_VIEWERS},
        "refused until one stops",
    ),
)
WHOSE = {
    "person": "one person",
    "address": "one address",
    "anonymous": "of it without cookies",
    "everybody": "everybody",
}


def show_shares() -> None:
    """How often, and how much at a time. Who keeps no cookie shares with all behind their address who keep none."""
    often = [
        [name, *(_often(getattr(share, whose)) if hasattr(share, whose) else "–" for whose in WHOSE), beyond]
        for name, share, beyond in SHARED
    ]
    held = [
        [f"{name} at a time", *(units.exact(most[whose]) if whose in most else "–" for whose in WHOSE), beyond]
        for name, most, beyond in HELD
    ]
    table([("what", ""), *((whose, "n") for whose in WHOSE.values()), ("beyond", "")], [*often, *held])


def _often(rate: Rate) -> str:
    return f"{units.exact(round(rate.burst))}, then {units.exact(round(60 * rate.each_second))} a minute"


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
