"""Which device runs the networks, and its name in words."""

import platform
from pathlib import Path

import torch

from .backend import EngineError

KINDS = ("cuda", "mps", "cpu")


class DeviceError(EngineError):
    """A device that is not there."""


def choose(name: str | None = None) -> torch.device:
    """The device of a name such as "cuda:1"; without one CUDA, else Apple's MPS, else the CPU."""
    there = available()
    if name is None:
        return torch.device(there[0])
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise DeviceError(f"There is no device {name[:40]!r}: choose {' or '.join(there)}.") from error
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    if device.type not in there or (device.index or 0) >= count:
        raise DeviceError(f"This machine has no device {name[:40]!r}: choose {' or '.join(there)}.")
    return device


def available() -> tuple[str, ...]:
    """The kinds of device that this machine has, the fastest first."""
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return tuple(kind for kind in KINDS if has[kind])


def in_words(device: torch.device) -> str:
    """The name to show beside a time: "CPU, 2 threads", "NVIDIA H100 80GB HBM3", "Apple GPU"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} {'thread' if threads == 1 else 'threads'}"


def machine_in_words(device: torch.device) -> str:
    """The same with what a reader needs to judge a training time: processor, system, torch."""
    return f"{in_words(device)}; {_processor()}; {platform.system()}; torch {torch.__version__}"


def synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was asked; a clock read before that lies."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _processor() -> str:
    """The processor's name where the system tells it, else its architecture."""
    told = Path("/proc/cpuinfo")
    lines = told.read_text().splitlines() if told.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
