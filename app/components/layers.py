"""The table to take along, and torchinfo's opinion of it."""

from functools import partial

import streamlit as st

from resnet_core import ArchSpec
from resnet_core.export import FORMATS
from resnet_core.export import table as exported

from .crosscheck import crosscheck

DOWNLOADS = {"csv": "CSV", "markdown": "Markdown", "latex": "LaTeX", "json": "JSON"}


def take_along(spec: ArchSpec) -> None:
    """Whether torchinfo agrees with every row, and the rows as files."""
    with st.container(horizontal=True, vertical_alignment="center", key="take_along"):
        with st.container():
            crosscheck(spec)
        for name, label in DOWNLOADS.items():
            st.download_button(
                label,
                data=partial(exported, spec, name),
                file_name=f"{spec}{FORMATS[name].suffix}",
                mime=FORMATS[name].media_type,
                key=f"download_{name}",
                type="tertiary",
                on_click="ignore",
            )
