"""Compare, without a browser: pairs, the other network in the link, refusals, and the trade-offs behind the tab."""

import json
import re
from html import unescape
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from test_app import opened, page_text, refusals

from resnet_core import parse
from resnet_core.compare import compare
from resnet_core.iso_cost import whole_settings
from resnet_core.partners import PAIRS
from resnet_core.tradeoffs import ERROR, points, usual_protocol

SENTENCE = (
    "Stride moved from conv1 to conv2 in 3 blocks: +231.2 M multiply-adds, parameters unchanged, "
    "receptive field 483 → 427."
)


def compared(**parameters: str) -> AppTest:
    app = opened(**parameters)
    app.switch_page("views/compare.py").run()
    assert not app.exception
    return app


def text(app: AppTest) -> str:
    return unescape(page_text(app))


def figures(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def changed_cells(app: AppTest) -> list[str]:
    return re.findall(r'<td class="n rx-cell-changed">(.*?)</td>', text(app))


def test_the_page_opens_on_the_papers_resnet_50_beside_the_libraries() -> None:
    app = compared()
    assert f"<h1>{PAIRS[0].question}</h1>" in text(app)
    assert SENTENCE in text(app)
    assert "−56 px" in text(app)
    assert app.get_by_key("pair").value == "v1 ⇄ v1.5"
    assert app.get_by_key("with").value == ""
    assert len(app.get("bidi_component")) == 1  # both maps, which are panned together


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.label)
def test_a_pair_is_one_click_away_and_its_changes_are_told(pair: Any) -> None:
    app = compared(net="vgg-16")
    app.get_by_key("pair").set_value(pair.label).run()
    assert not app.exception
    assert (app.get_by_key("net").value, app.get_by_key("with").value) == (pair.one, pair.other)
    found = compare(parse(pair.one), parse(pair.other))
    assert pair.question in text(app)
    for sentence in found.sentences:
        assert sentence in text(app)


def test_a_link_opens_two_networks_and_a_swap_turns_them_round() -> None:
    app = compared(net="resnet-18", **{"with": "cifar-resnet-20"})
    assert "6 changes" in text(app)
    assert "A 3×3 stem in place of 7×7" in text(app)
    app.get_by_key("swap").click().run()
    assert not app.exception
    assert (app.get_by_key("net").value, app.get_by_key("with").value) == ("cifar-resnet-20", "resnet-18")
    assert "A 7×7 stem in place of 3×3" in text(app)
    assert "<b>cifar-resnet-20</b>" in text(app)
    assert [notice.value for notice in app.toast] == [
        "Turned round. The sidebar now shows cifar-resnet-20. The browser's Back undoes it."
    ]
    app.run()
    assert not app.toast


def test_changes_alone_name_the_other_network() -> None:
    assert "zero padding in place of a projection around 3 blocks" in text(
        compared(net="resnet-34", **{"with": "shortcut=A"})
    )


@pytest.mark.parametrize("nonsense", ["resnet-51", "shortcut=Q", "<script>alert(1)</script>", "=", "x" * 600])
def test_a_text_that_names_no_network_is_refused_beside_the_usual_partner_whatever_stood_there_before(
    nonsense: str,
) -> None:
    app = compared(**{"with": "resnet-101"})
    app.get_by_key("with").set_value(nonsense).run()
    assert not app.exception
    (refusal,) = refusals(app)
    assert refusal.endswith(" Until then it is held against ResNet-50 v1.5.")
    assert "from ResNet-50 to ResNet-50 v1.5" in text(app)
    assert "ResNet-101" not in text(app)
    assert "<script>alert" not in page_text(app)


def test_nonsense_in_the_link_is_refused_beside_the_obvious_partner() -> None:
    app = compared(**{"with": "frog", "compared": "frog", "fall": "frog", "only": "frog", "stages": "frog"})
    assert refusals(app)[-1].endswith("Until then it is held against ResNet-50 v1.5.")
    assert SENTENCE in text(app)


def test_a_network_beside_itself_is_told_kindly() -> None:
    app = compared(**{"with": "resnet-50"})
    assert "Nothing: both are ResNet-50, layer for layer" in text(app)
    assert "take one of the pairs" in text(app)
    assert "Nothing differs here" in text(app)
    assert changed_cells(app) == []


def test_only_what_differs_is_shown_and_coloured_until_all_is_wanted() -> None:
    app = compared()
    some = changed_cells(app)
    assert "56×56" not in "".join(cell for cell in some if "→" not in cell)
    assert all("→" in cell for cell in some)
    assert ">layer1.0" not in text(app)
    app.get_by_key("only").set_value(False).run()
    assert "conv2_x · layer1.0" in text(app)
    assert changed_cells(app) == some


def test_what_only_one_network_has_wears_a_sign_with_its_name() -> None:
    app = compared(net="resnet-50", **{"with": "resnet-50-v2"})
    assert '<tr class="rx-gone"><td class="rx-sign"><span title="only in ResNet-50">−</span>' in text(app)
    assert '<tr class="rx-new"><td class="rx-sign"><span title="only in ResNet-50 v2">+</span>' in text(app)


def test_a_stage_of_another_pair_in_the_link_shows_all_stages() -> None:
    app = compared(net="resnet-50", stages="conv3_x")
    assert "conv4_x ·" not in text(app)
    app.get_by_key("net").set_value("densenet-121").run()
    assert not app.exception
    assert app.get_by_key("stages").value == "all stages"


def test_what_does_not_change_has_no_waterfall() -> None:
    app = compared(net="resnet-50", fall="parameters")
    assert "No change of the parameters: 25.56 M all the way." in text(app)
    assert '<ol class="rx-fall">' not in text(app)


def test_the_largest_networks_are_shown_as_far_as_a_page_can() -> None:
    app = compared(net="densenet-264", **{"with": "densenet-201"})
    assert "The first 300 of" in text(app)


def test_the_tradeoffs_show_every_network_of_a_protocol_and_mark_the_two() -> None:
    app = compared(compared="Trade-offs")
    scatter, iso = figures(app)
    names = [net for trace in scatter["data"] for net, _ in trace.get("customdata", [])]
    assert sorted(names) == sorted(of.net for of in points(protocol=usual_protocol(parse("resnet-50"))))
    symbols = [trace["marker"]["symbol"] for trace in scatter["data"] if trace.get("customdata")]
    assert len(symbols) == len(set(symbols))
    assert "for it has no such figure: ResNet-50 v1.5" in text(app)
    assert "8×14d +4.4 %" in [label for trace in iso["data"] for label in trace.get("text", [])]


def test_the_axes_are_in_the_link() -> None:
    app = compared(compared="Trade-offs", across="depth", up="receptive field", dataset="CIFAR and digits")
    scatter = figures(app)[0]
    assert scatter["layout"]["xaxis"]["title"]["text"] == "weighted layers"
    names = {net for trace in scatter["data"] for net, _ in trace.get("customdata", [])}
    assert "cifar-resnet-1202" in names
    assert "resnet-50" not in names
    assert ERROR not in scatter["layout"]["yaxis"]["title"]["text"]


def test_nonsense_in_the_link_of_the_tradeoffs_is_forgotten() -> None:
    app = compared(
        compared="Trade-offs", across="frog", up="frog", measured_by="frog", iso_layers="frog", budget="frog"
    )
    assert len(figures(app)) == 2


def test_a_budget_moves_the_nearest_widths() -> None:
    app = compared(compared="Trade-offs", budget="200", iso_cost="parameters")
    assert "to 51.11 M parameters" in text(app)
    for setting in whole_settings(50, "params", 200):
        assert f">{setting.name}<" in text(app)
