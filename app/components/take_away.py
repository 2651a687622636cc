"""Take it away: a network as a table, a picture, a model or words, and the address of what is shown."""

from functools import partial
from itertools import groupby
from urllib.parse import urlencode

import streamlit as st

from resnet_core import ArchSpec
from resnet_core.take_away import FORMATS, taken


def take_away(spec: ArchSpec) -> None:
    """Everything that can be had of a network, made when it is asked for."""
    with st.popover("Take it away", key="take_away", width="content"):
        for group, members in groupby(FORMATS.items(), key=lambda member: member[1].group):
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"take_{group.lower()}"):
                st.html(f'<b class="rx-take">{group}</b>')
                for name, form in members:
                    hindrance = form.hindrance(spec)
                    st.download_button(
                        form.label,
                        data=partial(taken, spec, name),
                        file_name=form.file_name(spec),
                        mime=form.media_type,
                        key=f"download_{name}",
                        help=hindrance or form.use,
                        disabled=hindrance is not None,
                        on_click="ignore",
                    )
        st.html('<b class="rx-take">Link</b>')
        st.code(address(spec), language=None, wrap_lines=True)


def address(spec: ArchSpec) -> str:
    """The address of this view, with the network said even where it is the usual one."""
    return f"{st.context.url or ''}?{urlencode({**st.query_params.to_dict(), 'net': str(spec)}, safe=',=')}"
