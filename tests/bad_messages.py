"""What may come to a backend's own entrance and is no request, or none that can be answered, and why it is refused."""

import json
import os
import pickle
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save

from resnet_core.wire import CONTENT_TYPE, PROTOCOL, Kind, _digest, pack, unpack

Tensor = np.ndarray[tuple[int, ...], np.dtype[np.float32]]


class Bad(NamedTuple):
    """Made of a message that is a request, and why it is refused."""

    made: Callable[[bytes], bytes]
    kind: Kind = "message"


def with_words(message: bytes, **changed: object) -> bytes:
    words, tensors = unpack(message)
    return pack({**words, **changed}, tensors)


def with_tensors(message: bytes, **changed: Tensor) -> bytes:
    words, tensors = unpack(message)
    return pack(words, {**tensors, **changed})


def damaged(message: bytes) -> bytes:
    """One bit of a number, otherwise whole."""
    return message[:-1] + bytes([message[-1] ^ 1])


def _forged(message: bytes, tensors: Mapping[str, np.ndarray] | None = None, **changed: object) -> bytes:
    """With words and tensors that `pack` would not write, and the right checksum."""
    words, own = unpack(message)
    lying = own if tensors is None else dict(tensors)
    return save(lying, {"message": json.dumps({**words, "content": _digest(lying), **changed})})


def _typed(kind: type) -> Bad:
    return Bad(lambda message: _forged(message, {"array": unpack(message)[1]["array"].astype(kind)}))


def _headed(header: bytes, rest: bytes = b"", length: int | None = None) -> bytes:
    return (len(header) if length is None else length).to_bytes(8, "little") + header + rest


def _declared(message: bytes, **said: object) -> bytes:
    """With a header that says something else of the picture than what follows."""
    length = int.from_bytes(message[:8], "little")
    header = json.loads(message[8 : 8 + length])
    header["array"] |= said
    return _headed(json.dumps(header).encode(), message[8 + length :])


def _changed(kind: Kind = "message", **changed: object) -> Bad:
    return Bad(lambda message: _forged(message, **changed), kind)


class _Mkdir:
    """Unpickled, it makes a folder."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(UNPICKLED),)


UNPICKLED = Path(tempfile.gettempdir()) / f"unpickled-{os.getpid()}"
"""There if somebody unpickled what came."""
MESSAGES: dict[str, Bad] = {
    "nothing": Bad(lambda message: b""),
    "a form": Bad(lambda message: b"net=resnet-50&taps=fc"),
    "noise": Bad(lambda message: np.random.default_rng(0).bytes(5000)),
    "a pickle": Bad(lambda message: pickle.dumps(_Mkdir())),
    "half a message": Bad(lambda message: message[: len(message) // 2]),
    "a byte too few": Bad(lambda message: message[:-1]),
    "a byte too many": Bad(lambda message: message + b"\0"),
    "a damaged number": Bad(damaged),
    "a header of nothing": Bad(lambda message: bytes(8)),
    "a header longer than the message": Bad(lambda message: _headed(message[8:], length=len(message))),
    "a header without end": Bad(lambda message: _headed(b"{}", length=2**64 - 1)),
    "a header that is no JSON": Bad(lambda message: _headed(b"\xff{")),
    "a deep header": Bad(lambda message: _headed(b"[" * 100_000)),
    "a header that says nothing": Bad(lambda message: save(unpack(message)[1])),
    "a picture of exabytes": Bad(lambda message: _declared(message, shape=[2**40, 2**20])),
    "a picture beyond counting": Bad(lambda message: _declared(message, shape=[2**63, 2**63])),
    "a picture behind the end": Bad(lambda message: _declared(message, data_offsets=[2**40, 2**40 + 12])),
    "a picture with a negative side": Bad(lambda message: _declared(message, shape=[-3, -32, 32])),
    "a kind of number that there is not": Bad(lambda message: _declared(message, dtype="F31")),
    "halves": _typed(np.float16),
    "doubles": _typed(np.float64),
    "whole numbers": _typed(np.int64),
    "no picture": Bad(lambda message: _forged(message, {})),
    "a picture of another size": Bad(
        lambda message: _forged(message, {"array": np.zeros((3, 8, 8), np.float32)}),
    ),
    "another picture than it says": _changed(picture="0" * 64),
    "another version": _changed(protocol=PROTOCOL + 1),
    "a version that is none": _changed(protocol=None),
    "a network that there is not": _changed(net="resnet-fifty"),
    "a network that is no text": _changed(net=7),
    "a network of markup": _changed(net="<script>alert(1)</script>"),
    "a network of a million blocks": _changed(net="resnet-50,depths=" + "9-" * 500_000),
    "a network of half a letter": _changed(net="\ud800"),
    "another network": _changed(net="resnet-50"),
    "a network without weights": _changed("weights", net="cifar-resnet-20,width=4"),
    "weights that there are not": _changed("weights", weights="0" * 64),
    "weights that are a path": _changed("weights", weights="../../etc/passwd"),
    "a tensor that there is not": _changed("engine", taps=["layer9"]),
    "a tensor of markup": _changed("engine", taps=["<b>conv1</b>\n\x1b[2J"]),
    "a tensor of half a letter": _changed("engine", taps=["\ud800"]),
    "a tensor with a long name": _changed("engine", taps=["x" * 100_000]),
    "a name for a list of names": _changed(taps="fc"),
    "a number for a name": _changed(taps=[1]),
    "more names than there may be": _changed(taps=["fc"] * 10_001),
    "a vector as a map": _changed("engine", cams=["fc"]),
    "a class that there is not": _changed("engine", target=10**6),
    "half a class": _changed(target=1.5),
    "a truth for a class": _changed(target=True),
    "a number for a truth": _changed(exact=1),
    "a number for an operation": _changed(operation=1),
    "an operation on a letter at a time": _changed(operation={"without": "layer1.0", "order": [], "weight": 1}),
    "an operation of no weight": _changed(operation={"without": [], "order": [], "weight": "nan"}),
    "an operation of a weight that is no number": _changed(
        operation={"without": [], "order": [], "weight": float("nan")}
    ),
    "an operation on blocks that there are not": _changed(
        "engine", operation={"without": ["layer9.9"], "order": [], "weight": 1.0}
    ),
    "an operation on a long name of markup": _changed(
        "engine", operation={"without": ["<b>\n\x1b[2J" + "x" * 100_000], "order": [], "weight": 1.0}
    ),
    "an order of blocks that there are not": _changed(
        "engine", operation={"without": [], "order": ["layer9.9", "\ud800"], "weight": 1.0}
    ),
    "no patience": _changed(patience=-1),
    "a patience of words": _changed(patience="long"),
    "a patience without end": _changed(patience=float("inf")),
    "a patience that is no number": _changed(patience=float("nan")),
    "a patience beyond counting": _changed(patience=10**400),
    "a number for an id": _changed(id=7),
    "an id of half a letter": _changed(id="\ud800"),
}


def spoken(message: bytes, token: str) -> dict[str, bytes]:
    """What is said to the entrance's socket and is no HTTP, or none that it takes."""
    usual = {
        "Host": "localhost",
        "Connection": "close",
        "Content-Type": CONTENT_TYPE,
        "X-Protocol": str(PROTOCOL),
        "Authorization": f"Bearer {token}",
        "Content-Length": str(len(message)),
    }

    def said(line: str = "POST /infer HTTP/1.1", body: bytes = message, **changed: str | None) -> bytes:
        headers = {**usual, **{name.replace("_", "-"): value for name, value in changed.items()}}
        lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    return {
        "a greeting in TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500) + b"\r\n\r\n",
        "a line of nonsense": b"GIVE ME\r\n\r\n",
        "another method": said("GET /infer HTTP/1.1", b"", Content_Length="0"),
        "another path": said("POST /../../etc/passwd HTTP/1.1"),
        "no length": said(body=b"", Content_Length=None),
        "a length that is too small": said(Content_Length="10"),
        "a length that is too large": said(Content_Length=str(len(message) + 1)),
        "a length beyond counting": said(Content_Length="9" * 40),
        "a length that is negative": said(Content_Length="-1"),
        "a length of words": said(Content_Length="long"),
        "two lengths": said(X="y\r\nContent-Length: 1"),
        "chunks that are none": said(body=b"ZZ\r\nxx\r\n", Content_Length=None, Transfer_Encoding="chunked"),
        "a chunk without end": said(body=b"f" * 20 + b"\r\n", Content_Length=None, Transfer_Encoding="chunked"),
        "another type": said(Content_Type="application/x-www-form-urlencoded"),
        "another protocol": said(X_Protocol=str(PROTOCOL + 1)),
        "a protocol of another script": said(X_Protocol="¹"),
        "another token": said(Authorization="Bearer \xff"),
        "no token": said(Authorization=None),
    }
