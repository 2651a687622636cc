"""A picture -> the feature maps that a detector, or anything else, takes from a network; as arrays, as a file."""

import io
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from ..backend import InferenceBackend
from ..pictures import Picture
from ..prediction import predict
from ..spec import ArchSpec
from .pyramid import tap_names

if TYPE_CHECKING:
    from .scale import Values


def extract(
    picture: "Picture | bytes",
    taps: Sequence[str] = (),
    *,
    spec: ArchSpec,
    backend: InferenceBackend | None = None,
) -> "dict[str, Values]":
    """Tensors of a trained network, of one picture, float32: channels × height × width, or features.

    `taps` are levels, such as "C3", rows of the layer table or blocks; every level where none is given. They are the
    keys. `backend` is this machine where none is given. Raises NoTensorError, and what `predict` raises.
    """
    names = tap_names(spec, tuple(taps))
    answer = predict(backend or _local(), picture, spec, taps=tuple(dict.fromkeys(names.values()))).answer
    return {name: answer.taps[tensor] for name, tensor in names.items()}


def npz(features: "Mapping[str, Values]") -> bytes:
    """A file for `numpy.load`."""
    import numpy as np

    file = io.BytesIO()
    arrays = dict(features)
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def safetensors(features: "Mapping[str, Values]") -> bytes:
    """A file for `safetensors`."""
    import numpy as np
    from safetensors.numpy import save

    data: bytes = save({name: np.ascontiguousarray(values) for name, values in features.items()})
    return data


Writer = Callable[["Mapping[str, Values]"], bytes]
WRITERS: Mapping[str, Writer] = MappingProxyType({".npz": npz, ".safetensors": safetensors})
"""How features become a file, by its ending."""


@lru_cache(maxsize=1)
def _local() -> InferenceBackend:
    from ..engine import Engine

    return Engine()
