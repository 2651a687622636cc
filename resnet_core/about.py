"""What runs here, in words that anybody may read: no path, no name of a machine, nothing of the environment."""

import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tomllib import loads

from . import frames, pictures, shares, turns, units
from .cards import Card
from .describe import title
from .observing import EngineState
from .spec import MOST_PIXELS
from .weights import cards

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
LIBRARIES = ("torch", "streamlit", "numpy", "pillow", "onnx", "safetensors")
"""Those whose versions decide what a network answers, or how a page looks."""
MIB = 2**20


@cache
def own_version() -> str:
    """The project's, as pyproject.toml has it."""
    told: str = loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    return told


def versions() -> dict[str, str]:
    """Names and versions, ours first; what is not installed is left out."""
    found = {"ResNet Explorer": own_version(), "Python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of something, in words, and what happens beyond it."""

    of: str
    most: str
    beyond: str


def limits(state: EngineState | None) -> tuple[Limit, ...]:
    """What may be asked of this server; those of the engine once there is one."""
    of_engine = (
        ()
        if state is None
        else (
            Limit(
                "Pictures that wait for this process",
                units.exact(state.most_waiting),
                "refused as busy, with nothing lost",
            ),
            Limit("Pictures in one forward pass", units.exact(state.most_together), "the others come next"),
            Limit("Loaded networks", units.memory(state.most_kept_bytes), "the one not used for longest is dropped"),
            Limit("Experiments at a time", units.exact(state.most_experiments), "refused as busy"),
        )
    )
    return (
        Limit("A picture's file", f"{pictures.MOST_BYTES // MIB} MB", "refused, with what to do"),
        Limit("Its pixels", units.count(pictures.MOST_PIXELS), "refused"),
        Limit("Those of a JPEG of one scan", units.count(pictures.MOST_JPEG_PIXELS), "refused"),
        Limit("A frame of live video", f"{frames.MOST_BYTES // MIB} MB", "refused; the video goes on"),
        Limit("Pictures of one person that wait", units.exact(shares.MOST_OF_ONE), "refused until one is answered"),
        Limit("Experiments of one person at a time", units.exact(turns.MOST_OF_ONE), "refused until one has ended"),
        Limit("The side of a network's input", units.pixels(MOST_PIXELS), "refused"),
        *of_engine,
    )


@dataclass(frozen=True, slots=True)
class Trained:
    """Weights that are here: the network's name and text, what they are called, and how many they have right."""

    title: str
    net: str
    weights: str
    right: str


def trained() -> tuple[Trained, ...]:
    """Everything that can answer a picture on this server, by the network's text."""
    return tuple(
        Trained(title(card.spec), str(card.spec), card.label or card.name, _right(card))
        for card in sorted(cards(), key=lambda card: (str(card.spec), card.label))
    )


def _right(card: Card) -> str:
    if not card.accuracy:
        return "not measured"
    first = card.accuracy[0]
    return f"{units.percent(first.share)} of {units.exact(first.images)} pictures of {first.test_set}"
