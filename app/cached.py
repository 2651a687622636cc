"""Streamlit's caches around core functions, one line each. Keys are hashable specs, never models.

Frozen values are shared between sessions and never copied, so they live in the resource cache.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from resnet_core import Analysis, ArchSpec
from resnet_core import analyse as _analyse
from resnet_core.benchmark_fps import Rate, rate
from resnet_core.identify import KeysMatch
from resnet_core.identify import match_keys as _match_keys
from resnet_core.prediction import Prediction, predict
from resnet_core.solver import Solution
from resnet_core.state_keys import read_keys as _read_keys
from resnet_core.summary import Fact
from resnet_core.summary import summary as _summary
from resnet_core.verdict import QUANTITIES
from resnet_core.verify import Claim, TableOne, Verdict, paper_figure
from resnet_core.verify import table_one as _table_one
from resnet_core.verify import table_one_note as _table_one_note
from resnet_core.verify import verify as _verify
from resnet_core.way import Step
from resnet_core.way import solution as _solution
from resnet_core.way import way as _way

from .background import Crosschecks
from .measuring import Measuring
from .shared_engine import engine

if TYPE_CHECKING:
    from resnet_core.crosscheck import CrossCheck
    from resnet_core.pictures import Picture

_shared = partial(st.cache_resource, max_entries=32, show_spinner=False)


@_shared
def analyse(spec: ArchSpec) -> Analysis:
    return _analyse(spec)


@_shared
def summary(spec: ArchSpec) -> tuple[Fact, ...]:
    return _summary(analyse(spec))


@_shared
def claims(spec: ArchSpec) -> tuple[Claim, ...]:
    return tuple(paper_figure(spec, quantity) for quantity in QUANTITIES)


@_shared
def table_one() -> TableOne:
    return _table_one()


@_shared
def table_one_note() -> str:
    return _table_one_note()


@st.cache_resource(max_entries=64, show_spinner="Trying every way to count …")
def solution(row: tuple[Verdict, ...]) -> Solution:
    return _solution(row)


@_shared
def way(verdict: Verdict) -> tuple[Step, ...]:
    return _way(verdict)


@_shared
def all_verdicts() -> tuple[Verdict, ...]:
    return _verify()


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


def look(data: bytes, spec: ArchSpec) -> "tuple[Picture, Prediction]":
    """Not cached: a prediction takes milliseconds, and its times are to be those of this picture."""
    from resnet_core.pictures import decode

    picture = decode(data)
    return picture, predict(engine(), picture, spec)
