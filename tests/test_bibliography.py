"""BibTeX: the papers of a network, each once, by keys that zoo and figures already have."""

import re

import pytest

from resnet_core import FAMILIES, ZOO, figures, parse
from resnet_core.bibliography import bibtex, cited, papers, references
from resnet_core.published import PAPER


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.title)
def test_every_family_has_its_paper(family) -> None:
    key = cited(family.paper)
    assert key is not None
    number = re.search(r"arXiv:([\d.]+)", family.paper)
    if number:
        assert references()[key].fields["eprint"] == number[1]
    for spec in family.rows.values():
        assert papers(spec)[0].key == key


def test_every_paper_that_prints_a_figure_has_an_entry_and_every_entry_is_used() -> None:
    printing = {figure.source for figure in figures() if figure.publisher == PAPER}
    assert {source for source in printing if cited(source) is None} == set()
    for source in printing:
        number = re.search(r"arXiv:([\d.]+)", source)
        if number:
            assert references()[str(cited(source))].fields["eprint"] == number[1]
    assert {paper.key for spec in ZOO.values() for paper in papers(spec)} == set(references())


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("resnet-18,size=96", ["he-2015", "ioffe-2015"]),
        ("resnet-18,order=pre,size=96", ["he-2015", "he-2016", "ioffe-2015"]),
        ("cifar-resnet-20,skip=dropout", ["he-2015", "he-2016", "ioffe-2015"]),
        ("cifar-resnet-20,survival=0.5", ["he-2015", "huang-2016", "ioffe-2015"]),
        ("resnext-50-32x4d,size=96", ["xie-2017", "he-2015", "goyal-2017", "ioffe-2015"]),
        ("googlenet-torchvision,size=96", ["szegedy-2015", "ioffe-2015", "torchvision"]),
        ("vgg-11,classes=9", ["simonyan-2015"]),
    ],
)
def test_options_bring_their_papers(name: str, keys: list[str]) -> None:
    assert [paper.key for paper in papers(parse(name))] == keys
    assert re.findall(r"^@\w+\{(.+),$", bibtex(parse(name)), re.MULTILINE) == keys


@pytest.mark.parametrize("key", references())
def test_entries_are_whole_and_in_seven_bits(key: str) -> None:
    entry = references()[key].bibtex
    assert entry.isascii()
    assert entry.count("{") == entry.count("}")
    assert {"author", "title", "year"} <= set(re.findall(r"^  (\w+) = \{", entry, re.MULTILINE))
    assert all(line.endswith("},") for line in entry.splitlines()[1:-2])


def test_accents_are_commands() -> None:
    assert r"Doll{\'a}r, Piotr" in bibtex(ZOO["resnext-50-32x4d"])
    assert r"Schmidhuber, J{\"u}rgen" in bibtex(ZOO["cifar-highway-19"])


def test_a_reader_is_told_who_when_what_and_where() -> None:
    assert papers(ZOO["resnet-18"])[0].words == (
        "He, Zhang, Ren, Sun 2016. Deep Residual Learning for Image Recognition. Proceedings of the IEEE Conference "
        "on Computer Vision and Pattern Recognition (CVPR), arXiv:1512.03385."
    )
