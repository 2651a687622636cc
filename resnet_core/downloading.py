"""One question to a server: the rest of a file, appended to what came before."""

import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path

CHUNK = 2**18
STALLS_AFTER = 20.0
"""Seconds without a byte after which a connection counts as broken."""
HEADERS = {"User-Agent": "resnet-explorer", "Accept-Encoding": "identity"}
ASK_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
"""Answers after which the same question may be answered otherwise."""


class BrokenError(Exception):
    """No connection, or one that ended too early. What came is kept."""


class StaleError(Exception):
    """What was kept is not the beginning of what the server has."""


class RefusedError(Exception):
    """The server will not give the file, however often it is asked."""


def append_rest(url: str, part: Path, most: int, tell: Callable[[int, int | None], object]) -> None:
    """Append to `part` what is missing of the file at an address, of `most` bytes at the most.

    `tell` is called with the bytes that are there and, where the server says so, of how many; what it raises ends
    the reading. Raises BrokenError, StaleError, RefusedError, and OSError for what concerns the disk.
    """
    start = part.stat().st_size if part.exists() else 0
    answer = _ask(url, start)
    if answer is None:
        return
    with answer:
        first, total = _extent(answer)
        if first not in (0, start):  # 0: it ignores what was asked for, and begins anew
            raise StaleError("it sends another part of the file than was asked for")
        if total is not None and total > most:
            raise RefusedError(f"it has {total:,} bytes there, and {most:,} would be too many")
        with part.open("r+b" if start else "wb") as file:
            file.seek(first)
            file.truncate()
            tell(first, total)
            while data := _read(answer):
                if file.tell() + len(data) > most:
                    raise RefusedError(f"it does not stop after {most:,} bytes")
                file.write(data)
                tell(file.tell(), total)
            done = file.tell()
    if total is not None and done < total:
        raise BrokenError("the connection ended too early")


def _ask(url: str, start: int) -> http.client.HTTPResponse | None:
    """The answer from a byte on; None where the server says that none is missing."""
    headers = HEADERS | ({"Range": f"bytes={start}-"} if start else {})
    try:
        answer: http.client.HTTPResponse | None = _web().open(
            urllib.request.Request(url, headers=headers), timeout=STALLS_AFTER
        )
    except urllib.error.HTTPError as refused:
        refused.close()
        if refused.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and start:
            if refused.headers.get("Content-Range") == f"bytes */{start}":
                return None
            raise StaleError("it has fewer bytes than came before") from refused
        kind = BrokenError if refused.code in ASK_AGAIN else RefusedError
        raise kind(f"{refused.code} {refused.reason}") from refused
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise BrokenError(_words(error)) from error
    return answer


@cache
def _web() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS, with the proxies and redirections that there are; urllib's own would follow to FTP too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _read(answer: http.client.HTTPResponse) -> bytes:
    try:
        return answer.read1(CHUNK)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise BrokenError(_words(error)) from error


def _extent(answer: http.client.HTTPResponse) -> tuple[int, int | None]:
    """At which byte of the file an answer begins, and how many bytes the file has, where that is told."""
    if answer.status == HTTPStatus.PARTIAL_CONTENT:
        told = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", answer.headers.get("Content-Range", ""))
        return (int(told[1]), None if told[2] == "*" else int(told[2])) if told else (-1, None)
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"\d{1,15}", length) else None


def _words(error: BaseException) -> str:
    """The cause as a sentence quotes it."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no byte came for {STALLS_AFTER:g} s"
    return " ".join(str(getattr(cause, "strerror", None) or cause or type(cause).__name__).split())
