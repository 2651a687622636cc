"""The log of the server: a line an event on standard error, readable, or JSON where RESNET_EXPLORER_LOG is "json".

Each line names the request in whose course it was written. No text from outside can begin a line of its own or reach
the terminal as a control character, and what the environment calls a secret is blotted out.
"""

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO

from resnet_core.request_id import current

FORM, LEVEL = "RESNET_EXPLORER_LOG", "RESNET_EXPLORER_LOG_LEVEL"
OURS = ("resnet_core", "app")
THEIRS = ("streamlit", "uvicorn", "websockets")
"""Who else writes on this process's standard error, with handlers of its own."""
GRAVE = ("uvicorn.error", "websockets", "asyncio", "streamlit.error_util")
"""Of others, those that quote what went wrong, in a form of their own, or by Python's last resort."""
OF_STRANGERS = "streamlit.web.server.starlette.starlette_websocket"
"""Which warns of messages that are none, with a traceback of its own reading."""
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
FIELDS = "fields"
"""The name of what a line knows beside its message, in `extra`: numbers and words, by name."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_SECRET = re.compile(r"(?:TOKEN|SECRET|PASSWORD|PASSWD|APIKEY|(?:^|_)KEY)$")
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+@")
BLOT = "•••"
SHORTEST_SECRET = 8
"""Letters; anything shorter, such as "true", would blot out half of every line."""


class Blotter:
    """Takes secrets out of text: the values of settings that are called so, each of their lines, and the user of an
    address."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        called_so = [value for name, value in environment.items() if _SECRET.search(name.upper())]
        lines = {line for value in called_so for line in value.splitlines() if len(line) >= SHORTEST_SECRET}
        self._secrets = sorted(lines, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, BLOT)
        return _IN_ADDRESS.sub(f"{BLOT}@", text)


def plain(text: str) -> str:
    """Text without control characters, nor those that turn the direction of writing: a line break reads "\\x0a"."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


class Readable(logging.Formatter):
    """When, how grave, from where, the request, the message; what a line knows beside it; a traceback, indented."""

    def __init__(self, blot: Blotter) -> None:
        super().__init__()
        self._blot = blot

    def format(self, record: logging.LogRecord) -> str:
        known = " ".join(f"{name}={value}" for name, value in _fields(record).items())
        said = [record.levelname.lower(), record.name, _request(record), record.getMessage(), known]
        lines = [" ".join(plain(part) for part in said if part), *_traceback(self, record)]
        return self._blot(f"{_time(record)} " + "\n    ".join(lines))


class Structured(logging.Formatter):
    """One JSON object a line, in ASCII: `time`, `level`, `logger`, `message`, `request`, and what the line knows."""

    def __init__(self, blot: Blotter) -> None:
        super().__init__()
        self._blot = blot

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := _request(record):
            line["request"] = request
        if lines := _traceback(self, record):
            line["error"] = "\n".join(lines)
        for name, value in _fields(record).items():
            line.setdefault(name, value if isinstance(value, int | float) else str(value))
        return json.dumps(
            {name: self._blot(value) if isinstance(value, str) else value for name, value in line.items()}
        )


def set_up(environment: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> None:
    """Have our loggers write to standard error, as the settings say; in JSON Streamlit's and uvicorn's too.

    What the server itself fails at is written in our form always, yet nothing less than a warning: uvicorn's "info" is
    the address of each WebSocket and what it asks. A setting that is none is told, and the usual one taken: a typing
    error must not keep a server from starting.
    """
    structured = environment.get(FORM, "").lower() == "json"
    blot = Blotter(environment)
    formatter = Structured(blot) if structured else Readable(blot)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    usual = "info" if structured else "warning"
    level = environment.get(LEVEL, usual).lower()
    own = LEVELS.get(level, LEVELS[usual])
    for name, least in (dict.fromkeys(OURS, own) | dict.fromkeys(GRAVE, logging.WARNING)).items():
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(least)
        logger.propagate = False
    logging.getLogger(OF_STRANGERS).addFilter(_brief)
    threading.excepthook = _thread_died
    if structured:
        _restyle(formatter)
    for setting, offered in ((FORM, ("", "text", "json")), (LEVEL, ("", *LEVELS))):
        if environment.get(setting, "").lower() not in offered:
            words = " or ".join(filter(None, offered))
            logging.getLogger(__name__).warning("%s is not one of %s: the usual one is taken.", setting, words)


def _brief(record: logging.LogRecord) -> bool:
    """A warning without its traceback."""
    if record.levelno <= logging.WARNING:
        record.exc_info = None
    return True


def _thread_died(died: threading.ExceptHookArgs) -> None:
    if died.exc_type is not SystemExit and died.exc_value:
        name = died.thread.name if died.thread else "unnamed"
        logging.getLogger(__name__).error("The thread %s died.", name, exc_info=died.exc_value)


def _restyle(formatter: logging.Formatter) -> None:
    """Have the loggers of others write in this form too, those that exist by now."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in THEIRS:
            for handler in logging.getLogger(name).handlers:
                handler.setFormatter(formatter)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _request(record: logging.LogRecord) -> str:
    """Of a line that says so itself, else of where it is written: a handler writes in the thread that logs."""
    return str(_fields(record).get("request", "")) or current()


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return getattr(record, FIELDS, {})


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    if not record.exc_info:
        return []
    return [plain(line) for line in formatter.formatException(record.exc_info).split("\n")]
