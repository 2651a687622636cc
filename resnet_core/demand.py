"""What a request may ask for, judged before it is queued, wherever it will run."""

from functools import lru_cache
from math import prod

from .backend import EngineError, Request
from .counts import BYTES
from .operation import OperationError, block_shapes
from .plan import plan
from .rows import analyse
from .spec import ArchSpec
from .tensors import tensor
from .units import memory

MOST_BYTES = 10**9
"""What the activations of one batch may take, lest a wished-for input size end the process."""

MOST_TOGETHER = 16
"""Pictures that run as one batch."""


def check(request: Request) -> None:
    """Raises NoTensorError for a name that is none, EngineError for what cannot be run."""
    spec = request.spec
    if request.operation:
        try:
            request.operation.check(spec)
        except OperationError as error:
            raise EngineError(str(error)) from None  # it is a refusal, no failure
        if request.taps or request.cams:
            raise EngineError("Of a network that was operated on there is an answer alone: ask for no tensors.")
    if (needed := needed_bytes(request)) > MOST_BYTES:
        raise EngineError(
            f"At {spec.size[0]:,}×{spec.size[1]:,} pixels one picture needs {memory(needed)} of activations, "
            f"and {memory(MOST_BYTES)} may be taken: choose a smaller input size."
        )
    for name in request.cams:
        if not tensor(spec, name).is_map:
            raise EngineError(f"{name} is no map, so there is nothing to lay over the picture: take an earlier row.")
    if request.target is not None and not 0 <= request.target < len(request.card.classes):
        raise EngineError(f"There is no class {request.target}: choose 0 to {len(request.card.classes) - 1}.")


def together(request: Request) -> int:
    """How many such pictures may run as one batch, one at least."""
    return max(1, MOST_BYTES // needed_bytes(request))


def needed_bytes(request: Request) -> int:
    """The bytes of one picture's activations; what is tapped stays, Grad-CAM keeps all that a gradient needs, and what
    is done by hand holds the ends of a block beside their weighed copies."""
    kept = (tensor(request.spec, name).shape for name in (*request.taps, *request.cams))
    copies = _ends(request.spec) if request.operation else 0
    return _bytes(request.spec, bool(request.cams)) + BYTES * sum(map(prod, kept)) + copies


@lru_cache(maxsize=256)
def _bytes(spec: ArchSpec, gradients: bool) -> int:
    totals = analyse(spec).totals
    return totals.saved_bytes if gradients else totals.peak_bytes


@lru_cache(maxsize=256)
def _ends(spec: ArchSpec) -> int:
    """The bytes of what all paths of a block bring, of the block where that is most."""
    shapes = block_shapes(spec)
    added = [(name, block) for name, block in plan(spec).blocks() if block.join == "add"]
    return BYTES * max((len(block.paths) * prod(shapes[name][1]) for name, block in added), default=0)
