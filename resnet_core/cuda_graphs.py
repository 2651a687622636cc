"""A network on a GPU whose whole forward pass is one launch: a CUDA graph for each shape of batch.

At a batch of one a GPU waits for the processor to launch hundreds of small kernels; a graph launches them together.
PyTorch's notes on CUDA graphs, "CUDA semantics".
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

MOST_GRAPHS = 8
"""For one network; each holds the memory of its activations."""
WARM_UPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    graph: torch.cuda.CUDAGraph
    given: Tensor
    answer: Tensor


class Graphed(nn.Module):
    """A network that runs as it is until `capture` was called, and by the graph of a batch's shape from then on."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self._graphs: dict[torch.Size, _Graph] = {}
        self._wanted: dict[torch.Size, None] = {}

    def forward(self, x: Tensor) -> Tensor:
        graph = self._graphs.get(x.shape)
        if graph is None:
            if len(self._graphs) + len(self._wanted) < MOST_GRAPHS:
                self._wanted[x.shape] = None
            answer: Tensor = self.network(x)
            return answer
        graph.given.copy_(x)
        graph.graph.replay()
        return graph.answer.clone()  # the next replay writes over it

    def capture(self) -> bool:
        """Make the graph of one shape that was met. False where there is none left; not while a forward runs."""
        if not self._wanted:
            return False
        shape = next(iter(self._wanted))
        del self._wanted[shape]
        with torch.inference_mode():
            self._graphs[shape] = self._captured(shape)
        return True

    def _captured(self, shape: torch.Size) -> _Graph:
        device = next(tensor.device for tensor in (*self.network.parameters(), *self.network.buffers()))
        given = torch.zeros(shape, device=device).contiguous(memory_format=torch.channels_last)
        beside = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # in torch's own file
        beside.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(beside):  # kernels are chosen and memory is taken before the capture, not in it
            for _ in range(WARM_UPS):
                self.network(given)
        torch.cuda.current_stream(device).wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            answer = self.network(given)
        return _Graph(graph, given, answer)
