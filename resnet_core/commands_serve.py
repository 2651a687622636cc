"""The subcommand `serve`. Like `cli`, it reads arguments and prints."""

import argparse
import os
import secrets
import signal
import socket
import sys
import time
from typing import Literal

from .arguments import port, whole
from .refusal import Refusal
from .remote_call import ADDRESS_VARIABLE, TOKEN_VARIABLE

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOOK_SECONDS, PATIENCE = 5.0, 20.0
"""From one look at the cluster to the next, and until it must have said that it is there."""
GONE = 1
MOST = 1000
SURROUNDINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_enable_metrics_collection": "0",
}
OWN = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # what Ray calls a cluster that listens to this machine alone
    "RAY_AUTH_MODE": "token",
}
"""Of a cluster that is started here."""


def serve_arguments(parser: argparse.ArgumentParser) -> None:
    """What `serve` takes."""
    parser.add_argument(
        "--address", metavar="A", help="of the Ray cluster to join, or auto; one is started here if not given"
    )
    parser.add_argument(
        "--replicas", type=_replicas, default="auto", metavar="N|auto", help="engines; by demand if not given"
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="to listen on; %(default)s if not given")
    parser.add_argument("--port", type=port, default=8000, metavar="P", help="to listen on; %(default)s if not given")
    parser.add_argument(
        "--device", type=_device, metavar="D", help="cuda, mps or cpu; the fastest that is there if not given"
    )
    parser.add_argument(
        "--cpus",
        type=whole("a number of CPUs", MOST),
        metavar="N",
        help="that a cluster which is started here may use; all if not given",
    )


def serve_networks(options: argparse.Namespace) -> int:
    """Answer for apps elsewhere until Ctrl-C, or until the cluster is gone. Raises Refusal."""
    token = os.environ.get(TOKEN_VARIABLE)
    if options.host not in LOOPBACK and not token:
        raise Refusal(
            f"Whoever reaches {options.host} could use this machine: set {TOKEN_VARIABLE}, here and for the app."
        )
    _check_free(options.host, options.port)
    own = options.address is None
    if own and options.device not in (None, "cpu"):
        from . import devices

        devices.choose(options.device)  # each engine would say so, again and again, where nobody reads it
    surroundings = {**SURROUNDINGS, **(OWN | {"RAY_AUTH_TOKEN": secrets.token_hex(32)} if own else {})}
    for name, value in surroundings.items():
        os.environ.setdefault(name, value)
    try:
        from . import cluster  # what it imports reads the variables
    except ImportError as error:
        raise Refusal("Ray is not installed: pip install -r requirements-cluster.txt.") from error
    from .engine_service import token_digest

    try:
        cluster.join(options.address, num_cpus=options.cpus)
        for ending in (signal.SIGINT, signal.SIGTERM):  # whoever sends them, and whatever ray made of them
            signal.signal(ending, signal.default_int_handler)
        digest = token_digest(token) if token else None
        got = cluster.deploy(options.replicas, options.host, options.port, options.device, digest)
        print(_told(got.least, got.most, options.host, options.port), flush=True)
        while cluster.is_there(PATIENCE):
            time.sleep(LOOK_SECONDS)
        print("The cluster is gone: run the command again.", file=sys.stderr, flush=True)
    finally:
        if not cluster.leave(own):
            os._exit(GONE)
    return GONE


def _check_free(host: str, port: int) -> None:
    """Now, for ray says so late and at length. Raises Refusal."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise Refusal(f"Nobody can listen on port {port} of {host} ({_cause(error)}): take another --port.") from error


def _cause(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)


def _told(least: int, most: int, host: str, port: int) -> str:
    engines = f"{least} engine{'s' * (least > 1)}" if least == most else f"{least} to {most} engines"
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return f"{engines} at {address}: start the app with {ADDRESS_VARIABLE}={address}. Ctrl-C stops."


def _replicas(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    return whole("a number of engines", MOST)(text)


def _device(text: str) -> str:
    """Without a number: an engine sees the one GPU that Ray gives it."""
    if text != "cpu":
        from .devices import KINDS  # and with it torch, which whoever serves CPUs does without

        if text not in KINDS:
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is no kind of device: give {' or '.join(KINDS)}")
    return text
