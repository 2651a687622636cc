"""A request and its answer as messages of wire.py, read by whoever does not trust the other side."""

import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .backend import Answer, Request, fingerprint
from .cards import WeightsError
from .codec import parse
from .counts import BYTES
from .demand import check
from .operation import Operation
from .refusal import Refusal
from .tensors import tensor
from .weights import cards_for
from .wire import MOST_HEADER, MOST_SAID, WireError, pack, unpack

if TYPE_CHECKING:
    from .cards import Card
    from .spec import ArchSpec

MOST_NOTES = 8
LONGEST = 1e9
"""Milliseconds that a network may have taken."""
MOST_NAMES = 10_000
"""Tensors that one request may bring along."""


class NotHereError(WeightsError):
    """Weights that whoever asks has, and whoever is asked has not."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A request as it arrives: its own number, and how many seconds whoever asks will wait."""

    id: str
    patience: float
    request: Request


def request_message(request: Request, id: str, patience: float) -> bytes:
    """A request, to be sent. Weights are named by their checksum, so that nobody answers with others."""
    words = {
        "id": id,
        "patience": patience,
        "net": str(request.spec),
        "weights": request.card.sha256,
        "taps": list(request.taps),
        "cams": list(request.cams),
        "target": request.target,
        "exact": request.exact,
        "operation": request.operation and asdict(request.operation),
        "picture": fingerprint(request.array),
    }
    return pack(words, {"array": request.array})


def read_request(message: bytes) -> Asked:
    """What is asked. Raises WireError for what is no request, NotHereError where its weights are not here, EngineError
    for what cannot be run."""
    words, tensors = unpack(message)
    try:
        id, patience, picture = _word(words, "id"), float(words["patience"]), _word(words, "picture")
        spec, weights = parse(_word(words, "net")), _word(words, "weights")
        taps, cams = _names(words, "taps"), _names(words, "cams")
        target, exact, operation = words["target"], words["exact"], _operation(words["operation"])
        array = tensors["array"]
    except (KeyError, ValueError, TypeError, OverflowError, Refusal) as error:
        raise WireError("What came is no request of this version.") from error
    whole = type(target) in (int, type(None)) and type(exact) is bool and patience > 0 and math.isfinite(patience)
    if not whole or array.shape != (spec.channels, *spec.size) or fingerprint(array) != picture:
        raise WireError("What came is no request of this version: its picture is not of the network's size.")
    request = Request(_card(spec, weights), spec, array, taps, cams, target, exact, operation)
    check(request)
    return Asked(id, patience, request)


def answer_message(asked: Asked, answer: Answer) -> bytes:
    """What is answered, with the number, the weights and the picture that it is of."""
    words = {
        "id": asked.id,
        "net": str(asked.request.spec),
        "weights": asked.request.card.sha256,
        "picture": answer.picture,
        "milliseconds": answer.milliseconds,
        "device": answer.device,
        "together": answer.together,
        "notes": list(answer.notes),
    }
    taps = {f"tap {name}": tap for name, tap in answer.taps.items()}
    cams = {f"cam {name}": cam for name, cam in answer.cams.items()}
    return pack(words, {"logits": answer.logits, **taps, **cams})


def read_answer(message: bytes, request: Request, id: str) -> Answer:
    """The answer to a request. Raises WireError where it is to another one, or not all that was asked for."""
    words, tensors = unpack(message)
    expected = {
        "id": id,
        "net": str(request.spec),
        "weights": request.card.sha256,
        "picture": fingerprint(request.array),
    }
    if any(words.get(name) != value for name, value in expected.items()):
        raise WireError("What came answers another request.")
    if {name: found.shape for name, found in tensors.items()} != _shapes(request):
        raise WireError("What came is not what was asked for.")
    if not all(map(math.isfinite, tensors["logits"].tolist())):
        raise WireError("What came is no number.")
    milliseconds, together, notes = words.get("milliseconds"), words.get("together"), words.get("notes")
    if not isinstance(milliseconds, int | float) or not 0 <= milliseconds < LONGEST:
        raise WireError("What came says nothing of its time.")
    if not isinstance(together, int) or together < 1:
        raise WireError("What came says nothing of its batch.")
    if not isinstance(notes, list) or len(notes) > MOST_NOTES:
        raise WireError("What came has notes that are none.")
    return Answer(
        logits=tensors["logits"],
        milliseconds=float(milliseconds),
        device=said(words.get("device")),
        together=together,
        taps={name: tensors[f"tap {name}"] for name in request.taps},
        cams={name: tensors[f"cam {name}"] for name in request.cams},
        notes=tuple(map(said, notes)),
        picture=expected["picture"],
    )


def answer_bytes(request: Request) -> int:
    """The most that an answer may take on the wire."""
    return BYTES * sum(map(math.prod, _shapes(request).values())) + MOST_HEADER


def said(words: object) -> str:
    """A sentence from elsewhere, fit to be shown. Raises WireError for what is none."""
    if not isinstance(words, str) or not 0 < len(words) <= MOST_SAID or not words.isprintable():
        raise WireError("What came says nothing that could be shown.")
    return words


def _shapes(request: Request) -> dict[str, tuple[int, ...]]:
    """Of everything that an answer brings, by its name on the wire."""
    spec = request.spec
    taps = {f"tap {name}": tuple(tensor(spec, name).shape) for name in request.taps}
    cams = {f"cam {name}": tuple(tensor(spec, name).shape)[1:] for name in request.cams}
    return {"logits": (spec.classes,), **taps, **cams}


def _card(spec: "ArchSpec", sha256: str) -> "Card":
    """The card of weights by their checksum, found once, for as long as its file stays."""
    if not _found(spec, sha256).file.exists():
        _found.cache_clear()
    return _found(spec, sha256)


@lru_cache(maxsize=256)
def _found(spec: "ArchSpec", sha256: str) -> "Card":
    for card in cards_for(spec):
        if card.sha256 == sha256:
            return card
    raise NotHereError(
        f"These weights of {spec} are not here: give the backend the folder that the app has, with "
        "RESNET_EXPLORER_WEIGHTS."
    )


def _word(words: dict[str, Any], name: str) -> str:
    word = words[name]
    if not isinstance(word, str):
        raise TypeError(name)
    word.encode()  # half a surrogate pair, which JSON can say, could not travel back
    return word


def _operation(words: dict[str, Any] | None) -> Operation | None:
    if words is None:
        return None
    weight = float(words["weight"])
    if not math.isfinite(weight):
        raise ValueError("weight")
    return Operation(_names(words, "without"), _names(words, "order"), weight)


def _names(words: dict[str, Any], name: str) -> tuple[str, ...]:
    names = words[name]
    if not isinstance(names, list) or len(names) > MOST_NAMES or not all(isinstance(one, str) for one in names):
        raise TypeError(name)
    return tuple(names)
