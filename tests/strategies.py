"""Random specs for hypothesis: every field, odd sizes, height and width apart, small enough to build in a blink."""

from hypothesis import strategies as st

from resnet_core import ArchSpec
from resnet_core.spec import BLOCKS, ORDERS, SHORTCUTS, STEMS, STRIDES_ON


@st.composite
def specs(draw: st.DrawFn) -> ArchSpec:
    stem = draw(st.sampled_from(list(STEMS)))
    block = draw(st.sampled_from(list(BLOCKS)))
    depths = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    least = STEMS[stem].total_stride * 2 ** (len(depths) - 1)
    side = st.integers(least, least + 70)
    return ArchSpec(
        stem=stem,
        block=block,
        depths=depths,
        shortcut=draw(st.sampled_from(SHORTCUTS)),
        stride_on=draw(st.sampled_from(STRIDES_ON)) if block == "bottleneck" else "1x1",
        order=draw(st.sampled_from(ORDERS)),
        width=draw(st.integers(1, 20)),
        classes=draw(st.integers(1, 50)),
        size=(draw(side), draw(side)),
    )
