"""Controls that several pages have alike."""

from collections.abc import Iterable

import streamlit as st


def one_of(label: str, options: Iterable[str], key: str, usual: str | None = None) -> str:
    """Buttons of which one is chosen, which stands in the link; `usual`, or the first, until then. `label` is heard."""
    options = list(options)
    usual = usual or options[0]
    if st.session_state.get(key, usual) is None:
        st.session_state[key] = usual
    chosen = st.segmented_control(
        label,
        options,
        default=usual,
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    if chosen is None:  # an empty word in the link
        st.rerun()
    return chosen
