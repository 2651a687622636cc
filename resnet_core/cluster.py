"""The engine as an application of Ray Serve: replicas, each with an engine of its own, behind one HTTP address.

What waits at a replica runs in batches of equal work, as at home: it is the same engine, and keeps as many networks
as its bytes allow. `serve.batch` would mix networks and sizes, and could tell nobody their place; `serve.multiplexed`
would count networks, not their bytes.
"""

import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any, Literal
from urllib.parse import urlsplit

import ray
from ray import serve
from ray.serve.config import AutoscalingConfig, BackpressureConfig, HTTPOptions, ProxyLocation, RequestRouterConfig
from ray.serve.schema import LoggingConfig
from starlette.types import ASGIApp

from .arguments import SHOWN
from .demand import MOST_TOGETHER
from .engine_service import service
from .refusal import Refusal
from .replicas import Share, share
from .weights import FOLDER_VARIABLE

NAME = "resnet-explorer"
ROOT = Path(__file__).parents[1]
MOST_QUEUED = 64
"""Requests that wait for a place at any replica, beyond which the address says that it is full."""
HEALTH_SECONDS, HEALTH_TIMEOUT = 5.0, 20.0
ANSWERS_WITHIN = 3.0
"""Seconds for the head of a cluster to take a connection."""
LEAVING = 30.0
"""Seconds that the application and its cluster have to end."""
FAREWELL = 10.0
"""Seconds in which a replica that is to go ends what it has begun."""
OBJECT_STORE = 256 * 2**20
"""Bytes of shared memory; what travels through it is small."""


class ClusterError(Refusal):
    """A cluster that cannot be started or joined."""


def join(address: str | None, *, num_cpus: int | None = None) -> None:
    """Join the cluster at an address, "auto" being the one of this machine; without one start one here, for this
    machine alone. Raises ClusterError."""
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    if address is not None and address != "auto":
        _require_somebody(address)
    options: dict[str, Any] = {"include_dashboard": False, "object_store_memory": OBJECT_STORE, "num_cpus": num_cpus}
    if address is not None:  # whose processes have not inherited what this one knows
        known = {name: os.environ[name] for name in (FOLDER_VARIABLE,) if name in os.environ}
        options = {"runtime_env": {"env_vars": {"PYTHONPATH": str(ROOT), **known}}}
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", **options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        where = "started here" if address is None else f"joined at {address}"
        raise ClusterError(
            f"The cluster could not be {where}: start one with ray start --head, or give no address."
        ) from error


def _require_somebody(address: str) -> None:
    """Ray itself would try for minutes. Raises ClusterError."""
    try:
        parts = urlsplit(address if "://" in address else f"ray://{address}")
        with socket.create_connection((parts.hostname or "", parts.port or 0), ANSWERS_WITHIN):
            pass
    except (OSError, ValueError, OverflowError) as error:
        raise ClusterError(
            f"No cluster answers at {address[:SHOWN]!r}: take the one that ray start --head tells, or auto, or none."
        ) from error


def deploy(replicas: int | Literal["auto"], host: str, port: int, device: str | None, digest: bytes | None) -> Share:
    """Have the application answer at an address; what each replica got. Raises ClusterError."""
    there = ray.cluster_resources()
    if device and device.startswith("cuda") and there.get("GPU", 0) < 1:
        raise ClusterError("No machine of the cluster has a GPU that Ray knows of: give --device cpu, or none.")
    one_machine = len(ray.nodes()) == 1
    got = share(there.get("CPU", 1), 0 if device and device.startswith("cpu") else there.get("GPU", 0), replicas)
    quiet = LoggingConfig(log_level="WARNING", enable_access_log=False)
    serve.start(
        proxy_location=ProxyLocation.HeadOnly if one_machine else ProxyLocation.EveryNode,
        http_options=HTTPOptions(host=host, port=port),
        logging_config=quiet,
    )
    number: dict[str, Any] = {"num_replicas": got.most}
    if got.least < got.most:
        number = {
            "autoscaling_config": AutoscalingConfig(
                min_replicas=got.least,
                max_replicas=got.most,
                target_ongoing_requests=MOST_TOGETHER / 2,
                upscale_delay_s=5,
                downscale_delay_s=120,
            )
        }
    deployment = serve.deployment(
        Replica,
        name="engine",
        ray_actor_options={"num_cpus": got.cpus, "num_gpus": got.gpus},
        max_ongoing_requests=MOST_TOGETHER,
        max_queued_requests=MOST_QUEUED,
        backpressure_config=BackpressureConfig(status_code=429),
        request_router_config=RequestRouterConfig(request_router_class="resnet_core.cluster_routing:SameReplica"),
        health_check_period_s=HEALTH_SECONDS,
        health_check_timeout_s=HEALTH_TIMEOUT,
        graceful_shutdown_timeout_s=FAREWELL,
        logging_config=quiet,
        **number,
    )
    try:
        serve.run(deployment.bind(device, digest, one_machine), name=NAME, route_prefix="/")
    except RuntimeError as error:
        raise ClusterError(
            "The replicas did not start: ray's log says why, in the folder session_latest/logs of /tmp/ray."
        ) from error
    return got


def is_there(seconds: float) -> bool:
    """Whether the application still runs; a cluster that does not say so in time is gone."""
    return _within(seconds, lambda: NAME in serve.status().applications) is True


def leave(own: bool) -> bool:
    """End the application, and with it the cluster where it is our own. False where there was nobody left to ask;
    ray would then wait for its head, and end this process with a line of its own."""
    if not ray.is_initialized() or _within(LEAVING, lambda: _left(own)):
        return True
    node = ray._private.worker._global_node
    if own and node is not None:
        node.kill_all_processes(check_alive=False, allow_graceful=False)
    return False


def _left(own: bool) -> bool:
    with redirect_stdout(StringIO()):  # where ray's threads say what died, since we ended it
        if own:
            serve.shutdown()
        else:
            serve.delete(NAME)
        ray.shutdown()
    return True


def _within(seconds: float, ask: Callable[[], bool]) -> bool | None:
    """What was found, or None where that took longer, or failed."""
    found: list[bool] = []

    def run() -> None:
        with suppress(Exception):  # of whatever kind ray's are
            found.append(ask())

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    return found[0] if found else None


@serve.ingress()
class Replica:
    """One engine, and the application around it."""

    def __init__(self, device: str | None, digest: bytes | None, one_machine: bool) -> None:
        from .engine import Engine  # and with it torch, which whoever deploys does without

        if one_machine:
            _listen_to_this_machine()
        self.engine, self.digest = Engine(device), digest

    def __serve_build_asgi_app__(self) -> ASGIApp:  # Serve's name for it
        return service(self.engine, self.digest)


def _listen_to_this_machine() -> None:
    """Serve opens a port in each replica, at which it unpickles whatever comes from anywhere: not on one machine."""
    module: Any = sys.modules["ray.serve._private.replica"]
    add_port = module.add_port_to_grpc_server
    module.add_port_to_grpc_server = lambda server, address: add_port(server, address.replace("[::]", "127.0.0.1"))
