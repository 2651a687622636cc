"""A Graphviz figure that changes without dawdling."""

from hashlib import sha256

import graphviz
import streamlit as st


def graph(figure: graphviz.Digraph) -> None:
    """Another figure gets another place: in the old one the browser would first trace every curve to morph it."""
    with st.container(key=f"graph_{sha256(figure.source.encode()).hexdigest()[:16]}"):
        st.graphviz_chart(figure, width="content")
