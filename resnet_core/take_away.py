"""What can be taken along of a network, and in which form: one table, for the command line and for the app."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from . import export
from .bibliography import bibtex
from .describe import title
from .dot import dot_source
from .map_svg import map_svg
from .onnx_file import onnx_file
from .print_svg import as_pdf, as_png
from .pytorch_source import pytorch_source
from .refusal import Refusal
from .report import report
from .rows import analyse
from .spec import ArchSpec


class Format(NamedTuple):
    """A form to take a network along in: where it stands among the others, its name for people, what it is for, and
    what a file of it is called."""

    group: str
    label: str
    use: str
    write: Callable[[ArchSpec], str | bytes]
    suffix: str
    media_type: str
    is_text: bool = True

    def file_name(self, spec: ArchSpec) -> str:
        """The spec's text with the suffix."""
        return f"{spec}{self.suffix}"


def _table(name: str) -> Callable[[ArchSpec], str]:
    return lambda spec: export.table(spec, name)


def _drawn(write: Callable[[str, str], bytes]) -> Callable[[ArchSpec], bytes]:
    return lambda spec: write(map_svg(analyse(spec)), title(spec))


_TABLES = {
    "csv": ("CSV", "for a spreadsheet"),
    "markdown": ("Markdown", "for a README"),
    "latex": ("LaTeX", "for a paper"),
}
_TABLES["json"] = ("JSON", "for a program")
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        **{
            name: Format(
                "Table", label, use, _table(name), export.FORMATS[name].suffix, export.FORMATS[name].media_type
            )
            for name, (label, use) in _TABLES.items()
        },
        "svg": Format(
            "Picture",
            "SVG",
            "the network map, to be edited",
            lambda spec: map_svg(analyse(spec)),
            ".svg",
            "image/svg+xml",
        ),
        "png": Format("Picture", "PNG", "the network map, for a slide", _drawn(as_png), ".png", "image/png", False),
        "pdf": Format(
            "Picture", "PDF", "the network map, for a paper", _drawn(as_pdf), ".pdf", "application/pdf", False
        ),
        "dot": Format(
            "Picture",
            "DOT",
            "block by block, for Graphviz",
            lambda spec: dot_source(analyse(spec)),
            ".dot",
            "text/vnd.graphviz",
        ),
        "pytorch": Format(
            "Model", "PyTorch", "one file that needs torch alone", pytorch_source, ".py", "text/x-python"
        ),
        "onnx": Format(
            "Model", "ONNX", "with weights, for other runtimes", onnx_file, ".onnx", "application/octet-stream", False
        ),
        "bibtex": Format("Write", "BibTeX", "the papers it comes from", bibtex, ".bib", "application/x-bibtex"),
        "html": Format("Write", "HTML report", "all of it on one page, for any browser", report, ".html", "text/html"),
    }
)


def taken(spec: ArchSpec, name: str) -> str | bytes:
    """A network in one of `FORMATS`. Raises Refusal, with a sentence that says what to do, where it cannot be had."""
    if name not in FORMATS:
        raise Refusal(f"There is no format {name!r}: choose {', '.join(FORMATS)}.")
    return FORMATS[name].write(spec)
