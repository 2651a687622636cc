"""What can be asked of a trained network, and of whom: a page does not know where the forward pass runs."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from .cards import Card
from .refusal import Refusal
from .request_id import current_or_fresh
from .spec import ArchSpec

if TYPE_CHECKING:
    import numpy as np

    from .operation import Operation

    Array = np.ndarray[Any, np.dtype[np.float32]]

NOTHING: Mapping[str, Any] = MappingProxyType({})


class EngineError(Refusal):
    """A forward pass that cannot be run here or now."""


class BusyError(EngineError):
    """As many requests wait as may: ask again later."""


class StoppingError(EngineError):
    """A backend that is going away and takes nothing more; another may."""


class LeftError(EngineError):
    """The caller left before its turn came."""


class FailedError(EngineError):
    """A forward pass that failed for a reason that nobody foresaw; the log has it, under the request's id."""


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """One prepared picture for one network.

    `array` is float32, channels × height × width, normalised, of the size of `spec`. `card` names the weights.
    `taps` are tensors to bring along: "layer1.0.conv1" is what that row of `layer_rows` puts out, joins included
    ("layer1.0.add"); "layer1.0" what the block puts out; "layer1.0.residual" and "layer1.0.shortcut" what its two
    paths bring to the addition. `cams` are maps at which Grad-CAM is wanted, by the same names, for the class
    `target`, or the likeliest. `exact`: in float32, rather than in the precision that is fastest here; with taps or
    cams it always is. `operation` is what is done to the network by hand before; then there is nothing to bring along,
    and it is exact. `id` is what the log calls it; it is that of the page, header or message which led to it.
    """

    card: Card
    spec: ArchSpec
    array: "Array"
    taps: tuple[str, ...] = ()
    cams: tuple[str, ...] = ()
    target: int | None = None
    exact: bool = False
    operation: "Operation | None" = None
    id: str = field(default_factory=current_or_fresh)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a forward pass gave. `logits`: classes. `taps`: float32, channels × height × width, or features. `cams`:
    height × width of the map, 0 and more, in units of the logit. `milliseconds` are those of the batch it ran in,
    `together` how many pictures that had; `notes` say what went otherwise than asked. `picture` is the `fingerprint`
    of the picture that it is of, made where the forward pass ran."""

    logits: "Array"
    milliseconds: float
    device: str
    together: int = 1
    taps: "Mapping[str, Array]" = field(default_factory=lambda: NOTHING)
    cams: "Mapping[str, Array]" = field(default_factory=lambda: NOTHING)
    notes: tuple[str, ...] = ()
    picture: str = ""


def fingerprint(array: "Array") -> str:
    """The sha256 of a prepared picture, its shape included."""
    import numpy as np

    return hashlib.sha256(f"{array.shape}".encode() + np.ascontiguousarray(array, "<f4").tobytes()).hexdigest()


def check_numbers(logits: "Array", card: Card, done: "Operation | None" = None) -> None:
    """Raises EngineError where logits are no numbers, which no other machine would mend; `done` is what was done to the
    network by hand."""
    import numpy as np

    if np.isfinite(logits).all():
        return
    if done and done.changes:
        raise EngineError(f"What {card.spec} answers, {done.words}, is no number: change less, or take other weights.")
    raise EngineError(f"What {card.spec} answers is no number: take other weights.")


class Ticket(Protocol):
    """A request in the queue."""

    def place(self) -> int:
        """How many requests come before this one; 0 from when it runs."""

    def leave(self) -> bool:
        """Give the place up. False where it is too late, for it runs or is done."""

    def done(self) -> bool:
        """Whether there is an answer, or a reason why there is none."""

    def wait(self, timeout: float) -> bool:
        """Wait until it is done, at most so many seconds; whether it is."""

    def result(self, timeout: float | None = None) -> Answer:
        """Wait for the answer, for so many seconds. Raises EngineError where there will be none, BusyError where
        the time was not enough, WeightsError where the weights cannot be used."""

    def when_done(self, tell: "Callable[[Ticket], object]") -> None:
        """Have a function called, in whatever thread, as soon as this is done; at once where it is."""


class InferenceBackend(Protocol):
    """Where forward passes run. Threads may share it."""

    @property
    def device_name(self) -> str:
        """The device in words, to show beside a time."""

    def submit(self, request: Request) -> Ticket:
        """Queue a request. Raises BusyError at once where the queue is full, EngineError for a tensor that the
        network does not have or an input that would fill the memory."""
