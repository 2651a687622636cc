"""What can be taken along of a network, and in which form: one table, for the command line and for the app."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from . import export, onnx_file, print_svg
from .bibliography import bibtex
from .describe import title
from .dot import dot_source
from .map_svg import map_svg
from .pytorch_source import pytorch_source
from .refusal import Refusal
from .report import report
from .rows import analyse
from .spec import ArchSpec


class Format(NamedTuple):
    """A form to take a network along in.

    `group` is where it stands among the others, `label` its name for people, `use` what it is good for; `suffix` and
    `media_type` are those of a file of it. `hindrance` says, in one sentence, why it cannot be had of a network.
    """

    group: str
    label: str
    use: str
    write: Callable[[ArchSpec], str | bytes]
    suffix: str
    media_type: str
    is_text: bool = True
    hindrance: Callable[[ArchSpec], str | None] = lambda spec: None

    def file_name(self, spec: ArchSpec) -> str:
        """The spec's text with the suffix."""
        return f"{spec}{self.suffix}"


def _table(name: str, label: str, use: str) -> Format:
    known = export.FORMATS[name]
    return Format("Table", label, use, lambda spec: export.table(spec, name), known.suffix, known.media_type)


def _printed(label: str, use: str, write: Callable[[str, str], bytes], media_type: str) -> Format:
    """The map by way of its SVG."""
    return Format(
        *("Picture", label, use, lambda spec: write(map_svg(analyse(spec)), title(spec)), f".{label.lower()}"),
        *(media_type, False, lambda spec: print_svg.hindrance()),
    )


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "csv": _table("csv", "CSV", "every layer, for a spreadsheet"),
        "markdown": _table("markdown", "Markdown", "every layer, for a README"),
        "latex": _table("latex", "LaTeX", "every layer, for a paper"),
        "json": _table("json", "JSON", "every layer, for a program"),
        "svg": Format(
            *("Picture", "SVG", "the network map, to be edited", lambda spec: map_svg(analyse(spec))),
            *(".svg", "image/svg+xml"),
        ),
        "png": _printed("PNG", "the network map, for a slide", print_svg.as_png, "image/png"),
        "pdf": _printed("PDF", "the network map, for a paper", print_svg.as_pdf, "application/pdf"),
        "dot": Format(
            *("Picture", "DOT", "block by block, for Graphviz", lambda spec: dot_source(analyse(spec))),
            *(".dot", "text/vnd.graphviz"),
        ),
        "pytorch": Format(
            *("Model", "PyTorch", "one file that needs torch alone", pytorch_source, ".py", "text/x-python"),
        ),
        "onnx": Format(
            *("Model", "ONNX", "with weights, for other runtimes", onnx_file.onnx_file),
            *(".onnx", "application/octet-stream", False, onnx_file.hindrance),
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
