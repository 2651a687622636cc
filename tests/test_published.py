"""Published figures: rows of data with their printed digits and their sources, and nothing of our own among them."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from resnet_core import parse, published
from resnet_core.describe import title
from resnet_core.published import PAPER, Figure, figures
from resnet_core.verdict import QUANTITIES, SPECIAL, TEXTS, Verdict
from resnet_core.verify import verify


def test_every_figure_is_of_a_network_that_can_be_built_and_says_where_it_stands() -> None:
    for figure in figures():
        assert str(parse(figure.arch)) == figure.arch
        assert figure.measured or figure.quantity in {*TEXTS, *QUANTITIES, *SPECIAL}
        assert figure.source.endswith(figure.table)
        assert re.search(r"arXiv:\d{4}\.\d{4}|doi:10\.|torchvision \d|README|gist of", figure.source), figure
        if figure.stage:
            assert figure.quantity in (*TEXTS, "params")


def test_an_error_is_quoted_with_its_protocol_and_nothing_else_has_one() -> None:
    for figure in figures():
        assert (figure.protocol is not None) == figure.measured, figure
        if figure.measured:
            assert re.search(r"ImageNet|CIFAR|SVHN", str(figure.protocol))


def test_protocols_of_one_network_and_quantity_are_never_mixed() -> None:
    """Two figures of one error by one protocol from one source would be one too many."""
    places = Counter((f.arch, f.quantity, f.protocol, f.source) for f in figures() if f.measured)
    assert not [place for place, times in places.items() if times > 1]


def test_a_reason_for_a_difference_stands_only_beside_the_figures_that_it_is_about() -> None:
    """A reason that figures share names those of them that agree, by their net or by their digits."""
    shared: dict[str, list[Verdict]] = {}
    for verdict in verify():
        shared.setdefault(verdict.reason or "", []).append(verdict)
    del shared[""]
    for reason, found in shared.items():
        if not all(verdict.agrees for verdict in found):
            for verdict in found:
                net = title(parse(verdict.figure.arch)).removeprefix("CIFAR ")
                assert not verdict.agrees or re.search(rf"{net}\b|\b{re.escape(verdict.figure.printed)}\b", reason), (
                    verdict.label
                )
    assert len(shared) > 10


def test_a_reason_of_one_figure_names_one_of_its_row() -> None:
    rows = tomllib.loads(Path(published.__file__).with_name("published.toml").read_text("utf-8"))["figure"]
    reasons = [(row["reason"], row["arch"]) for row in rows if isinstance(row.get("reason"), dict)]
    assert reasons
    for of_each, archs in reasons:
        assert set(of_each) <= set(archs)


def test_every_source_is_quoted() -> None:
    data = tomllib.loads(Path(published.__file__).with_name("published.toml").read_text("utf-8"))
    assert {row["source"] for row in data["figure"]} == set(data["source"])


def test_the_digits_stand_as_printed() -> None:
    for figure in figures():
        if figure.quantity not in TEXTS:
            assert re.fullmatch(r">?\d+(\.\d+)?|\d+\^\d+|fail", figure.printed), figure
        assert figure.unit in (1, 10**3, 10**6, 10**9)


@pytest.mark.parametrize(
    ("place", "printed", "arch", "protocol"),
    [
        ("1603.05027, Table 4", "4.62", "cifar-resnet-1001-v2", "CIFAR-10 test, median of five runs, minibatch of 64"),
        ("1512.03385, Table 5", "3.57", "resnet-152", "ImageNet test, ensemble of six, the deepest of 152 layers"),
        ("1512.03385, Table 5", "7.32", "vgg-19", "ImageNet test, ensemble, the deepest of 19 layers"),
        ("fb.resnet.torch, 1-crop", "24.01", "resnet-50-v1.5,order=bn-after-add", "ImageNet validation, 1-crop"),
        ("fb.resnet.torch, 1-crop", "5.79", "resnet-200-v2,stride_on=3x3", "ImageNet validation, 1-crop"),
    ],
)
def test_an_error_stands_under_the_network_and_the_protocol_it_was_measured_with(
    place: str, printed: str, arch: str, protocol: str
) -> None:
    found = [f for f in figures() if f.measured and f.printed == printed and f.source.endswith(place)]
    assert [(f.arch, f.protocol) for f in found] == [(arch, protocol)]


def test_no_figure_stands_there_twice() -> None:
    places = Counter((f.arch, f.quantity, f.stage, f.source, f.protocol) for f in figures())
    assert not [place for place, times in places.items() if times > 1]


def test_papers_and_their_authors_come_before_others() -> None:
    others = [figure.publisher not in (PAPER, "authors") for figure in figures()]
    assert others == sorted(others)


@pytest.mark.parametrize(
    ("arch", "quantity", "shown"),
    [
        ("resnet-50", "macs", "3.8 G"),
        ("cifar-resnet-20", "params", "0.27 M"),
        ("resnet-34", "params", "21,797,672"),
        ("resnet-101", "receptive field", "1,027 px"),
        ("cifar-resnet-1202", "layers", "1,202"),
    ],
)
def test_printed_digits_are_shown_with_their_unit(arch: str, quantity: str, shown: str) -> None:
    assert _figure(arch, quantity).shown == shown


def test_a_printed_text_is_shown_as_it_stands() -> None:
    assert [f.shown for f in figures() if (f.arch, f.stage) == ("resnet-34", "conv3_x")] == [
        "28×28",
        "[3×3, 128; 3×3, 128] × 4",
    ]


def test_the_papers_flops_row_is_entered_to_the_digit() -> None:
    nets = ("resnet-18", "resnet-34", "resnet-50", "resnet-101", "resnet-152")
    assert [_figure(arch, "macs").printed for arch in nets] == ["1.8", "3.6", "3.8", "7.6", "11.3"]


def _figure(arch: str, quantity: str) -> Figure:
    return next(f for f in figures() if (f.arch, f.quantity) == (arch, quantity))
