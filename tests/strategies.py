"""Random specs for hypothesis: every family, every choice, odd sizes, height and width apart, built in a blink."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from resnet_core import ArchSpec
from resnet_core.spec import BLOCKS, MOST_PIXELS, NAMED, ORDERS, SHORTCUTS, STEMS
from resnet_core.wiring.residual import GATED

MARGIN = 70  # pixels beyond the smallest input


def specs() -> st.SearchStrategy[ArchSpec]:
    """Any network, a residual one half of the time."""
    return st.one_of(residual(), st.one_of(dense(), highway(), vgg(), googlenet(), alexnet(), lenet()))


@st.composite
def residual(draw: st.DrawFn, order: st.SearchStrategy[str] | None = None) -> ArchSpec:
    block = draw(st.sampled_from(list(BLOCKS)))
    shortcut = draw(st.sampled_from(SHORTCUTS))
    choices: dict[str, Any] = {"order": draw(order or st.sampled_from(ORDERS))}
    if block == "bottleneck":
        choices |= {"stride_on": _named(draw, "stride_on"), "groups": draw(st.sampled_from([1, 1, 2, 3, 4]))}
        choices["group_width"] = draw(st.integers(1, 6) if choices["groups"] > 1 else st.none() | st.integers(1, 30))
        choices["form"] = _named(draw, "form") if choices["groups"] > 1 else "c"
    if shortcut != "none":
        choices["skip"] = _named(draw, "skip")
        if choices["skip"] in GATED:
            choices["gate_bias"] = draw(st.floats(-12, 12))
        else:
            choices["survival"] = draw(st.just(1.0) | st.floats(0.01, 1))
            choices["survival_rule"] = _named(draw, "survival_rule")
    return _sized(
        draw,
        stem=draw(st.sampled_from(list(STEMS))),
        block=block,
        depths=_depths(draw, 4),
        shortcut=shortcut,
        width=draw(st.integers(1, 20)),
        widen=draw(st.sampled_from([1, 1, 2, 3])),
        **choices,
    )


@st.composite
def dense(draw: st.DrawFn) -> ArchSpec:
    return _sized(
        draw,
        family="densenet",
        stem=draw(st.sampled_from(list(STEMS))),
        block=draw(st.sampled_from(list(BLOCKS))),
        depths=_depths(draw, 4),
        growth=draw(st.integers(1, 12)),
        compression=draw(st.just(1.0) | st.floats(0.01, 1)),
        width=draw(st.integers(1, 20)),
    )


@st.composite
def highway(draw: st.DrawFn) -> ArchSpec:
    return _sized(
        draw,
        family="highway",
        depths=tuple(draw(st.lists(st.integers(1, 5), min_size=3, max_size=3))),
        width=draw(st.integers(1, 6)),
        gate_bias=draw(st.floats(-12, 12)),
        alternate=draw(st.booleans()),
    )


@st.composite
def vgg(draw: st.DrawFn) -> ArchSpec:
    return _sized(draw, family="vgg", depths=_depths(draw, 6), width=draw(st.integers(1, 12)))


@st.composite
def googlenet(draw: st.DrawFn) -> ArchSpec:
    return _sized(draw, family="googlenet", release=_named(draw, "release"), aux=draw(st.booleans()))


@st.composite
def alexnet(draw: st.DrawFn) -> ArchSpec:
    release = _named(draw, "release")
    groups = draw(st.sampled_from([1, 2])) if release == "paper" else 1
    return _sized(draw, family="alexnet", release=release, groups=groups)


@st.composite
def lenet(draw: st.DrawFn) -> ArchSpec:
    return _sized(draw, family="lenet")


def _sized(draw: st.DrawFn, **choices: Any) -> ArchSpec:
    """With a number of classes, and of a size that it can read."""
    fitting = {"lenet": 32, "alexnet": 224, "googlenet": 224}.get(choices.get("family", ""), MOST_PIXELS)
    spec = ArchSpec(**choices, classes=_classes(draw), size=(fitting, fitting))
    least = spec.wiring.least(spec)
    side = st.integers(least, min(least + MARGIN, spec.wiring.most(spec)))
    return replace(spec, size=(draw(side), draw(side)))


def _named(draw: st.DrawFn, field: str) -> str:
    return draw(st.sampled_from(NAMED[field]))


def _depths(draw: st.DrawFn, most: int) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=most)))


def _classes(draw: st.DrawFn) -> int:
    return draw(st.integers(1, 50))
