"""Which replica of a cluster answers: requests of one network go to the same one, as long as it keeps up.

By rendezvous hashing each network has its own order of the replicas, the same wherever it is computed, which changes
nothing but the place of what comes or goes (Thaler and Ravishankar 1998, doi:10.1109/90.663936). A replica whose queue
is full is passed over, so that a network in demand spreads to the next ones. A request that failed begins its order
one replica later.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import TypeVar

from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica

Replica = TypeVar("Replica")


class SameReplica(RequestRouter):  # type: ignore[misc]  # ray's types are not read
    """Reads the header `serve_multiplexed_model_id`, "WEIGHTS:FAILURES"."""

    async def choose_replicas(
        self, candidate_replicas: list[RunningReplica], pending_request: PendingRequest | None = None
    ) -> list[list[RunningReplica]]:
        """The replicas to try, one after the other."""
        asked = pending_request.metadata.multiplexed_model_id if pending_request else ""
        if pending_request:
            pending_request.routing_context.should_backoff = True  # once all are full
        ordered = order(candidate_replicas, [str(replica.replica_id) for replica in candidate_replicas], asked)
        return [[replica] for replica in ordered]


def order(replicas: Sequence[Replica], names: Sequence[str], asked: str) -> list[Replica]:
    """Replicas in the order in which a network prefers them; `asked` is "WEIGHTS:FAILURES"."""
    weights, _, failures = asked.partition(":")
    ranks = [sha256(f"{weights} {name}".encode()).digest() for name in names]
    first = int(failures) % len(replicas) if failures.isdecimal() and len(failures) < 3 and replicas else 0
    ordered = [replicas[place] for place in sorted(range(len(replicas)), key=ranks.__getitem__)]
    return ordered[first:] + ordered[:first]
