"""A trained network with blocks taken out, put in another order, or weighed: Veit 2016, arXiv:1605.06431, section 4.

A block is taken out by cutting its residual path: what goes around it goes on. Where a block changes the shape, its
projection, or its padding, stays; a block around which nothing goes, of a plain net, is taken out whole, as a layer of
VGG is, and cannot be where it changes the shape.
"""

from collections.abc import Iterable, Iterator, Sequence

from torch import Tensor, nn

from .modules import JOINS, ResidualBlock, run
from .network import Network
from .operation import Operation, rearranged, removable


def reordered(network: Network, order: Sequence[str]) -> tuple[str, ...]:
    """The network's steps with the blocks of `order` in that order, in the places that they have together.

    Raises OperationError where a block would get a shape that it does not take.
    """
    places = dict(zip(removable(network.spec), rearranged(network.spec, order), strict=True))
    return tuple(places.get(step, step) for step in network.steps)


def after(network: Network, x: Tensor, done: Operation) -> Tensor:
    """Logits N,classes of pictures through a network to which something was done by hand."""
    steps = reordered(network, done.order) if done.order else None
    return operated(network, x, without=done.without, steps=steps, residual=done.weight)


def operated(
    network: Network,
    x: Tensor,
    *,
    without: Iterable[str] = (),
    steps: Sequence[str] | None = None,
    residual: float = 1.0,
    identity: float = 1.0,
) -> Tensor:
    """Logits N,classes of pictures N,3,H,W through a network that was operated on; the network itself stays.

    `residual` weighs F(x) and `identity` the shortcut of every block that adds.
    """
    out = frozenset(without)
    for name in network.steps if steps is None else steps:
        module = network.get_submodule(name)
        if name in out:
            x = around(module, x)
        elif not isinstance(module, ResidualBlock):
            x = module(x)
        elif module.join == "add" and (residual != 1.0 or identity != 1.0):
            x = _weighed(module, x, residual, identity)
        else:
            x = module(x)
    return x


def around(block: nn.Module, x: Tensor) -> Tensor:
    """What a block gives once its residual path is cut; of a block without a shortcut, and of a layer, what it
    takes."""
    if not isinstance(block, ResidualBlock) or "shortcut" not in block.roles:
        return x
    x = run(block, block.pre, x)
    return run(block, block.post, run(block, block.paths[block.roles.index("shortcut")], x).clone())


def _weighed(block: ResidualBlock, x: Tensor, residual: float, identity: float) -> Tensor:
    weights = {"residual": residual, "shortcut": identity}
    ends = [weights.get(role, 1.0) * end for role, end in zip(block.roles, _ends(block, x), strict=True)]
    return run(block, block.post, JOINS[block.join](ends))


def _ends(block: ResidualBlock, x: Tensor) -> list[Tensor]:
    """What the paths bring, the residual one with its share of stochastic depth at test time."""
    x = run(block, block.pre, x)
    share = 1.0 if block.inverted else block.survival
    return [(share if role == "residual" else 1.0) * end for role, end in zip(block.roles, block.ends(x), strict=True)]


def parted(block: ResidualBlock, x: Tensor, keeps: str) -> Tensor:
    """The block's output, as it is, through which a gradient goes back on one path only: "residual" or "shortcut"."""
    ends = [end if role == keeps else end.detach() for role, end in zip(block.roles, _ends(block, x), strict=True)]
    return run(block, block.post, JOINS[block.join](ends))


def blocks(network: Network) -> Iterator[tuple[str, ResidualBlock]]:
    """Those of a network around which something goes, by name, in order."""
    for name in network.steps:
        module: nn.Module = network.get_submodule(name)
        if isinstance(module, ResidualBlock) and "shortcut" in module.roles and "residual" in module.roles:
            yield name, module
