"""The report: one page that needs nothing else, says all of it, and runs nothing that it quotes."""

import re
from html.parser import HTMLParser

import pytest

from resnet_core import ZOO, analyse, parse, units, verify
from resnet_core.bibliography import papers
from resnet_core.counts import CONVENTION
from resnet_core.report import report
from resnet_core.verify import verdicts

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """The page's text, its tags, and whether every one that opens is closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.said: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.said)


@pytest.mark.parametrize("name", ["resnet-50", "cifar-resnet-20", "densenet-121", "googlenet,aux=yes", "lenet-5"])
def test_the_page_is_whole_and_says_what_the_network_costs(name: str) -> None:
    spec = parse(name)
    page, analysis = Reader(report(spec)), analyse(parse(name))
    assert page.open == []
    for row in analysis.rows:
        assert row.name in page.text
    for stage in analysis.stages:
        assert units.exact(stage.totals.params) in page.text
    assert page.tags.count("details") == len(analysis.stages)
    assert f"{CONVENTION}." in page.text
    for paper in papers(spec):
        assert paper.words in page.text
    assert f"python -m resnet_core table {spec}" in page.text


def test_published_figures_stand_beside_ours_with_their_reasons() -> None:
    found = verdicts(ZOO["resnet-50"])
    page = Reader(report(ZOO["resnet-50"]))
    assert found == verify(["resnet-50"])
    for verdict in found:
        assert verdict.conclusion in page.text
        assert verdict.source in page.text
        assert verdict.reason is None or verdict.reason in page.text
    assert "No source quoted here prints a figure of exactly this network." in report(parse("resnet-50,classes=7"))


def test_the_page_asks_for_nothing() -> None:
    page = report(ZOO["resnet-50"])
    assert not re.search(r'(?:src|href|url\(|@import|action)\s*[=("]', page)
    assert {"script", "link", "img", "iframe"} & set(Reader(page).tags) == set()
    assert "default-src 'none'" in page


def test_both_themes_and_paper_have_their_colours() -> None:
    page = report(ZOO["resnet-18"])
    assert "color-scheme: light dark" in page
    assert "@media print" in page
    assert '<html lang="en">' in page
