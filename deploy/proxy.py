"""What differs from one installation of nginx to the next: where it is, which replicas there are, and where visitors
come in."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from .choices import HOST, Choices
from .processes import NotStarted

CONF = Path(__file__).with_name("nginx.conf")
ACCESS_LOG = "access.log"
SYSTEM_FOLDERS = "/usr/sbin:/sbin"
"""Where Debian has nginx, and where people who are not root do not look."""


def install(folder: Path, ports: Sequence[int], port: int, choices: Choices) -> list[str]:
    """Write everything that nginx reads into a folder, and give the command that starts it there. Raises NotStarted."""
    command = nginx()
    shutil.copy(CONF, folder)
    folder.joinpath("replicas.conf").write_text(replicas_conf(ports), encoding="utf-8")
    folder.joinpath("listen.conf").write_text(listen_conf(port, choices), encoding="utf-8")
    if choices.logs:  # a link, for nginx would look for variables in the name
        folder.joinpath(ACCESS_LOG).symlink_to(choices.logs.resolve() / ACCESS_LOG)
    folder.chmod(0o755)  # started by root, its workers are somebody else, and keep large bodies here
    return [command, "-p", f"{folder}/", "-c", CONF.name, "-e", "stderr", "-g", "daemon off;"]


def listen_conf(port: int, choices: Choices) -> str:
    """Where visitors come in, and whether it is written down."""
    where = choices.tls.read_text(encoding="utf-8") if choices.tls else f"listen {choices.host()}:{port};\n"
    return where if choices.logs else f"{where}access_log off;\n"


def nginx() -> str:
    """Where it is. Raises NotStarted."""
    if found := shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:{SYSTEM_FOLDERS}"):
        return found
    raise NotStarted("There is no nginx here: install it, on Debian with apt-get install nginx-light.")


def replicas_conf(ports: Sequence[int]) -> str:
    """The replicas of this machine, by their ports, which are also what the cookie says."""
    servers = "".join(f"    server {HOST}:{port} max_fails=1 fail_timeout=2s;\n" for port in ports)
    pattern = HOST.replace(".", r"\.")
    answered = "".join(f'    "~{pattern}:{port}$" {port};\n' for port in ports)
    homes = "".join(f"    {port} {HOST}:{port};\n" for port in ports)
    return (
        f"upstream everyone {{\n    hash $person consistent;\n{servers}}}\n"
        f'map $upstream_addr $answered {{\n    default "";\n{answered}}}\n'
        f"map $cookie_replica $home {{\n    default everyone;\n{homes}}}\n"
    )
