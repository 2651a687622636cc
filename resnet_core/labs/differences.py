"""How answers differ from those of the network as it was, counted over pictures that come in parts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

TOP = 5


@dataclass(frozen=True, slots=True)
class Differed:
    """Over some pictures.

    `flips`: the share of pictures whose first class changes. `wrong` and `wrong_before`: the share whose first class
    is not the label, now and of the network as it was; None without labels. `divergence`: Kullback-Leibler, of the
    new probabilities from the old, in nats, the mean over pictures. `kept`: how many of the five likeliest classes
    stay among them.
    """

    pictures: int
    flips: float
    wrong: float | None
    wrong_before: float | None
    divergence: float
    kept: float


class Differences:
    """Over the pictures so far, by the names of `Differed`."""

    def __init__(self) -> None:
        self.pictures = 0
        self._flips = self._wrong = self._wrong_before = self._kept = 0
        self._divergence = 0.0
        self._labelled = True

    def add(self, before: "Tensor", after: "Tensor", labels: "Tensor | None") -> None:
        """Logits N,classes of the network as it was and as it is, and the right classes N, where they are known."""
        first, was = after.argmax(1), before.argmax(1)
        self.pictures += len(after)
        self._flips += int((first != was).sum())
        if labels is None:
            self._labelled = False
        else:
            self._wrong += int((first != labels).sum())
            self._wrong_before += int((was != labels).sum())
        top = min(TOP, after.shape[1])
        old, new = before.topk(top).indices, after.topk(top).indices
        self._kept += int((old[:, :, None] == new[:, None, :]).sum())
        p, q = before.double().log_softmax(1), after.double().log_softmax(1)
        self._divergence += float((p.exp() * (p - q)).sum())

    @property
    def flips(self) -> float:
        return self._flips / self.pictures

    @property
    def wrong(self) -> float | None:
        return self._wrong / self.pictures if self._labelled else None

    @property
    def wrong_before(self) -> float | None:
        return self._wrong_before / self.pictures if self._labelled else None

    @property
    def divergence(self) -> float:
        return self._divergence / self.pictures

    @property
    def kept(self) -> float:
        return self._kept / self.pictures

    def settled(self) -> Differed:
        """As they are, once every picture is in."""
        return Differed(self.pictures, self.flips, self.wrong, self.wrong_before, self.divergence, self.kept)
