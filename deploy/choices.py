"""What whoever starts the replicas may choose, and that this machine can do it."""

import argparse
import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

from resnet_core.arguments import LAST_PORT, whole
from resnet_core.arguments import port as a_port

from .processes import NotStarted

HOST = "127.0.0.1"
PORT = 8501
"""Where visitors find one process too."""
MOST = 100
"""Replicas of one machine: each has half a gigabyte and more."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Beside how many there are, and the port. The replicas themselves always listen to this machine alone."""

    address: str = HOST
    """Of this machine, to which nginx listens."""
    inner_port: int | None = None
    """The first replica's, and the others follow; None: free ones."""
    logs: Path | None = None
    """A folder for nginx's access.log; None: there is none."""
    tls: Path | None = None
    """Where nginx listens instead, as deploy/tls.conf has it."""

    def host(self) -> str:
        """The address as it stands before a port."""
        return f"[{self.address}]" if ":" in self.address else self.address


USUAL = Choices()


class Parser(argparse.ArgumentParser):
    """One that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.\n")


def parser(prog: str, description: str) -> Parser:
    """What is understood on the command line."""
    parser = Parser(prog, description=description, allow_abbrev=False)
    parser.add_argument(
        "--replicas", type=whole("a number of replicas", MOST), default=3, help="how many; 3 if not given"
    )
    parser.add_argument("--port", type=a_port, default=PORT, help="where visitors come in; %(default)s if not given")
    parser.add_argument("--address", default=HOST, help="of this machine, 0.0.0.0 for all; itself alone if not given")
    parser.add_argument(
        "--inner-port", type=a_port, help="of the first replica; the others follow; free ones if not given"
    )
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="for nginx's access.log; none if not given")
    parser.add_argument("--tls", type=Path, metavar="FILE", help="instead of --port and --address: see deploy/tls.conf")
    return parser


def require_possible(number: int, port: int, choices: Choices) -> None:
    """Raises NotStarted, with what to choose otherwise."""
    inner = range(0) if choices.inner_port is None else range(choices.inner_port, choices.inner_port + number)
    if inner and inner[-1] > LAST_PORT:
        raise NotStarted(f"There is no port {inner[-1]}: choose an --inner-port from which {number} replicas have one.")
    for one in inner:
        _require_free(HOST, one)
    if choices.logs:
        _require_folder(choices.logs)
    if choices.tls:
        if not (choices.tls.is_file() and os.access(choices.tls, os.R_OK)):
            raise NotStarted(f"{choices.tls} cannot be read: name a file such as deploy/tls.conf.")
        return
    if port in inner:
        raise NotStarted(f"Port {port} cannot be nginx's and a replica's: choose another --port or --inner-port.")
    try:
        ip_address(choices.address)
    except ValueError as error:
        raise NotStarted(
            f"{choices.address!r} is no address: choose one of this machine, or 0.0.0.0 for all."
        ) from error
    _require_free(choices.address, port)


def _require_free(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        socket.create_server((address, port), family=family).close()
    except OSError as error:
        raise NotStarted(
            f"Port {port} of {address} cannot be had ({os.strerror(error.errno or 0)}): choose another."
        ) from error


def _require_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotStarted(f"{folder} cannot be a folder of logs ({error.strerror}): choose another.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotStarted(f"Nothing can be written into {folder}: choose another folder of logs.")
