"""Learn as Streamlit runs it, without a browser: filters, protocols, links that open networks, nonsense in the link."""

import json
import re
from html import unescape
from urllib.parse import unquote

import pytest
from pages import opened, page_text
from streamlit.testing.v1 import AppTest

from app.components import timeline
from app.components.timeline import _follow
from resnet_core import SpecError, parse
from resnet_core.seed_claims import STATUSES, WRONG, search, seed_claims, tally
from resnet_core.timeline import MEASURES, answer, moments, protocols, series


def quotes(app: AppTest) -> list[str]:
    return [unescape(text) for text in re.findall(r"<blockquote>“(.*?)”</blockquote>", page_text(app), re.DOTALL)]


def figure(app: AppTest) -> dict:
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def test_the_page_asks_a_question_answers_it_and_shows_wrong_claims_first() -> None:
    app = opened("learn")
    assert "?</h1>" in page_text(app)
    assert answer() in unescape(page_text(app))
    assert tally() in unescape(page_text(app))
    assert quotes(app) == [claim.quote for claim in seed_claims()]
    assert seed_claims()[0].status == WRONG


@pytest.mark.parametrize("status", STATUSES)
def test_claims_are_filtered_by_verdict_from_the_link(status: str) -> None:
    assert quotes(opened("learn", claim=status)) == [claim.quote for claim in search([status])]


def test_claims_are_searched_from_the_link_and_an_empty_search_says_what_to_do() -> None:
    app = opened("learn", about="alexnet million")
    assert quotes(app) == [claim.quote for claim in search(words="alexnet million")] != []
    app.get_by_key("about").set_value("no such words").run()
    assert not app.exception
    assert quotes(app) == []
    assert "leave out a word" in page_text(app)


@pytest.mark.parametrize("words", ["<script>alert(1)</script>", "(" * 500, "\\", "%", "“”"])
def test_strange_words_find_nothing_and_are_not_repeated(words: str) -> None:
    app = opened("learn", about=words)
    assert "<script>alert" not in page_text(app)
    assert len(quotes(app)) <= len(seed_claims())


@pytest.mark.parametrize("key", ["claim", "timeline", "protocol"])
@pytest.mark.parametrize("nonsense", ["<b>nonsense</b>", "", "0", "wrong,holds"])
def test_nonsense_in_the_link_leaves_the_page_as_it_is(key: str, nonsense: str) -> None:
    assert page_text(opened("learn", **{key: nonsense})).endswith(page_text(opened("learn")))


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_is_drawn_for_every_network_once(measure: str) -> None:
    drawn = figure(opened("learn", timeline=measure))
    nets = [point[0] for trace in drawn["data"] for point in trace["customdata"]]
    assert sorted(nets) == sorted(moment.net for moment in moments())


@pytest.mark.parametrize("protocol", protocols())
def test_a_protocol_of_the_link_says_what_it_is_and_what_stands_apart(protocol: str) -> None:
    app = opened("learn", timeline="top-5 error", protocol=protocol)
    shown = series("top-5 error", protocol)
    assert shown.said in unescape(page_text(app))
    on_axis = [p[0] for t in figure(app)["data"] if t.get("yaxis") != "y2" for p in t["customdata"]]
    assert sorted(on_axis) == sorted(mark.moment.net for mark in shown.drawn)


def test_every_link_of_the_page_opens_a_network_or_a_page() -> None:
    links = re.findall(r'href="([^"]*)"', page_text(opened("learn")))
    assert len(links) == len(seed_claims()) + len(moments())
    for link in map(unescape, links):
        page, _, net = link.partition("?net=")
        if net:
            assert page == "./"
            assert str(parse(unquote(net))) == unquote(net)
        else:
            assert page in ("./verify", "./run")


def test_a_click_on_a_point_leads_where_its_link_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a browser there is no click: what the figure returns after one is given by hand."""
    led: list[str] = []
    monkeypatch.setattr(timeline, "_leaving", lambda key, data: led.append(data["address"]))
    _follow([])
    assert led == []
    _follow([{"customdata": ["resnet-18,shortcut=A", "told"]}])
    assert led == ["./?net=resnet-18,shortcut=A"]
    with pytest.raises(SpecError):
        _follow([{"customdata": ["</script><script>alert(1)", "told"]}])
