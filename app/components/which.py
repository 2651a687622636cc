"""Which network is yours? By a number, or by the names in a state_dict."""

import time
from html import escape
from typing import BinaryIO

import streamlit as st

from app import cached
from resnet_core import units
from resnet_core.identify import KeysMatch, identify, read_count
from resnet_core.refusal import Refusal
from resnet_core.state_keys import MOST_BYTES

from .cards import link, mark, note, refuse
from .controls import one_of
from .tables import table

KINDS = {"parameters": "params", "multiply-adds": "macs", "state_dict": None}
FIRST = {"params": "466906", "macs": "4.089 G"}
SHOWN = 8
PATIENCE = 0.3  # seconds without a bar
MOST_MEGABYTES = 120  # a ResNet-50 of fp32 has 103
MOST_LETTERS = 1_000_000


def which() -> None:
    """Ask, and answer."""
    kind = one_of("Given", KINDS, "given")
    try:
        quantity = KINDS[kind]
        _by_number(quantity) if quantity else _by_keys()
    except Refusal as refused:
        refuse(str(refused))


def _by_number(quantity: str) -> None:
    text = st.text_input(
        "Count",
        value=FIRST[quantity],
        key=f"count_{quantity}",
        bind="query-params",
        max_chars=40,
        help="All the digits, or as many as you know: 25,557,032, 25.6 M, 4.12e9.",
    )
    count = read_count(text or FIRST[quantity])
    bar, begun = st.empty(), time.monotonic()

    def tell(share: float) -> None:
        if time.monotonic() - begun > PATIENCE:
            bar.progress(share, "Counting every known network …")

    found = identify(quantity, count, tell)
    bar.empty()
    if not found.exact:
        note("No network known here, with or without the usual changes, has that number. The closest:")
    table(
        [("", ""), ("network", "m"), ("in words", ""), ("has", "n"), ("which is", "n")],
        [
            [
                mark("yes", "agrees") if match in found.exact else "",
                link(str(match.spec), str(match.spec)),
                escape(match.words),
                units.exact(match.number),
                units.signed(match.away) if match not in found.exact else "what was given",
            ]
            for match in (*found.exact[:SHOWN], *found.closest)
        ],
    )


def _by_keys() -> None:
    left, right = st.columns(2)
    file = left.file_uploader("A .safetensors file, or a list as text", key="keys_file", max_upload_size=MOST_MEGABYTES)
    pasted = right.text_area(
        "or names and shapes, one a line",
        key="keys_text",
        height=140,
        max_chars=MOST_LETTERS,
        placeholder="conv1.weight [64, 3, 7, 7]\nbn1.weight [64]\n…",
    )
    note(
        "Nothing is executed: of a safetensors file the header alone is read, and pickles (.pt, .pth) are refused. "
        f"For a file beyond {MOST_MEGABYTES} MB: python -m resnet_core reconcile --keys FILE."
    )
    if file is None and not pasted.strip():
        return
    matches = cached.matches(pasted.encode() if file is None else _beginning(file))
    if not any(match.exact for match in matches):
        note(
            "No network known here has just these names and shapes. The closest:"
            if matches
            else "None of these names is that of a tensor of a network known here."
        )
    if matches:
        table([("", ""), ("network", "m"), ("what separates them", "")], [_row(match) for match in matches])


def _beginning(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(MOST_BYTES + 1)


def _row(match: KeysMatch) -> list[str]:
    return [mark("yes", "agrees") if match.exact else "", link(str(match.spec), str(match.spec)), escape(match.words)]
