"""Atheris at one entrance: PYTHONPATH=.:tests python -m fuzz NAME [-max_total_time=SECONDS …]; `make fuzz` at each.

What it finds it writes into a file, which the same with that file's name sends again.
"""

import logging
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("Atheris is not here: make fuzz installs it.")

with atheris.instrument_imports(include=["resnet_core", "app"], enable_loader_override=False):
    from fuzz.entrances import ENTRANCES


def main(name: str, options: list[str]) -> None:
    logging.disable()
    entrance, seeds = ENTRANCES[name]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        files = [option for option in options if not option.startswith("-")]
        atheris.Setup([sys.argv[0], *options, *([] if files else [corpus])], entrance)
        atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(*ENTRANCES)
        sys.exit()
    if len(sys.argv) < 2 or sys.argv[1] not in ENTRANCES:
        sys.exit(f"Name an entrance: {', '.join(ENTRANCES)}.")
    main(sys.argv[1], sys.argv[2:])
