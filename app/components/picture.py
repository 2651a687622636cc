"""Where a picture comes from, and how it is shown: samples, an upload, the camera."""

from base64 import b64encode
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st
from streamlit.runtime.uploaded_file_manager import DeletedFile

from app import kept_uploads
from app.kept_uploads import Upload
from resnet_core.pictures import Picture
from resnet_core.samples import Sample, samples

from .cards import note

if TYPE_CHECKING:
    from resnet_core.prediction import Prediction

SOURCES = ("samples", "upload", "camera")
FIRST = "Chelsea the cat"
TYPES = ["jpg", "jpeg", "png", "webp", "gif", "bmp"]
SHOWN_PIXELS = 640
JPEG_QUALITY = 92


class Given(NamedTuple):
    """The bytes of a picture and what to call it; `shown`: where it came from shows it already."""

    data: bytes
    name: str
    shown: bool = False
    sample: Sample | None = None


def pick_picture() -> Given | None:
    """None while an upload or the camera has given no picture."""
    source = st.segmented_control(
        "Picture", SOURCES, default="samples", key="source", bind="query-params", required=True
    )
    if source == "upload":
        st.file_uploader("Your picture", type=TYPES, key="upload", on_change=_forget, args=("upload",))
        return _kept("upload", _uploaded("upload"))
    if source == "camera":
        st.camera_input("Look into the camera", key="camera", on_change=_forget, args=("camera",))
        photo = _uploaded("camera")
        return _kept("camera", photo and photo._replace(name="your photograph", shown=True))
    offered = {sample.title: sample for sample in samples()}
    title = st.pills(
        "Samples",
        list(offered),
        default=FIRST,
        key="picture",
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    sample = offered.get(title, offered[FIRST])
    st.caption(f"{sample.shows} Source: {sample.source} ({sample.licence}).")
    return Given(sample.path.read_bytes(), sample.title, sample=sample)


def _uploaded(source: str) -> Given | None:
    """What the widget of a source holds, or held on a server that is gone."""
    file = st.session_state.get(source)
    if file is None:
        return None
    st.session_state[f"number_{source}"] = file.file_id
    if not isinstance(file, DeletedFile):
        given = Given(file.getvalue(), file.name)
        kept_uploads.keep(file.file_id, Upload(given.name, given.data))
        return given
    if upload := kept_uploads.kept(file.file_id):
        return Given(upload.data, upload.name)
    note("The server that had your picture was stopped, and the picture is gone: give it once more.")
    return None


def _kept(source: str, given: Given | None) -> Given | None:
    """What a source gave last: Streamlit empties a widget whose page or whose place was left."""
    key = f"given_{source}"
    if given:
        st.session_state[key] = given._replace(shown=False)  # the emptied widget shows it no more
        return given
    return st.session_state.get(key)


def _forget(source: str) -> None:
    """The widget was used: it holds another picture, or was emptied by hand."""
    st.session_state.pop(f"given_{source}", None)
    kept_uploads.forget(st.session_state.pop(f"number_{source}", ""))


def show_picture(picture: Picture, given: Given, prediction: "Prediction") -> None:
    """The picture as it was given, and beside it the very pixels that the network saw."""
    width, height = picture.size
    caption = f"{given.name} · {width:,}×{height:,} {picture.format}"
    if given.shown:
        note(caption)
        st.html(_seen(prediction))
        return
    image = picture.image.copy()
    image.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
    sharp = max(width, height) < SHOWN_PIXELS // 4
    if picture.format == "JPEG" and not sharp:  # as it came, and in a fiftieth of the time that it takes as a PNG
        buffer = BytesIO()
        image.convert("RGB").save(buffer, "JPEG", quality=JPEG_QUALITY)
        whole = figure(buffer.getvalue(), caption, kind="jpeg")
    else:
        whole = _figure(image, caption, sharp)
    st.html(f'<div class="rx-pair">{whole}{_seen(prediction)}</div>')


def _seen(prediction: "Prediction") -> str:
    """What the network saw; of very many pixels, fewer."""
    from PIL import Image

    image = Image.fromarray(prediction.pixels)
    caption = f"what the network sees: {image.height}×{image.width} pixels"
    if max(image.size) > SHOWN_PIXELS:
        image.thumbnail((SHOWN_PIXELS, SHOWN_PIXELS))
        caption += f", shown at {image.height}×{image.width}"
    return _figure(image, caption, sharp=image.width < SHOWN_PIXELS // 4)


def figure(image: bytes, caption: str, *classes: str, alt: str = "", kind: str = "png") -> str:
    """A picture with its caption, as HTML."""
    address = f"data:image/{kind};base64,{b64encode(image).decode()}"
    return (
        f'<figure class="{" ".join(("rx-picture", *classes))}"><img src="{address}" alt="{escape(alt or caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _figure(image: Any, caption: str, sharp: bool) -> str:
    """`sharp`: show every pixel as a square."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return figure(buffer.getvalue(), caption, *(["rx-pixels"] if sharp else []))
