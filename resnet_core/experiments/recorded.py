"""Results that stay: read without torch, so that a page opens on a finished one, and written by `lab NAME --record`."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from .exact import EXACT, KEPT
from .lab import Lab, Result, Settings

FOLDER = Path(__file__).parents[2] / "assets" / "labs"


@lru_cache(maxsize=16)
def finished(lab: Lab) -> Result:
    """The result that a lab opens on, with its usual settings."""
    if make := EXACT.get(lab.name) or KEPT.get(lab.name):
        return make(lab.usual)
    return read(FOLDER / f"{lab.name}.json")


def at_once(lab: Lab, settings: Settings) -> Result | None:
    """The result with these settings, of a lab that is pure arithmetic; None of any other."""
    exact = EXACT.get(lab.name)
    return exact(settings) if exact else None


def read(file: Path) -> Result:
    """A result from its document."""
    found = json.loads(file.read_text(encoding="utf-8"))
    rows = tuple(map(tuple, found["rows"]))
    return Result(found["lab"], Settings(**found["settings"]), rows, caution=found.get("caution", ""))


def write(lab: Lab, result: Result, folder: Path = FOLDER) -> Path:
    """The file into which a finished result was put, a row a line."""
    file = folder / f"{lab.name}.json"
    head = {name: value for name, value in document(lab, result).items() if name != "rows"}
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in result.rows)
    text = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    file.write_text(f'{text},\n "rows": [\n{rows}\n ]\n}}\n', encoding="utf-8")
    return file


def document(lab: Lab, result: Result) -> dict[str, object]:
    """A result as plain data: the lab, the settings that it read, the names of the columns, the rows."""
    settings = {name: value for name, value in asdict(result.settings).items() if name in lab.takes}
    return {
        "lab": lab.name,
        "settings": settings,
        "done": result.done,
        **({"caution": result.caution} if result.caution else {}),
        "columns": [column.name for column in lab.columns],
        "rows": [list(row) for row in result.rows],
    }


def steps(lab: Lab, settings: Settings) -> Iterator[Result]:
    """What an experiment finds, step by step, the last step being the finished result. Raises Refusal."""
    if found := at_once(lab, settings):
        yield found
        return
    from .running import RUNS  # imports torch

    yield from RUNS[lab.name](settings)
