"""Caches around core functions, one line each. Keys are hashable specs, never models.

Frozen values are shared between sessions and never copied.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import streamlit as st

from resnet_core import Analysis, ArchSpec
from resnet_core import analyse as _analyse
from resnet_core.benchmark_fps import Rate, rate
from resnet_core.block_alternatives import Arrangement, Options
from resnet_core.block_alternatives import arrangements as _arrangements
from resnet_core.block_alternatives import options as _options
from resnet_core.block_inspection import BlockView
from resnet_core.block_inspection import block_view as _block_view
from resnet_core.compare import Comparison
from resnet_core.compare import compare as _compare
from resnet_core.experiments.by_hand import Reply
from resnet_core.experiments.by_hand import reply as _reply_of
from resnet_core.fetching import fetch as _fetch
from resnet_core.identify import KeysMatch
from resnet_core.identify import match_keys as _match_keys
from resnet_core.lessons import Shelf
from resnet_core.lessons import shelf as _shelf
from resnet_core.map_document import map_document as _map_document
from resnet_core.operation import Operation
from resnet_core.prediction import Prediction, predict
from resnet_core.samples import samples
from resnet_core.solver import Solution
from resnet_core.state_keys import read_keys as _read_keys
from resnet_core.summary import Fact
from resnet_core.summary import summary as _summary
from resnet_core.tradeoffs import Point
from resnet_core.tradeoffs import points as _points
from resnet_core.transplant import Agreement
from resnet_core.transplant import agreement as _agreement
from resnet_core.verdict import QUANTITIES
from resnet_core.verify import Claim, TableOne, Verdict, paper_figure
from resnet_core.verify import table_one as _table_one
from resnet_core.verify import table_one_note as _table_one_note
from resnet_core.verify import verify as _verify
from resnet_core.waterfall import Step
from resnet_core.way import solution as _solution
from resnet_core.way import way as _way
from resnet_core.weights import require_card

from . import shared_decoders
from .background import Crosschecks
from .fetches import Fetches
from .kept_tests import KeptTests
from .measuring import Measuring
from .op_timings import OpTimings
from .page_turns import page_turns
from .shared import shared
from .shared_engine import backend, engine
from .visitors import owner

if TYPE_CHECKING:
    from resnet_core.cards import Card
    from resnet_core.crosscheck import CrossCheck
    from resnet_core.op_times import Measured
    from resnet_core.pictures import Picture
    from resnet_core.sight.course import Course
    from resnet_core.sight.norms import BlockNorms
    from resnet_core.sight.scale import Values
    from resnet_core.sight.trace import Trace
    from resnet_core.turns import Experiment


@shared
def analyse(spec: ArchSpec) -> Analysis:
    return _analyse(spec)


@shared
def map_document(spec: ArchSpec) -> dict[str, Any]:
    return _map_document(analyse(spec))


@shared
def summary(spec: ArchSpec) -> tuple[Fact, ...]:
    return _summary(analyse(spec))


@shared
def block_view(spec: ArchSpec, name: str) -> BlockView:
    return _block_view(analyse(spec), name)


@shared
def arrangements(spec: ArchSpec, block: str) -> tuple[Arrangement, ...]:
    return _arrangements(analyse(spec), block)


@shared
def options(spec: ArchSpec, block: str) -> Options:
    return _options(analyse(spec), block)


@shared
def claims(spec: ArchSpec) -> tuple[Claim, ...]:
    return tuple(paper_figure(spec, quantity) for quantity in QUANTITIES)


@shared
def compare(one: ArchSpec, other: ArchSpec) -> Comparison:
    return _compare(one, other)


@shared
def points(dataset: str, protocol: str | None) -> tuple[Point, ...]:
    return _points(dataset, protocol)


@shared
def table_one() -> TableOne:
    return _table_one()


@shared
def table_one_note() -> str:
    return _table_one_note()


@st.cache_resource(max_entries=64, show_spinner="Trying every way to count …")
def solution(row: tuple[Verdict, ...]) -> Solution:
    return _solution(row)


@shared
def way(verdict: Verdict) -> tuple[Step, ...]:
    return _way(verdict)


@shared
def all_verdicts() -> tuple[Verdict, ...]:
    return _verify()


@st.cache_resource(max_entries=2, show_spinner=False)
def lessons(stamp: tuple[tuple[str, int, int], ...]) -> Shelf:
    """Those of the files as they are; `stamp` changes when a file does."""
    return _shelf()


@st.cache_resource(max_entries=16, show_spinner="Comparing with every known network …")
def matches(data: bytes) -> tuple[KeysMatch, ...]:
    """What a state_dict's names and shapes fit. Raises Refusal."""
    return _match_keys(_read_keys(data))


@st.cache_resource(show_spinner=False)
def crosschecks() -> Crosschecks:
    return Crosschecks(_crosscheck)


def _crosscheck(spec: ArchSpec) -> "CrossCheck":
    from resnet_core.crosscheck import crosscheck  # imports torch, which no page waits for

    return crosscheck(spec)


@st.cache_resource(show_spinner=False)
def measuring() -> Measuring:
    return Measuring(_rate)


def _rate(spec: ArchSpec, stopped: Callable[[], bool]) -> Rate:
    return rate(engine(), spec, stopped=stopped)


@st.cache_resource(show_spinner=False)
def op_timings() -> OpTimings:
    return OpTimings(_op_times)


def _op_times(spec: ArchSpec, owner: str) -> "Experiment[Measured]":
    from resnet_core.op_times import op_times  # imports torch, which no page waits for

    return engine().experiment(op_times(spec, engine().device), owner)


@st.cache_resource(show_spinner=False)
def tests_by_hand() -> KeptTests:
    return KeptTests()


@page_turns.outside()
def look(data: bytes, spec: ArchSpec, waiting: Callable[[int], object] | None = None) -> "tuple[Picture, Prediction]":
    """Not cached: a prediction takes milliseconds, and its times are to be those of this picture.

    `waiting` is told how many pictures come first, for as long as some do.
    """
    picture = _decoded(sha256(data).hexdigest(), data)
    return picture, predict(backend(owner=owner()), picture, spec, waiting=waiting)


@page_turns.outside()  # around the cache: who waits for another's turn must hold none of its locks
def seen(
    data: bytes,
    spec: ArchSpec,
    taps: tuple[str, ...] = (),
    cams: tuple[str, ...] = (),
    target: int | None = None,
) -> "Prediction":
    """A prediction with what it brings along, once for each picture, network and wish. Raises Refusal."""
    return _seen(sha256(data).hexdigest(), require_card(spec).sha256, spec, taps, cams, target, data)


@page_turns.outside()
def reply(data: bytes, spec: ArchSpec, done: Operation) -> Reply:
    """What a network says of a picture after something was done to it. Raises Refusal."""
    return _reply(sha256(data).hexdigest(), require_card(spec).sha256, spec, done, data)


@page_turns.outside()
def norms(data: bytes, spec: ArchSpec) -> "tuple[BlockNorms, ...]":
    """Every block's norms, without the tensors that they are of. Raises Refusal."""
    return _norms(sha256(data).hexdigest(), require_card(spec).sha256, spec, data)


def trace(data: bytes, spec: ArchSpec, course: "Course", cell: tuple[int, int, int]) -> "Trace":
    """One number followed, in the picture that `seen` gives. Raises Refusal."""
    from resnet_core.preprocessing import normalised
    from resnet_core.sight.trace import trace as _trace

    prediction = seen(data, spec, taps=course.taps)
    picture = normalised(prediction.pixels, prediction.card.preprocessing.at(spec.size))
    state = _parameters(prediction.card.sha256, course, prediction.card)
    return _trace(spec, course, cell, picture, prediction.answer.taps, state)


@st.cache_resource(max_entries=16, show_spinner=False)
def _parameters(weights: str, course: "Course", _card: "Card") -> "dict[str, Values]":
    from resnet_core.sight.trace import parameters

    return parameters(_card, course)


@st.cache_resource(max_entries=32, show_spinner=False)
def _norms(digest: str, weights: str, spec: ArchSpec, _data: bytes) -> "tuple[BlockNorms, ...]":
    from resnet_core.sight.norms import norm_taps
    from resnet_core.sight.norms import norms as _norms_of

    answer = predict(backend(owner=owner()), _decoded(digest, _data), spec, taps=norm_taps(spec)).answer
    return _norms_of(spec, answer.taps)


@st.cache_resource(max_entries=8, show_spinner=False)
def _seen(
    digest: str,
    weights: str,
    spec: ArchSpec,
    taps: tuple[str, ...],
    cams: tuple[str, ...],
    target: int | None,
    _data: bytes,
) -> "Prediction":
    return predict(backend(owner=owner()), _decoded(digest, _data), spec, taps=taps, cams=cams, target=target)


@st.cache_resource(max_entries=64, show_spinner=False)
def _reply(digest: str, weights: str, spec: ArchSpec, done: Operation, _data: bytes) -> Reply:
    """One edit of blocks asks for four, which are small: a cache of their own, that nobody loses what was seen."""
    return _reply_of(predict(backend(owner=owner()), _decoded(digest, _data), spec, operation=done))


@page_turns.outside()
def decoded(data: bytes) -> "Picture":
    """Raises PictureError."""
    return _decoded(sha256(data).hexdigest(), data)


@st.cache_resource(max_entries=2, show_spinner=False)
def _decoded(digest: str, _data: bytes) -> "Picture":
    return shared_decoders.pictures.decode(_data, owner())


@st.cache_resource(show_spinner=False)
def fetches() -> Fetches:
    return Fetches(_fetch)


@page_turns.outside()
def transplant(spec: ArchSpec, trained: ArchSpec) -> Agreement:
    """How a network answers with the tensors of another, on the sample pictures. Raises Refusal."""
    card = require_card(trained)
    return _transplant(spec, card, card.sha256)


@st.cache_resource(max_entries=32, show_spinner=False)
def _transplant(spec: ArchSpec, _card: "Card", identity: str) -> Agreement:
    return _agreement(backend(), [sample.path.read_bytes() for sample in samples()], spec, _card)
