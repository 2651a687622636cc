"""Names and shapes of a state_dict, from a list or from the header of a safetensors file. Nothing is executed."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from .refusal import Refusal
from .rows import Analysis, Row

Shapes = Mapping[str, tuple[int, ...] | None]
"""Shapes by name; None where only the name is known."""
HEADER_SIZE = 8
MOST_HEADER = 100 * 2**20  # what the format allows
MOST_NAMES = 100_000
MOST_TEXT = 10 * 2**20
_PREFIXES = re.compile(r"^(?:module\.|_orig_mod\.|model\.)+")
_LINE = re.compile(r"[\"']?([A-Za-z_][\w.]*)[\"']?\s*[:=,\t ]*\s*(?:torch\.Size\()?(?:[\[(]([\d,\s]*)[\])])?\)?,?\s*$")


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
    if len(data) > HEADER_SIZE and data[HEADER_SIZE : HEADER_SIZE + 1] == b"{":
        return _plain(_header(data))
    if len(data) > MOST_TEXT:
        raise KeysError(f"A list of {len(data):,} bytes is too long: give the names and shapes alone, one a line.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise KeysError("This is neither safetensors nor text: give a .safetensors file or a list of names.") from error
    return _plain(_json(text) if text.lstrip().startswith("{") else _lines(text))


def read_keys_of(path: Path) -> dict[str, tuple[int, ...] | None]:
    """As `read_keys`, of a file: no more of it is read than the header. Raises KeysError."""
    try:
        with path.open("rb") as file:
            data = file.read(HEADER_SIZE + 1)
            if data[HEADER_SIZE:] == b"{":
                data += file.read(min(int.from_bytes(data[:HEADER_SIZE], "little"), MOST_HEADER) - 1)
            else:
                data += file.read(MOST_TEXT)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or error
        raise KeysError(f"{path} cannot be read ({cause}): name a .safetensors file or a list of names.") from error
    return read_keys(data)


def _header(data: bytes) -> dict[str, tuple[int, ...] | None]:
    length = int.from_bytes(data[:HEADER_SIZE], "little")
    header = data[HEADER_SIZE : HEADER_SIZE + length]
    if length > MOST_HEADER or len(header) < length:
        raise KeysError(
            f"The safetensors header claims {length:,} bytes and {len(header):,} are there: get the file again."
        )
    found = _json(header.decode("utf-8", "replace"))
    found.pop("__metadata__", None)
    return found


def _json(text: str) -> dict[str, tuple[int, ...] | None]:
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KeysError("The header or list is no JSON that can be read: get the file again.") from error
    if not isinstance(entries, dict):
        raise KeysError("The list is no table of names: give {name: shape, …}, or one name a line.")
    return {str(name): _shape(entry) for name, entry in entries.items() if name != "__metadata__"}


def _shape(entry: object) -> tuple[int, ...] | None:
    sides = entry.get("shape") if isinstance(entry, dict) else entry
    if not isinstance(sides, list) or not all(isinstance(side, int) and side >= 0 for side in sides):
        return None
    return tuple(sides)


def _lines(text: str) -> dict[str, tuple[int, ...] | None]:
    found: dict[str, tuple[int, ...] | None] = {}
    for number, line in enumerate(filter(str.strip, text.splitlines()), start=1):
        match = _LINE.match(line.strip())
        if match is None or number > MOST_NAMES:
            raise KeysError(
                f"Line {number} of the list is no name of a tensor: write each like conv1.weight [64, 3, 7, 7]."
            )
        sides = match[2]
        found[match[1]] = None if sides is None else tuple(int(side[:9]) for side in re.findall(r"\d+", sides))
    return found


def _plain(shapes: dict[str, tuple[int, ...] | None]) -> dict[str, tuple[int, ...] | None]:
    """Without what wrappers put before every name."""
    if not shapes:
        raise KeysError("There are no names in it: give the names and shapes of a state_dict.")
    return {_PREFIXES.sub("", name): shape for name, shape in shapes.items()}


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
