"""Pictures decoded in a process of their own: what a decoder does or says costs nobody but the picture."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import bad_decoders
import pytest
from PIL import Image

from resnet_core import decoding
from resnet_core.decoding import CROWDED, FAILED, NONE, SLOW, YOURS, Decoders
from resnet_core.frames import FrameError, decode_frame
from resnet_core.pictures import PictureError, decode
from resnet_core.preprocessing import Preprocessing
from resnet_core.samples import samples

CIFAR = Preprocessing((32, 32), (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
BAD = (sys.executable, str(Path(bad_decoders.__file__)))


@pytest.fixture(scope="module")
def decoders() -> Iterator[Decoders]:
    decoders = Decoders(1)
    yield decoders
    decoders.close()


@pytest.fixture(scope="module")
def obedient() -> Iterator[Decoders]:
    """Decoders that do what their pictures tell them, and have all the time they want for it."""
    decoders = Decoders(1, seconds=120.0, command=BAD)
    yield decoders
    decoders.close()


@pytest.fixture(scope="module")
def hurried() -> Iterator[Decoders]:
    decoders = Decoders(1, seconds=1.0, command=BAD)
    yield decoders
    decoders.close()


def picture(kind: str, mode: str = "RGB", **options: object) -> bytes:
    buffer = BytesIO()
    Image.linear_gradient("L").resize((37, 23)).convert(mode).save(buffer, kind, **options)
    return buffer.getvalue()


KINDS = {
    "progressive JPEG": picture("JPEG", progressive=True),
    "grey JPEG": picture("JPEG", "L"),
    "CMYK JPEG": picture("JPEG", "CMYK"),
    "transparent PNG": picture("PNG", "RGBA"),
    "16-bit PNG": picture("PNG", "I;16"),
    "palette PNG": picture("PNG", "P"),
    "lossless WebP": picture("WEBP", lossless=True),
    "GIF": picture("GIF"),
    "BMP": picture("BMP"),
    "turned JPEG": picture("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    **{sample.title: sample.path.read_bytes() for sample in samples()[:2]},
}


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
def test_a_picture_is_the_same_as_if_it_were_decoded_here(decoders: Decoders, data: bytes) -> None:
    there, here = decoders.decode(data), decode(data)
    assert there.image.tobytes() == here.image.tobytes()
    assert (there.size, there.format, there.notes) == (here.size, here.format, here.notes)


@pytest.mark.parametrize("data", [b"", b"no picture", KINDS["GIF"][:40], b"\0" * (10 * 2**20 + 1)], ids=len)
def test_a_refusal_is_the_same_as_if_it_were_said_here(decoders: Decoders, data: bytes) -> None:
    with pytest.raises(PictureError) as here:
        decode(data)
    with pytest.raises(PictureError) as there:
        decoders.decode(data)
    assert str(there.value) == str(here.value)


def test_a_frame_is_the_same_as_if_it_were_decoded_here(decoders: Decoders) -> None:
    there, here = (decoder(KINDS["grey JPEG"], CIFAR) for decoder in (decoders.frame, decode_frame))
    assert there.image.tobytes() == here.image.tobytes()
    with pytest.raises(FrameError, match="must be a JPEG"):
        decoders.frame(KINDS["GIF"], CIFAR)


@pytest.mark.parametrize("deed", ["hang", "sleep"])
def test_a_decoder_that_does_not_end_is_ended(hurried: Decoders, deed: str) -> None:
    assert_refused_once(hurried, deed, SLOW)


@pytest.mark.parametrize("deed", ["abort", "read address 0", "leave", "allocate beyond Python"])
def test_a_decoder_that_falls_takes_nobody_along(obedient: Decoders, deed: str) -> None:
    assert_refused_once(obedient, deed, FAILED)


@pytest.mark.parametrize(
    "deed",
    [
        "allocate",
        "open a file",
        "close 0, then open a file",
        "close 0, then open a socket",
        "start a process",
        "exhaust the stack",
    ],
)
def test_a_decoder_gets_no_more_than_it_may_have(obedient: Decoders, deed: str) -> None:
    """Of memory, of files, of connections, of processes, of depth: what is refused to it ends it, and is told."""
    assert_refused_once(obedient, deed, FAILED)


@pytest.mark.parametrize("answer", bad_decoders.ANSWERS)
def test_a_decoder_that_answers_garbage_is_not_believed(obedient: Decoders, answer: str) -> None:
    assert_refused_once(obedient, answer, FAILED)


def test_an_answer_that_was_not_read_is_never_another_pictures(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where this process has no memory for it: the decoder that keeps it is ended."""

    def fails(*_: object) -> None:
        raise MemoryError

    decoders.decode(KINDS["GIF"])
    with monkeypatch.context() as patched:
        patched.setattr(decoding.worker, "read", fails)
        with pytest.raises(MemoryError):
            decoders.decode(KINDS["BMP"])
    assert decoders.decode(KINDS["GIF"]).format == "GIF"


def test_a_decoder_that_answers_as_its_time_is_over_is_not_asked_again(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[decoding._Worker] = []
    read, said = decoding.worker.read, decoding._Worker._said

    def noted(process: decoding._Worker, *rest: Any) -> Any:
        asked.append(process)
        return said(process, *rest)

    def late(*answer: Any) -> Any:
        told = read(*answer)
        asked[-1]._was_late = True  # and its end is on its way
        return told

    monkeypatch.setattr(decoding._Worker, "_said", noted)
    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(decoding.worker, "read", late)
        decoders.decode(picture("PNG"))
    assert not asked[-1].is_alive
    decoders.decode(picture("PNG"))
    assert asked[-1] is not asked[0]


def assert_refused_once(decoders: Decoders, wish: str, sentence: str) -> None:
    with pytest.raises(PictureError) as refused:
        decoders.decode(wish.encode())
    assert str(refused.value) == sentence
    assert decoders.decode(KINDS["GIF"]).size == (37, 23)


def test_who_comes_while_every_decoder_is_at_work_is_told_so() -> None:
    decoders = Decoders(1, seconds=2.0, patience=0.1, command=BAD)
    decoders.decode(KINDS["GIF"])
    with ThreadPoolExecutor(1) as other:
        hanging = other.submit(decoders.decode, b"hang")
        told = None
        while told is None:  # until the other has come
            try:
                decoders.decode(KINDS["GIF"])
            except PictureError as refused:
                told = str(refused)
        assert told == CROWDED
        with pytest.raises(PictureError, match="took too long"):
            hanging.result()
    decoders.close()


def test_one_person_cannot_have_every_decoder() -> None:
    decoders = Decoders(2, seconds=2.0, patience=0.1, command=BAD)
    with ThreadPoolExecutor(1) as other:
        hanging = other.submit(decoders.decode, b"hang", "mallory")
        told = None
        while told is None:  # until the other has come
            try:
                decoders.decode(KINDS["GIF"], "mallory")
            except PictureError as refused:
                told = str(refused)
        assert told == YOURS
        assert decoders.decode(KINDS["GIF"], "alice").size == (37, 23)
        with pytest.raises(PictureError, match="took too long"):
            hanging.result()
    assert decoders.decode(KINDS["GIF"], "mallory").size == (37, 23)
    decoders.close()


def test_where_no_decoder_can_be_started_a_sentence_says_so() -> None:
    babble = "print('I am ready, or am I?')"
    for command in (("/no/such/program",), *((sys.executable, "-c", text) for text in ("pass", babble))):
        with pytest.raises(PictureError) as refused:
            Decoders(1, command=command).decode(KINDS["GIF"])
        assert str(refused.value) == NONE


def test_a_decoder_knows_nothing_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "do not tell")
    assert "do not tell" not in str(decoding._environment())


def test_no_decoder_outlives_who_started_it(decoders: Decoders) -> None:
    """Its input ends, and so does it: shown by closing the one end that this process holds."""
    one = Decoders(1)
    one.decode(KINDS["GIF"])
    process = one._places.get()
    assert process is not None
    assert process._process.stdin is not None
    process._process.stdin.close()
    assert process._process.wait(30) == 0
    process.end()
