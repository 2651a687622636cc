"""The QR code that brings a room to the view on the wall."""

from dataclasses import replace
from html import escape
from ipaddress import ip_address
from urllib.parse import urlsplit

import segno
import streamlit as st

from resnet_core.lesson_walk import Place

from .cards import note
from .lesson_link import address


def qr_button(at: Place) -> None:
    """A button, and the key Q, that shows the code of this very view."""
    if st.button("QR code", key="lesson_qr", type="tertiary", icon=":material/qr_code_2:"):
        _shown(at)


@st.dialog("The same view on your own screen", width="large")
def _shown(at: Place) -> None:
    where = address(at if at.told else replace(at, chosen=None))  # the room is to guess for itself
    # black on white in either theme, with the quiet zone of the standard, for cameras expect it
    code = segno.make(where, error="m").svg_data_uri(dark="#000", light="#fff", border=4, scale=8)
    if is_of_this_machine(where):
        note(
            "This address leads every other screen to itself: start the app with make run ADDRESS=0.0.0.0, and open it "
            "here by the name or the number that this machine has in the room's network."
        )
    st.html(f'<div class="rx-qr"><img src="{code}" alt="QR code of the address beneath"><p>{escape(where)}</p></div>')


def is_of_this_machine(where: str) -> bool:
    """Whether an address means another machine wherever it is opened: 127.0.0.1, localhost."""
    host = urlsplit(where).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
