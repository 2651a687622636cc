"""The subcommand `export`. Like `cli`, it reads arguments and prints."""

import argparse
import sys

from .arguments import write_to
from .codec import amended, parse
from .compare import compare, read_other
from .comparison_export import comparison_table
from .refusal import Refusal
from .take_away import FORMATS, taken


def export_arguments(parser: argparse.ArgumentParser) -> None:
    """What `export` takes."""
    parser.add_argument("name", metavar="NAME", help="such as resnet-50, or resnet-34,shortcut=A,size=32")
    parser.add_argument("--size", metavar="N|HxW", help="of the input, in pixels; the network's own if not given")
    forms = "; ".join(f"{name}: {form.use}" for name, form in FORMATS.items())
    parser.add_argument("--format", choices=tuple(FORMATS), required=True, metavar="FORMAT", help=forms)
    parser.add_argument("--against", metavar="B", help="what changes from NAME to B, as one of the tables")
    parser.add_argument("--out", metavar="FILE", help="where to write it; standard output if not given")


def export(options: argparse.Namespace) -> int:
    """Write a network, or what changes from it to another, to a file, or print it."""
    spec = parse(options.name)
    spec = spec if options.size is None else amended(spec, f"size={options.size}")
    form = FORMATS[options.format]
    if options.out is None and not form.is_text and sys.stdout.isatty():
        raise Refusal(f"{form.label} is no text for a terminal: give --out FILE, such as {form.file_name(spec)}.")
    if options.against is None:
        made = taken(spec, options.format)
    else:
        made = comparison_table(compare(spec, read_other(options.against, spec)), options.format)
    data = made if isinstance(made, bytes) else made.encode()
    if options.out is not None:
        write_to(options.out, data)
        print(f"{options.out}: {form.label}, {len(data):,} bytes.")
    elif isinstance(made, str):
        print(made, end="")
    else:
        sys.stdout.buffer.write(data)
    return 0
