"""How a machine is shared out, and that those who ask for one network go to the same replica."""

import pytest

from resnet_core.replicas import Share, order, share

NAMES = [f"replica {letter}" for letter in "abcdef"]
NETWORKS = [f"{number:064x}" for number in range(200)]


@pytest.mark.parametrize(
    ("cpus", "gpus", "replicas", "expected"),
    [
        (2, 0, "auto", Share(2, 0, 1, 1)),
        (16, 0, "auto", Share(2, 0, 1, 8)),
        (1, 0, "auto", Share(1, 0, 1, 1)),
        (2, 0, 2, Share(1, 0, 2, 2)),
        (16, 0, 3, Share(5, 0, 3, 3)),
        (2, 0, 4, Share(0.5, 0, 4, 4)),
        (32, 4, "auto", Share(8, 1, 1, 4)),
        (32, 4, 2, Share(8, 1, 2, 2)),
        (2, 4, "auto", Share(1, 1, 1, 4)),
    ],
)
def test_a_replica_gets_a_gpu_or_its_part_of_the_cpus(cpus: float, gpus: float, replicas: int, expected: Share) -> None:
    got = share(cpus, gpus, replicas)
    assert got == expected
    assert got.cpus * got.least <= max(cpus, got.least)


def test_a_network_has_its_own_order_whatever_order_the_replicas_come_in() -> None:
    for network in NETWORKS[:20]:
        ordered = order(NAMES, NAMES, f"{network}:0")
        assert sorted(ordered) == NAMES
        assert order(NAMES[::-1], NAMES[::-1], f"{network}:0") == ordered


def test_networks_spread_over_the_replicas() -> None:
    first = [order(NAMES, NAMES, f"{network}:0")[0] for network in NETWORKS]
    assert all(first.count(name) > len(NETWORKS) / len(NAMES) / 2 for name in NAMES)


def test_a_replica_that_goes_moves_only_the_networks_that_it_held() -> None:
    left = NAMES[:-1]
    for network in NETWORKS:
        before, after = order(NAMES, NAMES, network)[0], order(left, left, network)[0]
        assert after == before or before == NAMES[-1]


def test_a_request_that_failed_goes_to_another_replica() -> None:
    firsts = [order(NAMES, NAMES, f"{NETWORKS[0]}:{failures}")[0] for failures in range(6)]
    assert sorted(firsts) == NAMES
    assert order(NAMES, NAMES, f"{NETWORKS[0]}:6")[0] == firsts[0]


@pytest.mark.parametrize("asked", ["", ":", "x:-1", "x:²", "x:999999999999999999999", "x:1:1", "x:one"])
def test_whatever_a_header_says_there_is_an_order(asked: str) -> None:
    assert sorted(order(NAMES, NAMES, asked)) == NAMES
    assert order([], [], asked) == []
