"""The subcommand `reconcile`: which way of counting, or which network, gives a number."""

import argparse
from pathlib import Path

from . import units
from .columns import aligned
from .describe import listed
from .identify import identify, match_keys, read_count, target_of
from .lattice import Target
from .solver import ReconcileError, Solution, solve
from .state_keys import read_keys_of

SHOWN = 10
DIFFERS = 1


def reconcile_arguments(parser: argparse.ArgumentParser) -> None:
    """What `reconcile` takes."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="the network whose count it is; every known one if not given"
    )
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("--macs", metavar="N", help="multiply-adds, such as 4.12e9 or 4.12G")
    asked.add_argument("--params", metavar="N", help="parameters, such as 25557032 or 25.6M")
    asked.add_argument("--keys", metavar="FILE", help="a .safetensors file, or the names of a state_dict as text")


def reconcile(options: argparse.Namespace) -> int:
    """Print what gives a number; 1 where nothing does."""
    if options.keys is not None:
        if options.name is not None:
            raise ReconcileError("--keys finds the network by itself: leave the name out.")
        return _keys(Path(options.keys))
    quantity, text = ("macs", options.macs) if options.macs is not None else ("params", options.params)
    if options.name is not None:
        return _ways(solve([target_of(options.name, quantity, text)]))
    return _networks(quantity, text)


def _ways(found: Solution) -> int:
    target: Target = found.targets[0]
    print(f"{target.spec}: {found.sentence}")
    rows = [(units.exact(fit.numbers[0]), fit.sentence) for fit in found.shortest[:SHOWN]]
    if rows:
        print("\nThe shortest:")
        print("\n".join(aligned(rows, right=(0,))))
        if len(found.shortest) > SHOWN:
            print(f"and {len(found.shortest) - SHOWN} more as short")
    for cut, words in found.shared.items():
        if words:
            print(f"\nCommon to every fit that is {cut}: {listed(words)}.")
    return 0 if found.fits else DIFFERS


def _networks(quantity: str, text: str) -> int:
    found = identify(quantity, read_count(text))
    if found.exact:
        print("It is, or counts as much as:")
        for match in found.exact[:SHOWN]:
            print(f"  {match.spec}: {match.words}, {units.exact(match.number)}")
        if len(found.exact) > SHOWN:
            print(f"  and {len(found.exact) - SHOWN} more")
    else:
        print("No network known here, with or without the usual changes, has that number.")
    print("\nThe closest others:")
    for match in found.closest:
        sign = "+" if match.away > 0 else "−"
        print(f"  {match.spec}: {match.words}, {units.exact(match.number)} ({sign}{units.exact(abs(match.away))})")
    return 0 if found.exact else DIFFERS


def _keys(path: Path) -> int:
    found = match_keys(read_keys_of(path))
    exact = [match for match in found if match.exact]
    if exact:
        print(f"{listed(match.spec for match in exact)}: {exact[0].words}.")
        print("\nThe closest others:")
    elif not found:
        print("None of these names is that of a tensor of a network known here.")
    else:
        print("No network known here has these names and shapes. The closest:")
    for match in found[len(exact) :]:
        print(f"  {match.spec}: {match.words}")
    return 0 if exact else DIFFERS
