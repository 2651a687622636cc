"""The messages of live video, over whatever carries text and bytes both ways (app/live.py: a WebSocket).

    to here, text      {"settings": 3, "net": "cifar-resnet-20", "paint": "cam", "tensor": "layer3.2",
                        "channel": 0}; `net` alone must be there
    to here, bytes     the frame's number, four bytes, the highest first, then a JPEG
    from here, text    {"kind": "ready", "settings": 3, "net": …, "device": …, "classes": …}
                       {"kind": "answer", "settings": 3, "frame": 7, "top": [["cat", 0.62], …],
                        "milliseconds": {"decode": …, "preprocess": …, "wait": …, "forward": …, "total": …},
                        "seen": [left, top, width, height] in shares of the frame,
                        "map": null or {"height": …, "width": …, "low": …, "high": …, "values": base64 of bytes}}
                       {"kind": "dropped", "frame": 8, "said": …}: too many at a time; send the next one later
                       {"kind": "refused", "frame": 9 or null, "said": …}: a sentence for the viewer

Every message gets one message back, in whatever order they are done. What was refused does not end the connection.
"""

import json
from base64 import b64encode
from dataclasses import asdict, dataclass
from typing import Any

from .codec import parse
from .frames import Part
from .painting import PAINTS, Paint, Painted
from .prediction import Guess
from .refusal import Refusal
from .spec import ArchSpec

MOST_SETTINGS_LETTERS = 2_000
LARGEST_NUMBER = 2**32 - 1


class SettingsError(Refusal):
    """A message that does not say what to show."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a viewer wants to see. `number` is the viewer's own, to tell answers to old settings from new ones."""

    number: int
    spec: ArchSpec
    paint: Paint = "none"
    tensor: str = ""
    channel: int = 0


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """Where the time of a frame went on this side: `wait` for other pictures, `total` from message to reply."""

    decode: float
    preprocess: float
    wait: float
    forward: float
    total: float


@dataclass(frozen=True, slots=True)
class Ready:
    """Settings that were taken; `device` and the number of `classes` to show beside the answers."""

    settings: int
    net: str
    device: str
    classes: int


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What the network says of a frame."""

    settings: int
    frame: int
    top: tuple[Guess, ...]
    milliseconds: Milliseconds
    seen: Part
    map: Painted | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """A frame that was let go, for too many came at a time."""

    frame: int
    said: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A message that cannot be answered; `frame` where it was one."""

    frame: int | None
    said: str


Reply = Ready | Answered | Dropped | Refused


def read_settings(text: str) -> Settings:
    """The settings in a text message. Raises SettingsError, or SpecError for a net that there is not."""
    if len(text) > MOST_SETTINGS_LETTERS:
        raise SettingsError(f"The settings are longer than {MOST_SETTINGS_LETTERS:,} letters: send them shorter.")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError("The settings are no JSON: send an object with at least a net.") from error
    if not isinstance(given, dict) or not isinstance(given.get("net"), str):
        raise SettingsError("The settings name no net: send an object with at least a net.")
    paint = given.get("paint", "none")
    if paint not in PAINTS:
        raise SettingsError(f"Only {', '.join(PAINTS)} can be painted: choose one of them.")
    tensor = given.get("tensor", "")
    if not isinstance(tensor, str) or (paint != "none" and not tensor):
        raise SettingsError("The settings name no tensor to paint: send one, such as layer3.2.")
    return Settings(
        _whole(given, "settings"),
        parse(given["net"]),
        paint,
        tensor,
        _whole(given, "channel"),
    )


def _whole(given: dict[str, Any], key: str) -> int:
    number = given.get(key, 0)
    if type(number) is not int or not 0 <= number <= LARGEST_NUMBER:
        raise SettingsError(f"{key} must be a whole number from 0 on.")
    return number


_KINDS = {Ready: "ready", Dropped: "dropped", Refused: "refused"}


def document(reply: Reply) -> dict[str, Any]:
    """A reply as JSON has it."""
    if not isinstance(reply, Answered):
        return {"kind": _KINDS[type(reply)], **asdict(reply)}
    return {
        "kind": "answer",
        "settings": reply.settings,
        "frame": reply.frame,
        "top": [[guess.label, guess.probability] for guess in reply.top],
        "milliseconds": asdict(reply.milliseconds),
        "seen": list(reply.seen),
        "map": reply.map and _map(reply.map),
    }


def _map(painted: Painted) -> dict[str, Any]:
    height, width = painted.values.shape
    values = b64encode(painted.values.tobytes()).decode("ascii")
    return {"height": height, "width": width, "low": painted.low, "high": painted.high, "values": values}
