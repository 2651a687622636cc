"""A network as an ONNX file: its plan, node by node, with the trained weights where there are some.

Nodes bear the names of the rows and of the state_dict, batch norm stands unfolded, and every tensor has its shape, so
that a viewer shows what the tables say. A head beside the network, of which only training makes use, is left out.
"""

from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from . import units
from .counts import CONVENTION
from .describe import title
from .loading import read_weights
from .plan import plan
from .refusal import Refusal
from .rows import totals
from .spec import ArchSpec
from .weights import NoWeightsError, require_card

if TYPE_CHECKING:
    from torch import Tensor

OPSET, IR_VERSION = 18, 9
"""Of spring 2023: what most runtimes read."""
MOST_BYTES = 2 * 10**9
SEED = 0


class OnnxError(Refusal):
    """A file that cannot be made. The message is one sentence that says what to do."""


class Weights(NamedTuple):
    """A state_dict, and in words where it comes from."""

    state: "dict[str, Tensor]"
    origin: str


def hindrance(spec: ArchSpec) -> str | None:
    """Why there can be no such file of a network, in one sentence."""
    size = totals(spec).parameter_bytes
    if size > MOST_BYTES:
        return (
            f"An ONNX file holds {units.memory(MOST_BYTES)}, and the weights of this network take "
            f"{units.memory(size)}: take the PyTorch source."
        )
    return (
        None if find_spec("onnx") else "ONNX needs the package onnx: install it with pip, or take the PyTorch source."
    )


def onnx_file(spec: ArchSpec) -> bytes:
    """The model, for batches of any number of pictures at the size of the spec. Raises OnnxError, and WeightsError
    where the trained weights are damaged."""
    if why := hindrance(spec):
        raise OnnxError(why)
    from onnx import ModelProto, TensorProto, helper

    from .onnx_graph import BATCH, Graph

    of, weights = totals(spec), weights_of(spec)
    model = ModelProto(
        ir_version=IR_VERSION,
        opset_import=[helper.make_opsetid("", OPSET)],
        producer_name="ResNet Explorer",
        doc_string=f"{title(spec)} ({spec}), {weights.origin}. {units.exact(of.params)} parameters, "
        f"{units.exact(of.macs)} multiply-adds: {CONVENTION}.",
    )
    helper.set_model_props(model, {"spec": str(spec), "weights": weights.origin, "convention": CONVENTION})
    shape = (spec.channels, *spec.size)
    Graph(model.graph, weights.state).network(plan(spec), "input", shape)  # in place: weights are large
    model.graph.name = title(spec)
    model.graph.input.append(helper.make_tensor_value_info("input", TensorProto.FLOAT, [BATCH, *shape]))
    model.graph.output.append(model.graph.value_info.pop())  # the logits, which come last
    return bytes(model.SerializeToString())


def weights_of(spec: ArchSpec) -> Weights:
    """The trained weights, or, where there are none, those that a network begins with."""
    import torch

    from .network import build

    try:
        card = require_card(spec)
    except NoWeightsError:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            return Weights(build(spec).state_dict(), f"untrained, drawn at random with seed {SEED}")
    return Weights(read_weights(card), f"trained on {card.data}, {card.label or card.name}")
