"""Nested calls as lines of Python: on one line where they fit, else an argument a line."""

from collections.abc import Iterator
from dataclasses import dataclass

WIDEST = 110


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose arguments may be calls; `loop` is what follows its only argument in a comprehension."""

    head: str
    arguments: "tuple[Code, ...]"
    loop: str = ""


Code = str | Call


def flat(code: Code) -> str:
    """All of it on one line."""
    if isinstance(code, str):
        return code
    inside = ", ".join(map(flat, code.arguments))
    return f"{code.head}({inside}{f' {code.loop}' if code.loop else ''})"


def laid(code: Code, indent: int, before: str = "", after: str = "") -> Iterator[str]:
    """`before`, the code and `after`, as lines from that indent on."""
    space = " " * indent
    whole = f"{space}{before}{flat(code)}{after}"
    if isinstance(code, str) or len(whole) <= WIDEST:
        yield whole
        return
    yield f"{space}{before}{code.head}("
    for argument in code.arguments:
        yield from laid(argument, indent + 4, after="" if code.loop else ",")
    if code.loop:
        yield f"{space}    {code.loop}"
    yield f"{space}){after}"
