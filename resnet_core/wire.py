"""Messages between an app and the backend that answers it elsewhere. Nothing in them is executed.

A message is a safetensors file: float32 tensors by name, and as its metadata one JSON document of what is no tensor,
which also holds the checksum of the tensors.

    POST /infer          a message: `Asked`, with the tensor "array"; the header X-Request-ID is what the logs call it
    answer               frames, one after another: a letter, the length of what follows in four bytes, the highest
                         first, then as much. "P" {"place": 3}, several times a second, also as a sign of life; last
                         "A" and a message: the logits, what was tapped and Grad-CAM; or "R" {"kind": …, "said": …}
    what is not queued   a status of HTTP and {"kind": …, "said": …}
    GET /ready           {"protocol": 1, "device": …}
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

from .refusal import Refusal

if TYPE_CHECKING:
    from .backend import Array

PROTOCOL = 2
CONTENT_TYPE = "application/vnd.resnet-explorer"
"""No browser sends it to another origin without asking that one first."""
MOST_REQUEST = 64 * 2**20
MOST_ANSWER = 512 * 2**20
MOST_HEADER = 2 * 2**20
"""Bytes that a message's names, shapes and words take: the deepest network has 6,000 tensors."""
MOST_SAID = 600
"""Letters of a sentence that comes from elsewhere."""
PLACE, ANSWER, REFUSAL = b"P", b"A", b"R"
FRAME_HEADER = 5

Kind = Literal["busy", "engine", "weights", "failed", "protocol", "token", "message"]
"""Why there is no answer: too many wait; it cannot be run, and nowhere else either; the weights are not there; it
failed, there; other versions talk; who asks may not; what was sent is no such message."""
KINDS: tuple[Kind, ...] = get_args(Kind)


class WireError(Refusal):
    """What came is no message of this protocol."""


def pack(words: Mapping[str, Any], tensors: "Mapping[str, Array]") -> bytes:
    """Words and float32 tensors as one message."""
    import numpy as np
    from safetensors.numpy import save

    lying = {name: np.ascontiguousarray(tensor, np.float32) for name, tensor in tensors.items()}
    document = json.dumps({**words, "protocol": PROTOCOL, "content": _digest(lying)}, ensure_ascii=False)
    packed: bytes = save(lying, metadata={"message": document})
    return packed


def unpack(message: bytes) -> "tuple[dict[str, Any], dict[str, Array]]":
    """The words and the tensors of a message. Raises WireError where anything in it is otherwise than `pack` wrote."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        length = int.from_bytes(message[:8], "little")
        if length > MOST_HEADER:
            raise ValueError("too many words")
        words = json.loads(json.loads(message[8 : 8 + length])["__metadata__"]["message"])
        tensors: dict[str, Array] = load(message)
        if words["protocol"] != PROTOCOL or words["content"] != _digest(tensors):
            raise ValueError("another protocol, or tensors that were damaged")
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ImportError) as error:
        raise WireError("What came is no message of this version, or was damaged on its way.") from error
    if any(tensor.dtype != "float32" for tensor in tensors.values()):
        raise WireError("What came holds other numbers than float32.")
    return words, tensors


def frame(kind: bytes, payload: bytes) -> bytes:
    """One frame of an answer."""
    return kind + len(payload).to_bytes(FRAME_HEADER - 1, "big") + payload


def frame_header(header: bytes) -> tuple[bytes, int]:
    """The kind of a frame, and how many bytes follow. Raises WireError."""
    kind = header[:1]
    if len(header) != FRAME_HEADER or kind not in (PLACE, ANSWER, REFUSAL):
        raise WireError("What came is no frame of an answer.")
    return kind, int.from_bytes(header[1:], "big")


def words_of(payload: bytes) -> dict[str, Any]:
    """A JSON object. Raises WireError."""
    try:
        words = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise WireError("What came is no JSON.") from error
    if not isinstance(words, dict):
        raise WireError("What came is no JSON object.")
    return words


def refusal(kind: Kind, said: str) -> bytes:
    """Why there is no answer, as JSON."""
    return json.dumps({"kind": kind, "said": said, "protocol": PROTOCOL}, ensure_ascii=False).encode()


def _digest(tensors: "Mapping[str, Array]") -> str:
    """Of everything that the tensors hold, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].shape}".encode())
        digest.update(tensors[name].tobytes())
    return digest.hexdigest()
