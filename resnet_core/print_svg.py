"""An SVG drawing as PNG or PDF, with the fonts that come with the project."""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from .refusal import Refusal

FONTS = Path(__file__).parents[1] / "assets" / "fonts"
DOTS_PER_INCH = 192.0
"""Twice what a screen shows: a drawing of 988 pixels becomes one of 1976."""
_PAGE = b"""\
#set document(title: sys.inputs.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#image(bytes(sys.inputs.drawing), format: "svg")
"""


class PrintError(Refusal):
    """A picture that cannot be made here. The message is one sentence that says what to do."""


def hindrance() -> str | None:
    """Why neither can be made here, in one sentence."""
    return None if find_spec("typst") else "PNG and PDF need the package typst: install it with pip, or take the SVG."


def as_png(drawing: str, title: str) -> bytes:
    """The drawing in pixels."""
    return _typeset(drawing, title, "png")


def as_pdf(drawing: str, title: str) -> bytes:
    """The drawing as a page of its own size, in lines and letters rather than pixels."""
    return _typeset(drawing, title, "pdf")


def _typeset(drawing: str, title: str, format: Literal["png", "pdf"]) -> bytes:
    if why := hindrance():
        raise PrintError(why)
    import typst

    try:
        return typst.compile(
            _PAGE,
            format=format,
            ppi=DOTS_PER_INCH,
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)]),
            sys_inputs={"drawing": drawing, "title": title},
        )
    except (RuntimeError, OSError) as error:  # typst's own errors are RuntimeErrors
        raise PrintError(f"The {format.upper()} could not be typeset here: take the SVG.") from error
