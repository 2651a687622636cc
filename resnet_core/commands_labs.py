"""The subcommand `lab`. Like `cli`, it reads arguments and prints."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from textwrap import fill

from .arguments import of_kind, whole, write_to
from .columns import aligned
from .commands_run import picture_bytes, told_of
from .experiments.lab import SETTINGS, Lab, Result, SettingError, Settings
from .experiments.recorded import document, steps, write
from .experiments.table import LABS, lab
from .experiments.told import as_csv, cells, claims_markdown, stopped, told

WIDTH = 100


def lab_arguments(parser: argparse.ArgumentParser) -> None:
    """What `lab` takes."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="an experiment; without one, all are listed")
    parser.add_argument("--model", metavar="NET", help="a network with weights")
    parser.add_argument("--picture", metavar="FILE", help="a picture of your own instead of the test pictures")
    for name, setting in SETTINGS.items():
        counted = isinstance(getattr(Settings(), name), int) and setting.step >= 1
        kind = (
            whole(f"a number of {setting.words}", int(setting.most), int(setting.least)) if counted else of_kind(float)
        )
        parser.add_argument(f"--{name}", metavar=name[0].upper(), type=kind, help=setting.help)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--markdown", action="store_true", help="every claim, with the recorded results, as a table")
    parser.add_argument("--out", metavar="FILE.csv", help="write the rows to a file as well")
    parser.add_argument("--record", action="store_true", help="keep the result as the one that the page opens on")


def run_lab(options: argparse.Namespace) -> int:
    """List the experiments, or run one and print what it found, as far as it came."""
    if options.name is None:
        print(claims_markdown(), end="") if options.markdown else _print_list(options.json)
        return 0
    chosen = lab(options.name)
    if options.markdown:
        raise SettingError("The table in Markdown is of all experiments: leave the name out.")
    settings = _settings(chosen, options)
    if options.out and Path(options.out).suffix != ".csv":
        raise SettingError(f"Rows are not written to {options.out}: name a file that ends with .csv.")
    with told_of(options.picture or ""):
        result = _watched(chosen, settings)
    if options.out:
        write_to(options.out, as_csv(chosen, result).encode())
    if options.record and result.done == 1:
        print(f"Kept in {write(chosen, result)}.", file=sys.stderr)
    if options.json:
        answer = asdict(chosen.answer(result))
        print(json.dumps({**document(chosen, result), "answer": answer}, ensure_ascii=False, indent=1))
    else:
        _print_result(chosen, result)
    return 0


def _settings(chosen: Lab, options: argparse.Namespace) -> Settings:
    """The usual ones of a lab with what was given. Raises SettingError for what this lab does not read."""
    given = {name: value for name in ("model", *SETTINGS) if (value := getattr(options, name)) is not None}
    takes = [*chosen.takes, *(["picture"] if "pictures" in chosen.takes and "model" in chosen.takes else [])]
    if options.picture:
        given["picture"] = picture_bytes(Path(options.picture))
    if unread := [name for name in given if name not in takes]:
        read = f"it takes {', '.join(f'--{name}' for name in takes)}" if takes else "it takes no settings"
        raise SettingError(f"The experiment {chosen.name} has no use for --{unread[0]}: {read}.")
    usual = {name: value for name, value in asdict(chosen.usual).items() if name not in given}
    return Settings(**usual, **given)


def _watched(chosen: Lab, settings: Settings) -> Result:
    """What the experiment finds, under a bar on a terminal; after Ctrl-C what is known by then."""
    from tqdm import tqdm

    result = Result(chosen.name, settings, (), 0.0)
    form = "{l_bar}{bar}| {elapsed}, {remaining} left"
    with tqdm(total=1.0, desc=chosen.name, bar_format=form, disable=None, leave=False) as bar:
        try:
            for result in steps(chosen, settings):
                bar.update(result.done - bar.n)
        except KeyboardInterrupt:
            if not result.rows:
                raise KeyboardInterrupt("Stopped before anything was known.") from None
    return result


def _print_list(as_json: bool) -> None:
    if as_json:
        print(json.dumps([{"name": one.name, "question": one.question} for one in LABS], ensure_ascii=False, indent=1))
        return
    print("\n".join(aligned([("Experiment", "Question"), *((one.name, one.question) for one in LABS)])))
    print("\nRun one: python -m resnet_core lab lesion --pictures 125 --draws 10")


def _print_result(chosen: Lab, result: Result) -> None:
    head, *rows = cells(chosen, result)
    numbers = [place for place in range(len(head)) if rows and all(_is_number(row[place]) for row in rows)]
    print("\n".join(aligned([head, *rows], right=numbers)))
    if result.done < 1:
        print(f"\n{stopped(result)}")
    answer = chosen.answer(result)
    for words in (
        f"{chosen.question} {answer.words}",
        f"{chosen.claim} That {answer.verdict}.",
        f"The paper found: {told(chosen.paper)} ({chosen.source})",
        f"What this does not show: {told(chosen.limits)}",
    ):
        print("\n" + fill(words, WIDTH, break_on_hyphens=False))


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text[:1] in "−–<>"
