"""A picture and a network's answer: decoded, prepared, asked, and the likeliest classes named."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .backend import Answer, InferenceBackend, Request, Ticket, check_numbers
from .cards import Card
from .pictures import Picture, decode
from .preprocessing import prepare
from .spec import ArchSpec
from .weights import require_card

if TYPE_CHECKING:
    import numpy as np

    from .operation import Operation

TOP = 5
PATIENCE = 60.0
"""Seconds that a picture waits for its turn and its answer."""
BETWEEN = 0.15
"""Seconds from one look at the queue to the next."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A class and how likely the network finds it, 0 to 1."""

    label: str
    probability: float


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """What each step took: bytes to pixels, pixels to input, input to logits."""

    decode: float
    preprocess: float
    forward: float


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The likeliest classes first. `pixels` are the very ones that the network saw, as 8-bit RGB rows; `answer` is
    what the backend gave, with the features that were asked for."""

    top: tuple[Guess, ...]
    milliseconds: Milliseconds
    device: str
    pixels: "np.ndarray[Any, np.dtype[np.uint8]]"
    card: Card
    spec: ArchSpec
    answer: Answer
    notes: tuple[str, ...]


def predict(
    backend: InferenceBackend,
    picture: Picture | bytes,
    spec: ArchSpec,
    *,
    card: Card | None = None,
    taps: tuple[str, ...] = (),
    cams: tuple[str, ...] = (),
    target: int | None = None,
    exact: bool = True,
    operation: "Operation | None" = None,
    patience: float = PATIENCE,
    waiting: Callable[[int], object] | None = None,
) -> Prediction:
    """What a network sees in a picture; with `card` those weights, else the ones that `require_card` names.

    In float32 unless not `exact`, so that what is shown and what explains it are one answer. With an `operation`, of
    the network to which that was done.

    `waiting` is called several times a second with the number of requests that come first, and with 0 at the end;
    where it raises, the place in the queue is given up.

    Raises PictureError, WeightsError (NoWeightsError where nobody trained the network) or EngineError.
    """
    card = card or require_card(spec)
    if isinstance(picture, bytes):
        picture = decode(picture)
    start = time.perf_counter()
    prepared = prepare(picture, card.preprocessing.at(spec.size))
    preprocess = (time.perf_counter() - start) * 1e3
    ticket = backend.submit(Request(card, spec, prepared.array, taps, cams, target, exact, operation))
    answer = _awaited(ticket, patience, waiting)
    return Prediction(
        top(answer.logits, card, done=operation),
        Milliseconds(picture.milliseconds, preprocess, answer.milliseconds),
        answer.device,
        prepared.pixels,
        card,
        spec,
        answer,
        picture.notes + answer.notes + _size_note(card, spec),
    )


def _awaited(ticket: Ticket, patience: float, waiting: Callable[[int], object] | None) -> Answer:
    end = time.monotonic() + patience
    try:
        while waiting:
            waiting(ticket.place())
            if ticket.wait(min(BETWEEN, end - time.monotonic())) or time.monotonic() > end:
                waiting(0)
                break
        return ticket.result(max(0, end - time.monotonic()))
    except BaseException:
        ticket.leave()
        raise


def top(
    logits: "np.ndarray[Any, np.dtype[np.float32]]",
    card: Card,
    temperature: float = 1.0,
    most: int = TOP,
    done: "Operation | None" = None,
) -> tuple[Guess, ...]:
    """The likeliest classes, by `probabilities`. Raises EngineError where logits are no numbers, which what was `done`
    to the network may have led to."""
    import numpy as np

    check_numbers(logits, card, done)
    shares = probabilities(logits, temperature)
    order = np.argsort(-shares, kind="stable")[:most]
    return tuple(Guess(card.classes[index], float(shares[index])) for index in order)


def probabilities(
    logits: "np.ndarray[Any, np.dtype[np.float32]]", temperature: float = 1.0
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Softmax of the logits over a temperature. Guo 2017, arXiv:1706.04599, section 4.2."""
    import numpy as np

    scaled = logits.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max())
    return np.asarray(shares / shares.sum())


def _size_note(card: Card, spec: ArchSpec) -> tuple[str, ...]:
    if spec.size == card.spec.size:
        return ()
    trained, asked = ("×".join(map(str, size)) for size in (card.spec.size, spec.size))
    return (f"The network was trained on pictures of {trained} pixels: how well it does on {asked} was not measured.",)
