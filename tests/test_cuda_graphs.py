"""CUDA graphs: which shapes get one, and that an answer is one's own. Without a GPU, a stand-in records and replays."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from resnet_core import build, parse
from resnet_core.cuda_graphs import MOST_GRAPHS, Graphed
from resnet_core.inference_form import InferenceNetwork, Precision


class Doubles(nn.Module):
    """Counts how often it was called from outside of a graph."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0))
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x * self.weight


class StandIn:
    """A graph that was recorded writes each answer to the same memory."""

    def __init__(self) -> None:
        self.replays = 0
        self.again: Callable[[], object] = lambda: None

    def replay(self) -> None:
        self.replays += 1
        self.again()


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[StandIn]:
    made: list[StandIn] = []
    original = Graphed._captured

    def stand_in() -> StandIn:
        made.append(StandIn())
        return made[-1]

    @contextmanager
    def recorded(graph: StandIn) -> Iterator[None]:
        yield

    def captured(self: Graphed, shape: torch.Size) -> Any:
        found = original(self, shape)
        made[-1].again = lambda: found.answer.copy_(self.network(found.given))
        return found

    class Stream:
        def __init__(self, device: object = None) -> None: ...

        def wait_stream(self, other: object) -> None: ...

    monkeypatch.setattr(torch.cuda, "CUDAGraph", stand_in)
    monkeypatch.setattr(torch.cuda, "graph", recorded)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(Graphed, "_captured", captured)
    return made


@pytest.fixture(autouse=True)
def as_the_engine_calls_it() -> Iterator[None]:
    with torch.inference_mode():
        yield


def picture(value: float, number: int = 1) -> Tensor:
    return torch.full((number, 3, 2, 2), value)


def test_a_shape_runs_as_it_is_until_its_graph_was_made(graphs: list[StandIn]) -> None:
    network = Graphed(Doubles())
    assert network.capture() is False
    assert network(picture(1))[0, 0, 0, 0] == 2
    assert graphs == []
    assert network.capture() is True
    assert network.capture() is False
    assert network(picture(3))[0, 0, 0, 0] == 6
    assert [graph.replays for graph in graphs] == [1]


def test_an_answer_stays_after_the_next_one(graphs: list[StandIn]) -> None:
    network = Graphed(Doubles())
    network(picture(1))
    network.capture()
    first, second = network(picture(1)), network(picture(5))
    assert (first[0, 0, 0, 0], second[0, 0, 0, 0]) == (2, 10)


def test_every_shape_has_a_graph_of_its_own_but_only_so_many(graphs: list[StandIn]) -> None:
    network = Graphed(Doubles())
    for number in range(1, MOST_GRAPHS + 3):
        network(picture(0, number))
    while network.capture():
        pass
    assert len(graphs) == MOST_GRAPHS
    for number in range(1, MOST_GRAPHS + 3):
        assert network(picture(number, number)).unique().tolist() == [2 * number]
    assert [graph.replays for graph in graphs] == [1] * MOST_GRAPHS
    assert network.capture() is False


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_real_graph_gives_what_the_network_gives() -> None:
    device = torch.device("cuda")
    spec = parse("cifar-resnet-20")
    torch.manual_seed(0)
    network = build(spec).eval().requires_grad_(False).to(device)
    graphed = Graphed(InferenceNetwork(network, Precision(torch.float32, device)))
    for number in (1, 4):
        batch = torch.randn(number, 3, *spec.size, device=device)
        graphed(batch)
        assert graphed.capture()
        torch.testing.assert_close(graphed(batch), network(batch), rtol=1e-3, atol=1e-3)
