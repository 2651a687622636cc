"""A clock that goes along with a forward pass, and is read whenever an op has been run."""

import time

import torch
from torch import Tensor

from .devices import synchronise
from .taps import Taps


class Clock:
    """Milliseconds since it was made, on the clock of a device.

    What a CUDA device is asked to do it does later: it notes the time itself, and nobody waits for it meanwhile.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._names: list[str] = []
        self._marks: list[torch.cuda.Event] = []
        self._moments: list[float] = []
        synchronise(device)
        self._note()

    def read(self, name: str) -> None:
        """Note the time under a name."""
        self._names.append(name)
        self._note()

    def readings(self) -> list[tuple[str, float]]:
        """Every name with its milliseconds, in order."""
        if self._marks:
            synchronise(self._device)
            first, *marks = self._marks
            return [(name, first.elapsed_time(mark)) for name, mark in zip(self._names, marks, strict=True)]
        begin, *moments = self._moments
        return [(name, (moment - begin) * 1e3) for name, moment in zip(self._names, moments, strict=True)]

    def _note(self) -> None:
        if self._device.type == "cuda":
            mark = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]  # missing in torch's stubs
            mark.record(torch.cuda.current_stream(self._device))
            self._marks.append(mark)
        else:
            synchronise(self._device)
            self._moments.append(time.perf_counter())


class Timed(Taps):
    """In the place of taps: reads a clock for every tensor that it is handed, and keeps none."""

    __slots__ = ("_clock",)

    def __init__(self, clock: Clock, prefix: str = "") -> None:
        super().__init__((), prefix)
        self._clock = clock

    def within(self, name: str) -> "Timed":
        return Timed(self._clock, f"{self._prefix}{name}.")

    def keep(self, name: str, x: Tensor) -> Tensor:
        self._clock.read(self._prefix + name)
        return x
