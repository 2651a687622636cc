"""Which replica of a cluster answers: those who ask for one network go to the same one, as long as it keeps up."""

from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica

from .replicas import order


class SameReplica(RequestRouter):  # type: ignore[misc]  # ray's types are not read
    """Reads the header `serve_multiplexed_model_id`, "WEIGHTS:FAILURES".

    A replica whose places are all taken is passed over, so that a network in demand spreads to the next ones.
    """

    async def choose_replicas(
        self, candidate_replicas: list[RunningReplica], pending_request: PendingRequest | None = None
    ) -> list[list[RunningReplica]]:
        """The replicas to try, one after the other."""
        asked = ""
        if pending_request:
            asked = pending_request.metadata.multiplexed_model_id
            pending_request.routing_context.should_backoff = True  # once all are full
        names = [str(replica.replica_id) for replica in candidate_replicas]
        return [[replica] for replica in order(candidate_replicas, names, asked)]
