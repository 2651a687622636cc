"""Take it away: a network as a table, a picture, a model or words, and the address of what is shown."""

from collections.abc import Mapping
from functools import partial
from html import escape
from itertools import groupby
from urllib.parse import urlencode, urlsplit, urlunsplit

import streamlit as st

from app.fragments import fragment
from resnet_core import ArchSpec, comparison_export
from resnet_core.compare import Comparison
from resnet_core.describe import title
from resnet_core.take_away import FORMATS, taken


@fragment("take away")
def take_away(spec: ArchSpec, place: str = "") -> None:
    """Everything that can be had of a network, made when it is asked for. `place` tells several of a page apart.

    What is in it is drawn when it is opened, for it would be a quarter of what a changed control costs.
    """
    prefix = f"{place}_" if place else ""
    label = f"Take {title(spec)} away" if place else "Take it away"
    opened = st.popover(label, key=f"{prefix}take_away", width="content", on_change="rerun")
    if not opened.open:
        return
    with opened:
        for group, members in groupby(FORMATS.items(), key=lambda member: member[1].group):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _word(group)
                for name, form in members:
                    hindrance = form.hindrance(spec)
                    if not form.is_text:
                        _file(spec, name, hindrance)
                        continue
                    st.download_button(
                        form.label,
                        data=partial(taken, spec, name),
                        file_name=form.file_name(spec),
                        mime=form.media_type,
                        key=f"{prefix}download_{name}",
                        help=hindrance or form.use,
                        disabled=hindrance is not None,
                        on_click="ignore",
                    )
        _word("Link")
        st.code(address({} if place else {"net": str(spec)}), language=None, wrap_lines=True)


def _file(spec: ArchSpec, name: str, hindrance: str | None) -> None:
    """A link to what `attachments` sends, which looks as the buttons do."""
    form = FORMATS[name]
    told, label = escape(hindrance or form.use), escape(form.label)
    if hindrance:
        link = f'<span class="rx-file" aria-disabled="true" title="{told}">{label}</span>'
    else:
        href = f"./api/take/{name}?{escape(urlencode({'net': str(spec)}, safe=',='))}"
        link = f'<a class="rx-file" href="{href}" target="_self" title="{told}">{label}</a>'
    st.html(link, width="content")


def take_comparison_away(found: Comparison) -> None:
    """What changes between two networks, as tables, and the address of the page."""
    with st.popover("Take it away", key="take_away", width="content"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            _word("Table")
            for name, form in comparison_export.FORMATS.items():
                st.download_button(
                    form.label,
                    data=partial(comparison_export.comparison_table, found, name),
                    file_name=f"{comparison_export.file_stem(found)}{form.suffix}",
                    mime=form.media_type,
                    key=f"download_{name}",
                    on_click="ignore",
                )
        _word("Link")
        st.code(address({"net": str(found.one.spec)}), language=None, wrap_lines=True)


def _word(text: str) -> None:
    st.html(f'<b class="rx-take">{text}</b>', width="content")


def address(said: Mapping[str, str]) -> str:
    """The address of this view, and what has to be said in it even where it is the usual."""
    page = urlsplit(st.context.url or "")
    query = urlencode({**st.query_params.to_dict(), **said}, safe=",=")
    return urlunsplit(page._replace(path=page.path or "/", query=query))
