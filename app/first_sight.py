"""Explore as it is first seen: its title, cards and map, put into the page that Streamlit serves.

A browser has to fetch and start Streamlit's frontend, and then to wait for its first messages, before a page of it
shows anything. The network map needs neither, for its script draws it alone: so the served page brings the script and
the document, and what they draw stands there until the same map on the page itself takes its place.
"""

import json
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

from resnet_core import analyse, parse
from resnet_core.describe import subtitle, title
from resnet_core.map_document import lacking, map_document
from resnet_core.spec import SpecError
from resnet_core.summary import explanation, summary

from .components.cards import cards_html, heading_html, note_html
from .components.network_map import CSS, SCRIPT
from .picker import DEFAULT

EXPLORE = "/"
STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
MOST_LETTERS = 400
"""Of what a link asks for: more is no network, and Streamlit will say so."""


def first_sight(path: str, query: str, nonce: str) -> str:
    """HTML for Explore's address, "" for every other and for a link that names no network; its script bears `nonce`."""
    if path != EXPLORE or len(query) > MOST_LETTERS:
        return ""
    asked = {name: values[-1] for name, values in parse_qs(query).items()}
    if "embed" in asked:
        return ""
    try:
        sight, script = _drawn(asked.get("net", DEFAULT), asked.get("op", ""), asked.get("colour", ""))
    except SpecError:
        return ""
    # no module: those wait for Streamlit's own, which come before it
    return f'{sight}<script nonce="{nonce}">{script}</script>'


@lru_cache(maxsize=64)
def _drawn(net: str, op: str, colour: str) -> tuple[str, str]:
    """What is said, as HTML, and the script that draws the map beneath it."""
    analysis = analyse(parse(net))
    facts = summary(analysis)
    said = "".join(
        (
            heading_html(title(analysis.spec), subtitle(analysis.spec)),
            cards_html(facts),
            note_html(lacking(analysis, op) or explanation(facts)),
        )
    )
    look = {"op": op or None, "colour": colour or None}
    return (
        f"<style>{STYLE}</style>"
        f'<div id="rx-first" aria-hidden="true" inert><div>{said}<div class="rx-first-map"></div></div></div>',
        f"(() => {{{SCRIPT.replace('export default function', 'function mount')}\n"
        f"firstSight({_literal(map_document(analysis))}, {_literal(look)}, {_literal(CSS)});}})();",
    )


def _literal(value: object) -> str:
    """What a script reads as this value, in which no text can end the script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
