"""Whatever is sent to an entrance, in whatever damaged form: an answer or a refusal, and in bounded time.

`make fuzz` has atheris search further, led by what the code does.
"""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fuzz.entrances import ENTRANCES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MOST_SECONDS = 60
"""Of one thing that is sent. Far more than a stalling machine needs, and far less than for ever."""
SLOW = {"matches": 15, "torch_files": 40, "safetensors": 40, "cards": 40}
EXAMPLES = 150


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A valid thing with some of its bytes changed, taken out, doubled or put elsewhere."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(0, 12))
        piece = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from(
                    [b"\0" * 8, b"\xff" * 8, b"9" * 40, b"[" * 60, b"</script>", b"\x1b[2J", b"\\u0000", b"-1"]
                ),
                st.just(bytes(data[at : at + 4 * length])),
            )
        )
        data[at : at + length] = piece
    return bytes(data)


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """A search without end is a failure, and not a suite without end."""

    def late(*_: object) -> None:
        raise AssertionError(f"No answer within {seconds} s.")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals need not be logged."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", ENTRANCES)
@pytest.mark.filterwarnings("ignore")  # of decoders, about what is damaged
def test_an_entrance_answers_or_refuses_whatever_comes(name: str) -> None:
    entrance, seeds = ENTRANCES[name]
    for seed in seeds:
        entrance(seed)

    @settings(max_examples=SLOW.get(name, EXAMPLES), suppress_health_check=list(HealthCheck))
    @given(st.one_of(damaged(seeds), damaged(seeds), st.binary(max_size=300), st.text(max_size=300).map(_bytes)))
    def knock(data: bytes) -> None:
        with at_most(MOST_SECONDS):
            entrance(data)

    knock()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
