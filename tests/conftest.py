"""What the tests share: reproducible hypothesis, no weights from elsewhere, networks built once on the meta device."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from app import logs
from resnet_core import ArchSpec

# the same examples every time, so that a red run can be repeated; no deadline, for CI machines stall
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("repeatable")

for _signal in {signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)}:
    # what nohup or a shell's & has ignored stays so in every process that a test starts, and is not heard there;
    # ignored like this, it is heard there again, and pytest itself still goes on
    if signal.getsignal(_signal) is signal.SIG_IGN:
        signal.signal(_signal, lambda *_: None)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where fetched weights lie: nowhere, so that no test sees what whoever runs it has fetched."""
    folder = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder / "resnet-explorer"


@pytest.fixture
def log_as_before() -> Iterator[None]:
    """Leaves the loggers of the other tests alone, and the form in which pytest's own handlers write."""
    changed = [logging.getLogger(name) for name in (*logs.OURS, *logs.GRAVE)]
    kept = [(logger, logger.handlers, logger.level, logger.propagate) for logger in changed]
    every = [logging.root, *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    forms = [(handler, handler.formatter) for logger in every for handler in logger.handlers]
    hook = threading.excepthook
    yield
    threading.excepthook = hook
    for logger, handlers, level, propagate in kept:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
    for handler, form in forms:
        handler.setFormatter(form)


@pytest.fixture(scope="session")
def on_meta() -> Callable[[ArchSpec], Any]:
    """Builds the network of a spec on the meta device, in evaluation mode; a size costs no second building."""
    import torch

    from resnet_core import build

    @lru_cache(maxsize=32)
    def sizeless(spec: ArchSpec) -> Any:
        with torch.device("meta"):
            return build(spec).eval()

    return sizeless


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """For networks so small that handing their work to several threads takes longer than doing it."""
    import torch

    several = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(several)
