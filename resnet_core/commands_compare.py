"""The subcommand `compare`: what changed between two networks."""

import argparse
import json

from .codec import parse
from .columns import aligned
from .compare import Comparison, compare, read_other
from .comparison_rows import COLUMNS, comparison_document, lines


def compare_arguments(parser: argparse.ArgumentParser) -> None:
    """What `compare` takes."""
    parser.add_argument("one", metavar="A", help="such as resnet-50, or resnet-34,shortcut=A,size=32")
    parser.add_argument("other", metavar="B", help="another network, or changes of the first, such as stride_on=3x3")
    parser.add_argument("--json", action="store_true", help="as JSON")


def compare_networks(options: argparse.Namespace) -> int:
    """Print totals side by side, one sentence a change, and the rows that differ."""
    one = parse(options.one)
    found = compare(one, read_other(options.other, one))
    if options.json:
        print(json.dumps(comparison_document(found), ensure_ascii=False, indent=1))
    else:
        _print(found)
    return 0


def _print(found: Comparison) -> None:
    totals = [(total.words, total.one, total.other, total.change, total.share) for total in found.totals]
    print("\n".join(aligned([("", *found.names, "", ""), *totals], right=(1, 2, 3, 4))))
    print(f"\n{found.answer}.")
    for sentence in found.sentences:
        print(f"  {sentence}")
    rows = [(line.stage, line.block, line.name, *line.texts) for line in lines(found, differing=True)]
    if rows:
        print()
        print("\n".join(aligned([("Stage", "Block", "Op", *COLUMNS.values()), *rows])))
