"""Claims of texts, each with its verdict, the evidence and the view that shows it."""

from html import escape

import streamlit as st

from resnet_core import parse
from resnet_core.describe import title
from resnet_core.seed_claims import HOLDS, WRONG, SeedClaim

from .cards import Tone, link, mark

TONES: dict[str, Tone] = {HOLDS: "agrees", WRONG: "differs"}


def claim_list(claims: tuple[SeedClaim, ...]) -> None:
    if claims:  # st.html refuses an empty text
        st.html("".join(map(_claim, claims)))


def _claim(claim: SeedClaim) -> str:
    cited = f"<span>{escape(claim.cited)}</span>" if claim.cited else "<span>counted here</span>"
    return (
        f'<div class="rx-said">{mark(claim.status, TONES.get(claim.status, "quiet"))}'
        f"<div><blockquote>“{escape(claim.quote)}”</blockquote><p>{escape(claim.evidence)}</p>"
        f"<footer>{cited}<span>in: {escape(claim.text)}</span>{_view(claim)}</footer></div></div>"
    )


def _view(claim: SeedClaim) -> str:
    if claim.net is not None:
        return link(claim.net, f"{title(parse(claim.net))} in Explore")
    return f'<a href="./{claim.page}" target="_self">{claim.page.capitalize()}</a>'
