"""What was found on the test pictures about networks to which something was done by hand: tried once, for everybody."""

from collections import OrderedDict
from threading import Lock

from resnet_core.labs.differences import Differed
from resnet_core.operation import Operation

MOST = 64

Weights = tuple[str, ...]
"""The checksums of a network's, and of its plain twin's."""


class KeptTests:
    """Of the sets of blocks that were asked about last. Sessions share it."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[Weights, Operation], tuple[Differed, ...]] = OrderedDict()
        self._lock = Lock()

    def found(self, weights: Weights, asked: Operation) -> tuple[Differed, ...]:
        """Of each of the networks, or nothing while it is not known."""
        with self._lock:
            if (weights, asked) in self._found:
                self._found.move_to_end((weights, asked))
            return self._found.get((weights, asked), ())

    def keep(self, weights: Weights, asked: Operation, found: tuple[Differed, ...]) -> None:
        """Those that nobody asked about for longest make place."""
        with self._lock:
            self._found[weights, asked] = found
            self._found.move_to_end((weights, asked))
            while len(self._found) > MOST:
                self._found.popitem(last=False)
