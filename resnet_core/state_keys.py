"""Names and shapes of a state_dict, from a list or from the header of a safetensors file. Nothing is executed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from .refusal import Refusal
from .rows import Analysis, Row
from .tensor_names import current_name

Shapes = Mapping[str, tuple[int, ...] | None]
"""Shapes by name; None where only the name is known."""
HEADER_SIZE = 8
MOST_BYTES = 10 * 2**20  # of a header or a list: the longest of ours has a tenth of it
MOST_NAMES = 50_000
MOST_LETTERS = 400  # of a line of a list
DTYPES = (
    *("BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"),
    *("I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64"),
)
"""What safetensors 0.8 has numbers in."""
_PREFIXES = re.compile(r"^(?:module\.|_orig_mod\.|model\.)+")
# What a stranger wrote is matched by these: no two repetitions in them can share a character, so the time is linear.
_NAME = re.compile(r"[\"']?([A-Za-z_][\w.]*)[\"']?")
_SIDES = re.compile(r"(?:torch\.Size\()?[\[(]([\d,\s]*)[\])]\)?")
_BETWEEN = " \t:=,"


class KeysError(Refusal):
    """Names that cannot be read. The message is one sentence that says what to do."""


def read_keys(data: bytes) -> dict[str, tuple[int, ...] | None]:
    """Names and shapes from the beginning of a safetensors file, or from a list, one name a line or as JSON.

    `data` may end after the header. Raises KeysError for what is neither; a pickle is refused unopened.
    """
    if not data.strip():
        raise KeysError("There is nothing in it: give a .safetensors file, or a list of names, one a line.")
    if data[:2] in (b"PK", b"\x1f\x8b") or (data[:1] == b"\x80" and data[1:2] in b"\x00\x01\x02\x03\x04\x05"):
        raise KeysError(
            "This is a pickle or an archive, which may run code when it is opened, so it was not: save the state_dict "
            "as safetensors, or give its names as text."
        )
    if _is_safetensors(data):
        return _plain(_header(data))
    if len(data) > MOST_BYTES:
        raise KeysError(f"A list of over {MOST_BYTES:,} bytes is too long: give the names and shapes alone.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KeysError("This is neither safetensors nor text: give a .safetensors file or a list of names.") from error
    return _plain(_json(text) if text.lstrip().startswith(("{", "[")) else _lines(text))


def read_keys_of(path: Path) -> dict[str, tuple[int, ...] | None]:
    """As `read_keys`, of a file: no more of it is read than the header. Raises KeysError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise KeysError(f"{path} cannot be read ({cause}): name a .safetensors file or a list of names.") from error
    return read_keys(data)


def _header(data: bytes) -> dict[str, tuple[int, ...] | None]:
    length = int.from_bytes(data[:HEADER_SIZE], "little")
    header = data[HEADER_SIZE : HEADER_SIZE + length]
    if len(header) < length:
        raise KeysError(
            f"The safetensors header claims {length:,} bytes, and is cut off or beyond the {MOST_BYTES:,} that are "
            "read: get the file again, or give its names as text."
        )
    return _json(header.decode("utf-8", "replace"))


def _is_safetensors(data: bytes) -> bool:
    """Whether it begins with a length and a table; a length of printable letters would be that of an exabyte."""
    return data[HEADER_SIZE : HEADER_SIZE + 1] == b"{" and not ord(" ") <= data[HEADER_SIZE - 1] <= ord("~")


def _json(text: str) -> dict[str, tuple[int, ...] | None]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KeysError("The header or list is no JSON that can be read: get the file again.") from error
    if isinstance(entries, list) and all(isinstance(name, str) for name in entries):
        return dict.fromkeys(entries)
    if not isinstance(entries, dict):
        raise KeysError("The list is no table of names: give {name: shape, …}, or one name a line.")
    return {name: _shape(entry) for name, entry in entries.items() if name != "__metadata__"}


def _shape(entry: object) -> tuple[int, ...] | None:
    if isinstance(entry, dict) and entry.get("dtype", "F32") not in DTYPES:
        raise KeysError("The header or list has a dtype that safetensors has not: write each like F32.")
    sides = entry.get("shape") if isinstance(entry, dict) else entry
    if entry is None:
        return None
    if not isinstance(sides, list) or not all(type(side) is int and side >= 0 for side in sides):
        raise KeysError("The header or list has a shape that is none: write each like [64, 3, 7, 7].")
    return tuple(sides)


def _lines(text: str) -> dict[str, tuple[int, ...] | None]:
    found: dict[str, tuple[int, ...] | None] = {}
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        line = line.strip()
        name = _NAME.match(line[:MOST_LETTERS])
        rest = line[name.end() :].strip(_BETWEEN) if name else line
        sides = _SIDES.fullmatch(rest[:MOST_LETTERS])
        if name is None or len(line) > MOST_LETTERS or (rest and sides is None):
            raise KeysError(
                f"Line {number} of the list is no name of a tensor: write each like conv1.weight [64, 3, 7, 7]."
            )
        found[name[1]] = tuple(int(side[:9]) for side in re.findall(r"\d+", sides[1])) if sides else None
        if number > MOST_NAMES:  # the rest need not be read: `_plain` refuses it
            break
    return found


def _plain(shapes: dict[str, tuple[int, ...] | None]) -> dict[str, tuple[int, ...] | None]:
    """By today's names, without what wrappers put before every one."""
    if not shapes:
        raise KeysError("There are no names in it: give the names and shapes of a state_dict.")
    if len(shapes) > MOST_NAMES:
        raise KeysError(f"No network known here has over {MOST_NAMES:,} tensors: give the names of one state_dict.")
    for name in shapes:
        if len(name) > MOST_LETTERS or not name.isprintable():  # which would be shown in pages and terminals
            raise KeysError(f"A name of {len(name):,} letters is not that of a tensor: write each like conv1.weight.")
    return {current_name(_PREFIXES.sub("", name)): shape for name, shape in shapes.items()}


def expected_keys(analysis: Analysis) -> dict[str, tuple[int, ...]]:
    """The state_dict that a network has: names and shapes, from its rows alone."""
    return {name: shape for row in analysis.rows for name, shape in _of(row)}


Entries = list[tuple[str, tuple[int, ...]]]


def _of(row: Row) -> Entries:
    c_in, c_out = row.in_shape[0], row.out_shape[0]
    if row.kind == "conv":
        kernel = row.kernel or 1
        found: Entries = [(f"{row.name}.weight", (c_out, c_in // (row.groups or 1), kernel, kernel))]
        return [*found, (f"{row.name}.bias", (c_out,))] if row.biases else found
    if row.kind == "linear":
        return [(f"{row.name}.weight", (c_out, c_in)), (f"{row.name}.bias", (c_out,))]
    if row.kind == "bn":
        per_channel = ("weight", "bias", "running_mean", "running_var")
        return [*((f"{row.name}.{name}", (c_out,)) for name in per_channel), (f"{row.name}.num_batches_tracked", ())]
    if row.kind == "rbf":
        return [(f"{row.name}.codes", (c_out, c_in))]
    return []
