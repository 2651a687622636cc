"""Pictures decoded in processes of their own, with a bound of memory and time: what ends one ends nothing else."""

import logging
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from . import decoding_worker as worker
from .backend import BusyError
from .frames import FrameError, needed_side
from .pictures import FORMATS, MOST_JPEG_PIXELS, MOST_PIXELS, Picture, PictureError
from .preprocessing import Preprocessing
from .shares import Shares

WORKERS = 2
STARTS_WITHIN = 30.0
"""Seconds until a new process must be ready; a machine at its start is slow."""
FRAME_SECONDS = 2.0
LOOK_AGAIN = 0.2
PATIENCE = 10.0
"""Seconds to wait for a process that has nothing to do, and for one's own share of them."""
COMMAND = (sys.executable, "-m", "resnet_core.decoding_worker")
MOST_SENTENCE = 400
_ROOT = Path(__file__).parents[1]
_CHANNELS = 3
_PIPE = 2**20

FAILED = "The picture brought its decoder to an end, so it was given up: save it again, or choose another file."
SLOW = "Decoding the picture took too long, so it was given up: save it again as an ordinary JPEG or PNG."
YOURS = "Another of your pictures is being read: try again in a moment."
CROWDED = "Other pictures are being read: try again in a moment."
NONE = "No picture can be read at the moment, for no decoder could be started: try again in a moment."
_log = logging.getLogger(__name__)


class Decoders:
    """A few processes that decode, started when they are first needed, and again whenever one has ended.

    Threads share it. `command` starts one; it is told nothing of this process's environment.
    """

    def __init__(
        self,
        workers: int = WORKERS,
        *,
        seconds: float = worker.SECONDS,
        patience: float = PATIENCE,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.seconds, self.patience, self.command = seconds, patience, tuple(command)
        self._shares = Shares(max(1, workers - 1), YOURS)  # one process is left to everybody else
        # the last one back is the first to go again, for it is awake
        self._places: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._places.put(None)

    def decode(self, data: bytes, owner: str = "") -> Picture:
        """As `pictures.decode`, for somebody who cannot have all processes; "" can. Raises PictureError, whatever the
        bytes do to their decoder."""
        if not owner:
            return self._decoded({}, data, self.seconds)
        try:
            self._shares.take(owner, self.patience)
        except BusyError as busy:
            raise PictureError(str(busy)) from None
        try:
            return self._decoded({}, data, self.seconds)
        finally:
            self._shares.give_back(owner)

    def frame(self, data: bytes, preprocessing: Preprocessing) -> Picture:
        """As `frames.decode_frame`. Raises PictureError, whatever the bytes do to their decoder."""
        return self._decoded({"side": needed_side(preprocessing)}, data, min(self.seconds, FRAME_SECONDS))

    def close(self) -> None:
        """End the processes that have nothing to do; the others end with this one."""
        with suppress(queue.Empty):
            while True:
                if idle := self._places.get_nowait():
                    idle.end()

    def _decoded(self, asked: worker.Table, data: bytes, seconds: float) -> Picture:
        try:
            process = self._places.get(timeout=self.patience)
        except queue.Empty:
            raise PictureError(CROWDED) from None
        try:
            if process and not process.is_alive:
                process.end()
                process = None
            process = process or _Worker(self.command)
            start = time.perf_counter()
            told, pixels = process.answer(asked, data, seconds)
            try:
                return _picture(told, pixels, start)
            except (LookupError, TypeError, ValueError) as error:
                if isinstance(error, PictureError):
                    raise
                process.end()
                raise _failed(f"an answer that is none: {error!r}") from error
        finally:
            self._places.put(process if process and process.is_alive else None)


class _Worker:
    """One process. For one thread at a time."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd=_ROOT,
                env=_environment(),
            )
        except OSError as error:
            _log.error("No decoder could be started: %s", error)
            raise PictureError(NONE) from error
        for pipe in (self._process.stdin, self._process.stdout):
            _widen(pipe)
        self._deadline = math.inf
        self._was_late = False
        self._clock = threading.Lock()
        threading.Thread(target=self._watch, name="decoder's clock", daemon=True).start()
        try:
            self._said(STARTS_WITHIN, 0)
        except PictureError as error:  # no picture has come near it yet
            raise PictureError(NONE) from error

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def answer(self, asked: worker.Table, data: bytes, seconds: float) -> tuple[worker.Table, bytearray]:
        """What it says. Raises PictureError where it ended, was too slow or spoke nonsense; it is gone then."""
        return self._said(seconds, _CHANNELS * MOST_PIXELS, lambda to: worker.write(to, asked, data))

    def _said(
        self, seconds: float, most: int, ask: Callable[[IO[bytes]], None] = lambda to: None
    ) -> tuple[worker.Table, bytearray]:
        source, to = self._process.stdout, self._process.stdin
        assert source is not None
        assert to is not None
        self._deadline = time.monotonic() + seconds
        try:
            ask(to)
            answer = worker.read(source, most)
        except (worker.WireError, OSError) as error:
            self.end()
            raise _failed(repr(error), self._was_late) from error
        except BaseException:  # what was not read would be the next picture's answer
            self.end()
            raise
        finally:
            with self._clock:
                self._deadline = math.inf
            if self._was_late:  # it may have answered all the same, and is no use to the next picture
                self.end()
        if answer is None:
            self.end()
            raise _failed(f"it ended with {self._process.returncode}", self._was_late)
        return answer

    def _watch(self) -> None:
        """End it when it is late. A thread looks now and then, for to start one for each picture would take longer."""
        while self.is_alive:
            time.sleep(LOOK_AGAIN)
            with self._clock:
                if time.monotonic() > self._deadline:
                    self._was_late = True
                    self._process.kill()

    def end(self) -> None:
        """Stop it at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()


def _failed(cause: str, was_late: bool = False) -> PictureError:
    _log.warning("A decoder was ended: %s", "it took too long" if was_late else cause)
    return PictureError(SLOW if was_late else FAILED)


def _picture(told: worker.Table, pixels: bytearray, start: float) -> Picture:
    """The answer, believed no further than it can be checked. Raises PictureError where it is a refusal."""
    from PIL import Image

    if "refused" in told:
        kind = FrameError if told.get("frame") is True else PictureError
        refused = kind(_sentence(told["refused"]))
        _log.warning("Refused a picture: %s", refused)
        raise refused
    size, seen = _sides(told["size"]), _sides(told["seen"])
    if told["format"] not in FORMATS:
        raise ValueError("a format that is none")
    notes = tuple(map(_sentence, told["notes"][:10]))
    if len(pixels) != _CHANNELS * size[0] * size[1]:
        raise ValueError("another number of pixels than its size has")
    image = Image.frombytes("RGB", size, pixels)
    return Picture(image, seen, told["format"], notes, (time.perf_counter() - start) * 1e3)


def _sentence(text: object) -> str:
    if not isinstance(text, str) or not text.isprintable():
        raise ValueError("a sentence that is none")
    return text[:MOST_SENTENCE]


def _sides(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or [type(side) for side in value] != [int, int] or min(value) < 1:
        raise ValueError("a size that is none")
    if value[0] * value[1] > MOST_JPEG_PIXELS:
        raise ValueError("a size beyond what is read")
    return value[0], value[1]


def _environment() -> dict[str, str]:
    """What Python needs to find its modules, and nothing else: this process's secrets are not the decoder's."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    return {**kept, **one_thread, "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), *sys.path)))}


def _widen(pipe: Any) -> None:
    """Let a pipe hold more, so that a frame passes at once. Linux alone can."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
