"""What answers this process's pictures: pages and live video queue at the same place.

The labs' experiments take turns on the local engine, wherever the pictures are answered.
"""

from functools import cache
from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resnet_core.backend import InferenceBackend
    from resnet_core.engine import Engine

_first = RLock()


def backend() -> "InferenceBackend":
    """The one that RESNET_EXPLORER_BACKEND names, which falls back to the local engine; else that engine itself.

    Raises AddressError where the name is no address.
    """
    with _first:
        return _named()


def engine() -> "Engine":
    """The local one, made on first use, for it imports torch."""
    with _first:  # of callers at the same time, one makes it
        return _made()


@cache
def _named() -> "InferenceBackend":
    from resnet_core.remote_backend import named_backend

    return named_backend(engine)


@cache
def _made() -> "Engine":
    from resnet_core.engine import Engine

    return Engine()
