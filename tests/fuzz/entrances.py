"""Every entrance that takes bytes or text from strangers, and what must hold whatever comes in: a Refusal or an answer.

Each takes bytes, and raises where something else happens. Hypothesis and atheris knock at the same ones.
"""

import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image

from app.first_sight import first_sight
from app.origins import is_known, is_own
from app.visitors import COOKIE, visitor
from resnet_core import ZOO, Refusal, analyse, parse
from resnet_core.cards import read_card
from resnet_core.decoding import _picture
from resnet_core.decoding_worker import WireError, packed, read
from resnet_core.frames import decode_to, jpeg_of, number_of
from resnet_core.identify import match_keys, read_count
from resnet_core.lesson_answers import judged, readings
from resnet_core.lesson_file import parse_lesson
from resnet_core.lesson_values import filled, value
from resnet_core.lesson_views import read_view
from resnet_core.lesson_walk import place
from resnet_core.lessons import FOLDER, shelf
from resnet_core.live_protocol import read_settings
from resnet_core.painting import check
from resnet_core.pictures import MOST_PIXELS, decode
from resnet_core.state_keys import read_keys
from resnet_core.tensor_files import read_tensors

Entrance = Callable[[bytes], None]
LESSONS = shelf().lessons[:2]
ANSWERS = (value("parameters of resnet-34"), value("7 / 2 as percent"))


class BrokenPromise(AssertionError):
    """What should have held did not."""


@contextmanager
def refusing() -> Iterator[None]:
    """A refusal is an answer: one sentence, without a traceback and without what a terminal would obey."""
    try:
        yield
    except Refusal as refused:
        said = str(refused)
        require(said[-1:] in ".?" and said[:1] != "", "a sentence")
        require("Traceback" not in said and "\x1b" not in said and "\0" not in said, "plain text")
        require(len(said) < 2_000, "a short one")


def require(holds: bool, what: str) -> None:
    if not holds:
        raise BrokenPromise(f"It is not {what}.")


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def uploads(data: bytes) -> None:
    with refusing():
        picture = decode(data)
        width, height = picture.image.size
        require(picture.image.mode == "RGB" and 0 < width * height <= MOST_PIXELS, "an RGB picture of bounded size")


def frames(data: bytes) -> None:
    with refusing():
        number_of(data)
        require(decode_to(jpeg_of(data), 32).image.mode == "RGB", "an RGB picture")


def names(data: bytes) -> None:
    """Of networks, from links, the command line and messages: what is read is written so that it is read again."""
    with refusing():
        spec = parse(text_of(data))
        require(parse(str(spec)) == spec, "the same network again")


def settings(data: bytes) -> None:
    with refusing():
        wanted = read_settings(text_of(data))
        check(analyse(wanted.spec), wanted.paint, wanted.tensor, wanted.channel)


def state_dicts(data: bytes) -> None:
    with refusing():
        for name, shape in read_keys(data).items():
            require(name.isprintable(), "printable")
            require(shape is None or all(side >= 0 for side in shape), "a shape")


def matches(data: bytes) -> None:
    with refusing():
        match_keys(read_keys(data))


def safetensors(data: bytes) -> None:
    _weights(data, "x.safetensors")


def torch_files(data: bytes) -> None:
    _weights(data, "x.pth")


def _weights(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder, refusing():
        file = Path(folder) / name
        file.write_bytes(data)
        found = read_tensors(file, hashlib.sha256(data).hexdigest())
        require(all(isinstance(name, str) for name in found), "a table of names")


def cards(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, refusing():
        file = Path(folder) / "x.json"
        file.write_bytes(data)
        require(read_card(file).file.parent == Path(folder), "a file beside its card")


def lesson_files(data: bytes) -> None:
    with refusing():
        parse_lesson(text_of(data), "11-fuzzed.md")


def lesson_text(data: bytes) -> None:
    for read_it in (filled, value, read_view, read_count):
        with refusing():
            read_it(text_of(data))


def answers(data: bytes) -> None:
    text = text_of(data)
    with refusing():
        readings(text)
    for answer in ANSWERS:
        with refusing():
            judged(answer, text)


def places(data: bytes) -> None:
    for lesson in LESSONS:
        place(lesson, text_of(data))


def links(data: bytes) -> None:
    """Explore's first sight: no text of a link ends a script, or begins one."""
    query = text_of(data)
    html = first_sight("/", query, "nonce")
    require(html.count("<script") == html.count("</script>") == (1 if html else 0), "one script")


def headers(data: bytes) -> None:
    text = data.decode("latin-1")
    is_own(text, "a")
    is_own("http://a", text)
    is_known(text, ("a", "*.b"))
    require(visitor({"type": "http"}, {"cookie": f"{COOKIE}={text}"}).person is None, "nobody known")


def decoders_answers(data: bytes) -> None:
    """What a decoder that has gone over to the enemy may say."""
    source = io.BytesIO(data)
    with suppress(WireError), refusing():
        while answer := read(source, 2**20):
            with suppress(LookupError, TypeError, ValueError):
                _picture(*answer, 0.0)


def _file(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((24, 16)).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def _torch_file() -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save({"conv1.weight": torch.ones(1, 1, 3, 3), "fc.bias": torch.zeros(2)}, buffer)
    return buffer.getvalue()


def _safetensors() -> bytes:
    header = json.dumps({"conv1.weight": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(16)


_CARD = next((FOLDER.parent / "weights").glob("cifar*.json"))
_PICTURES = [_file(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP")] + [_file("JPEG", progressive=True)]
_NAMES = [name.encode() for name in ZOO]
_CHANGES = [b"resnet-34,shortcut=A,size=32", b"resnet-50,depths=3-4-6-3,size=97x64", b"resnet-50,depth=101"]
_LIST = b"conv1.weight [64, 3, 7, 7]\nfc.bias: torch.Size([1000])\nbn1.num_batches_tracked ()\n"
_FRONTS = [
    b"+++\n" + text + b"\n+++\n"
    for text in (b"title = " + b"[" * 2000, b"minutes = " + b"9" * 5000, b'["line 99999"]\n["line 99999"]')
]
ENTRANCES: dict[str, tuple[Entrance, list[bytes]]] = {
    "uploads": (uploads, _PICTURES),
    "frames": (frames, [bytes(4) + _PICTURES[0], bytes(4) + _PICTURES[-1]]),
    "names": (names, _NAMES + _CHANGES),
    "settings": (
        settings,
        [b'{"settings": 3, "net": "cifar-resnet-20", "paint": "cam", "tensor": "layer3.2", "channel": 0}'],
    ),
    "state_dicts": (state_dicts, [_LIST, _safetensors(), b'{"conv1.weight": [64, 3, 7, 7]}', b'["fc.bias"]']),
    "matches": (matches, [_LIST, _safetensors()]),
    "safetensors": (safetensors, [_safetensors()]),
    "torch_files": (torch_files, [_torch_file()]),
    "cards": (cards, [_CARD.read_bytes()]),
    "lesson_files": (lesson_files, [*(path.read_bytes() for path in sorted(FOLDER.glob("*.md"))[:3]), *_FRONTS]),
    "lesson_text": (
        lesson_text,
        [
            b"parameters of resnet-18 + 2 * multiply-adds of resnet-34 as percent",
            b"block resnet-50 layer3.1",
            b"{parameters of vgg-16}",
            b"4.12 G",
        ],
    ),
    "answers": (answers, [b"3.86 G", b"3,857,973,248", b"3.86e9", b"23 %", b"9 x 64 x 64", "9 × 64²".encode()]),
    "places": (places, [b"3", b"3-b-told", b"2-a"]),
    "links": (links, [b"net=resnet-34&op=layer1.0.conv1&colour=kind", b"net=resnet-18,shortcut=A&embed=true"]),
    "headers": (headers, [b"http://a", b"a.b", b"[::1]:80", b"abc.def; visitor=x"]),
    "decoders_answers": (
        decoders_answers,
        [
            packed({"size": [1, 1], "seen": [1, 1], "format": "PNG", "notes": []}, 3) + b"abc",
            packed({"refused": "No."}, 0),
        ],
    ),
}
"""By name, with valid things from which to start."""
