"""Twenty frames a second: how fast networks are on this machine, each as a bar against that line."""

import math
from html import escape

import streamlit as st

from app import cached
from app.fragments import fragment
from app.measuring import State
from resnet_core import ArchSpec, units
from resnet_core.benchmark_fps import VIDEO, WEIGHTS, Rate, specs
from resnet_core.describe import title

from .cards import link, mark, note
from .tables import table

POLL_SECONDS = 0.7
LONGEST = VIDEO**2
"""The scale is logarithmic from 1 to this, so that the line of VIDEO stands in the middle."""


def fps_table(spec: ArchSpec) -> None:
    """Every usual network and the chosen one, as far as they were measured, and the button that measures them."""
    measuring = cached.measuring()
    measuring.ask([spec])
    _polled(spec) if measuring.state().at_work else _drawn(spec)


@fragment("frames a second", run_every=POLL_SECONDS)
def _polled(spec: ArchSpec) -> None:
    if not cached.measuring().state().at_work:
        st.rerun()  # the whole page, once, so that the polling ends
    _drawn(spec)


def _drawn(spec: ArchSpec) -> None:
    state, rows = cached.measuring().state(), list(dict.fromkeys((spec, *specs())))
    _controls(state, rows)
    head = f"1 · · · {VIDEO:g} fps · · · {LONGEST:g}"
    table(
        [
            ("network", ""),
            ("input", "n"),
            ("frames a second", "n"),
            (head, ""),
            ("", ""),
            ("95 of 100 within", "n"),
            ("network alone", "n"),
            ("multiply-adds", "n"),
        ],
        [_row(state, row) for row in rows],
    )
    note(
        f"From the bytes of a 640×480 JPEG to the five likeliest classes, one frame at a time, on "
        f"{next(iter(state.rates.values())).device if state.rates else 'this machine'}, "
        f"by whatever else it has to do now. {WEIGHTS}"
    )


def _controls(state: State, rows: list[ArchSpec]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="fps_controls"):
        missing = [row for row in rows if row not in state.rates]
        if state.at_work:
            st.button("Stop", on_click=cached.measuring().stop, key="fps_stop")
            st.html(mark(f"measuring {state.current}, {len(state.waiting)} more wait", "quiet"))
        else:
            st.button(
                "Measure all on this machine" if missing else "Measure again",
                on_click=_measure,
                args=(rows,),
                key="fps_measure",
                type="primary",
            )


def _measure(rows: list[ArchSpec]) -> None:
    state = cached.measuring().state()
    cached.measuring().ask(rows, again=all(row in state.rates for row in rows))


def _row(state: State, spec: ArchSpec) -> list[str]:
    height, width = spec.size
    rate = state.rates.get(spec)
    return [
        link(str(spec), title(spec)),
        f"{height}×{width}",
        f"<b>{units.per_second(rate.fps)}</b>" if rate else "–",
        _bar(rate),
        _verdict(state, spec),
        units.milliseconds(rate.p95) if rate else "–",
        units.milliseconds(rate.forward) if rate else "–",
        units.count(cached.analyse(spec).totals.macs),
    ]


def _bar(rate: Rate | None) -> str:
    share = math.log(min(max(rate.fps, 1.0), LONGEST)) / math.log(LONGEST) if rate else 0.0
    tone = " rx-keeps" if rate and rate.keeps_up else ""
    return f'<span class="rx-fps"><span class="rx-bar{tone}" style="width:{100 * share:.1f}%"></span></span>'


def _verdict(state: State, spec: ArchSpec) -> str:
    if rate := state.rates.get(spec):
        return mark(f"{VIDEO:g} fps", "agrees" if rate.keeps_up else "differs")
    if spec in state.refused:
        return escape(state.refused[spec])
    return mark("measuring …" if spec == state.current else "not measured yet", "quiet")
