"""What is counted of this process, for Prometheus: requests to the engine, pages, refusals, and what the engine holds.

The labels are bounded: networks are those of the zoo or "other", pages those of the navigation, with their parts,
devices the first eight that answered or "other".
"""

from collections.abc import Iterator
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from resnet_core import ZOO, ArchSpec
from resnet_core.backend import Answer
from resnet_core.codec import nearest
from resnet_core.describe import differences

from . import live, shared_engine

if TYPE_CHECKING:
    from resnet_core.observing import Observation

PREFIX = "resnet_explorer"
OTHER = "other"
MOST_DEVICES = 8
"""Of a cluster, which may call its devices what it likes."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
TOGETHER = (1, 2, 4, 8, 16)
_devices: set[str] = set()
_devices_lock = Lock()
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

REQUESTS = Counter(
    f"{PREFIX}_requests",
    "Pictures for the engine, by how it ended: answered, busy, left, failed or refused.",
    ("net", "source", "outcome"),
    registry=REGISTRY,
)
LATENCY = Histogram(
    f"{PREFIX}_answer_seconds",
    "From a picture's place in the queue to its answer.",
    ("net", "device"),
    buckets=SECONDS,
    registry=REGISTRY,
)
FORWARD = Histogram(
    f"{PREFIX}_forward_seconds",
    "The forward pass that an answer came from, with all pictures in it.",
    ("net", "device"),
    buckets=SECONDS,
    registry=REGISTRY,
)
BATCH = Histogram(
    f"{PREFIX}_batch_pictures",
    "How many pictures an answer was computed with.",
    ("device",),
    buckets=TOGETHER,
    registry=REGISTRY,
)
FALLBACKS = Counter(
    f"{PREFIX}_fallbacks",
    "Answers that came otherwise than asked, such as from the CPU, for the GPU's memory was full.",
    ("net",),
    registry=REGISTRY,
)
PAGES = Histogram(
    f"{PREFIX}_page_seconds",
    "Runs of a page's script, from a changed control to its end, with what it waited for its turn; `part` is what of a "
    "page ran alone, empty where all of it did.",
    ("page", "part"),
    buckets=SECONDS,
    registry=REGISTRY,
)
LIMITED = Counter(
    f"{PREFIX}_limited",
    "Requests answered with 429, by what was asked for: page, api, body or socket.",
    ("asked",),
    registry=REGISTRY,
)


@lru_cache(maxsize=1024)
def net(spec: ArchSpec) -> str:
    """A network's name in the zoo, whatever its input size; "other" where it has none."""
    name = nearest(spec)
    return name if set(differences(spec, ZOO[name])) <= {"size"} else OTHER


def device(name: str) -> str:
    """What an answer calls its device, where that is one of the first that answered; "other" else."""
    with _devices_lock:
        if len(_devices) < MOST_DEVICES:
            _devices.add(name)
        return name if name in _devices else OTHER


def count(observation: "Observation", source: str) -> None:
    """A request has ended; `source` is who asked."""
    name = net(observation.request.spec)
    REQUESTS.labels(name, source, observation.outcome).inc()
    answer = observation.ended
    if isinstance(answer, Answer):
        ran_on = device(answer.device)
        LATENCY.labels(name, ran_on).observe(observation.seconds)
        FORWARD.labels(name, ran_on).observe(answer.milliseconds / 1e3)
        BATCH.labels(ran_on).observe(answer.together)
        FALLBACKS.labels(name).inc(bool(answer.notes))


class EngineGauges(Collector):
    """What waits, and what the engine holds, at the moment of asking; nothing before either is made."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(f"{PREFIX}_live_viewers", "Cameras and films that run.", live.VIDEO.viewers)
        yield GaugeMetricFamily(f"{PREFIX}_live_viewers_most", "How many may.", live.VIDEO.most_viewers)
        engine = shared_engine.made()
        loaded = int(engine is not None)
        yield GaugeMetricFamily(f"{PREFIX}_engine_loaded", "1 once torch and this process's engine are.", loaded)
        if most := shared_engine.most_waiting():
            waiting = shared_engine.waiting()
            yield GaugeMetricFamily(f"{PREFIX}_queue_pictures", "Pictures that wait for their turn.", waiting)
            words = "How many may wait; more are refused as busy."
            yield GaugeMetricFamily(f"{PREFIX}_queue_pictures_most", words, most)
        if engine is None:
            return
        state = engine.state()
        for name, words, value in (
            ("experiments_running", "Experiments of the labs that take turns.", state.experiments),
            ("experiments_most", "How many may.", state.most_experiments),
            ("loaded_networks", "Networks that stay in memory, in one form or several.", state.networks),
            ("loaded_bytes", "What their parameters take.", state.kept_bytes),
            ("loaded_bytes_most", "What they may take before the oldest is dropped.", state.most_kept_bytes),
        ):
            yield GaugeMetricFamily(f"{PREFIX}_{name}", words, value)


REGISTRY.register(EngineGauges())
