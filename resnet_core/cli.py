"""The command line: reads arguments and prints. A subcommand is one function, and one row in `COMMANDS`."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn

from . import units
from .codec import amended, parse
from .columns import aligned
from .commands_bench import bench, bench_arguments
from .commands_compare import compare_arguments, compare_networks
from .commands_export import export, export_arguments
from .commands_features import features, features_arguments
from .commands_labs import lab_arguments, run_lab
from .commands_reconcile import reconcile, reconcile_arguments
from .commands_run import classify, classify_arguments
from .commands_serve import serve_arguments, serve_networks
from .commands_train import train, train_arguments
from .commands_weights import weights, weights_arguments
from .crosscheck import crosscheck
from .describe import title
from .documents import verdict_documents, zoo_documents
from .export import FORMATS, table, zoo_markdown
from .refusal import Refusal
from .rows import totals
from .spec import ArchSpec
from .verdict import QUANTITIES, Verdict
from .verify import table_one_note, tally, verify
from .zoo import FAMILIES

PROGRAM = "python -m resnet_core"
REFUSED = 2
DIFFERS = 1
INTERRUPTED = 130  # what shells report after Ctrl-C
BROKEN_PIPE = 141  # and when nobody reads any more


class Command(NamedTuple):
    """A subcommand: what it is for, the arguments it takes, and what it does; it returns the exit code."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 2, after one line that says what to do, for what cannot be done."""
    try:
        options = _parser().parse_args(argv)
        code: int = options.run(options)
        sys.stdout.flush()
        return code
    except Refusal as error:
        return _refuse(str(error))
    except KeyboardInterrupt as stopped:
        print(str(stopped) or "Stopped.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return BROKEN_PIPE
    except OSError as error:
        _discard_output()
        return _refuse(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")


def _discard_output() -> None:
    """What could not be written is not tried again while Python closes, which would print a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return REFUSED


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=PROGRAM, description="Residual networks, counted and checked against the papers.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        one = commands.add_parser(command.name, help=command.help, description=command.help, allow_abbrev=False)
        command.arguments(one)
        one.set_defaults(run=command.run)
    return parser


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--json", action="store_true", help="as JSON")
    kind.add_argument("--markdown", action="store_true", help="as a table in Markdown")


def _list(options: argparse.Namespace) -> int:
    if options.json:
        _print_json(zoo_documents())
        return 0
    if options.markdown:
        print(zoo_markdown(), end="")
        return 0
    lines = [("Name", "Network", "Layers", "Parameters", "Multiply-adds", "Size")]
    for family in FAMILIES:
        for name, spec in family.rows.items():
            of, (height, width) = totals(spec), spec.size
            counts = units.exact(of.layers), units.count(of.params), units.count(of.macs)
            lines.append((name, title(spec), *counts, f"{height}×{width}"))
    head, *rows = aligned(lines, right=(2, 3, 4, 5))
    print(head)
    for family in FAMILIES:
        print(f"\n{family.title} · {family.paper}")
        for _ in family.rows:
            print(rows.pop(0))
    return 0


def _table_arguments(parser: argparse.ArgumentParser) -> None:
    _takes_network(parser)
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="text if not given")


def _table(options: argparse.Namespace) -> int:
    print(table(_network(options), options.format), end="")
    return 0


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; all that something was published of")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _verify(options: argparse.Namespace) -> int:
    found = verify(options.names or None)
    if options.json:
        _print_json(verdict_documents(found))
    elif not found:
        print(f"No figure is published here of {', '.join(options.names)}.")
    else:
        _print_verdicts(found)
        if not options.names:
            print(f"\n{table_one_note()}")
    return 0 if all(verdict.settled for verdict in found) else DIFFERS


def _print_verdicts(found: Sequence[Verdict]) -> None:
    head, *rows = aligned([("Network", "Quantity", "Printed", "Ours", "Verdict"), *map(_cells, found)])
    print(head)
    for source in dict.fromkeys(verdict.figure.source for verdict in found):
        print(f"\n{source}")
        for verdict, row in zip(found, rows, strict=True):
            if verdict.figure.source == source:
                print(row)
    for reason in dict.fromkeys(verdict.reason for verdict in found if verdict.reason):
        of = dict.fromkeys(verdict.figure.arch for verdict in found if verdict.reason == reason)
        print(f"\n{', '.join(of)}: {reason}")
    print(f"\n{tally(found)}.")


def _cells(verdict: Verdict) -> tuple[str, ...]:
    figure = verdict.figure
    quantity = QUANTITIES[figure.quantity].words if figure.quantity in QUANTITIES else figure.quantity
    where = f"{quantity} of {figure.stage}" if figure.stage else quantity
    same = verdict.shown == figure.shown or (verdict.number is not None and verdict.status == "exactly")
    texts = figure.arch, where, figure.shown, "the same" if same else verdict.shown, verdict.conclusion
    return tuple(text.replace("\n", ", then ") for text in texts)


def _crosscheck_arguments(parser: argparse.ArgumentParser) -> None:
    _takes_network(parser)


def _crosscheck(options: argparse.Namespace) -> int:
    found = crosscheck(_network(options))
    print(f"{found.sentence}.\n{found.scope}")
    return 0 if found.agrees else DIFFERS


def _takes_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="such as resnet-50, or resnet-34,shortcut=A,size=32")
    parser.add_argument("--size", metavar="N|HxW", help="of the input, in pixels; the network's own if not given")


def _network(options: argparse.Namespace) -> ArchSpec:
    spec = parse(options.name)
    return spec if options.size is None else amended(spec, f"size={options.size}")


def _print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=1))


COMMANDS: tuple[Command, ...] = (
    Command("list", "Every network of the zoo, by family.", _list_arguments, _list),
    Command("table", "A network layer by layer, with its sums.", _table_arguments, _table),
    Command("export", "A network to take along: tables, pictures, code, papers.", export_arguments, export),
    Command("verify", "Every published figure against our count.", _verify_arguments, _verify),
    Command("reconcile", "Which way of counting, or which network, gives a number.", reconcile_arguments, reconcile),
    Command(
        "compare", "What changed between two networks, one sentence a change.", compare_arguments, compare_networks
    ),
    Command("crosscheck", "Our rows against torchinfo's.", _crosscheck_arguments, _crosscheck),
    Command("classify", "What a trained network sees in a picture.", classify_arguments, classify),
    Command("features", "The feature maps that a detector takes from a trained network.", features_arguments, features),
    Command(
        "weights",
        "Which networks have weights, and what they are worth; fetch published ones.",
        weights_arguments,
        weights,
    ),
    Command("lab", "Experiments on what the papers claim, run here.", lab_arguments, run_lab),
    Command("train", "Train a network on CIFAR-10, and write its weights.", train_arguments, train),
    Command("serve", "Answer for apps elsewhere, on a Ray cluster.", serve_arguments, serve_networks),
    Command("bench", "How fast this machine is: fps, frames a second of video.", bench_arguments, bench),
)
