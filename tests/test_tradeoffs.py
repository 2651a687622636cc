"""Networks as points: errors never mix protocols; cardinality against width is the paper's Table 2, counted."""

import pytest

from resnet_core import ZOO, figures, parse, totals
from resnet_core.iso_cost import (
    CARDINALITIES,
    DEPTHS,
    QUANTITIES,
    TABLE_TWO,
    budget,
    curve,
    law,
    network,
    paper_settings,
    preserved_sentence,
    whole_settings,
)
from resnet_core.tradeoffs import (
    AXES,
    CIFAR,
    ERROR,
    EVERY,
    FEWEST,
    IMAGENET,
    MEASURES,
    answer,
    frontier,
    point,
    points,
    protocols,
    usual_protocol,
)

ONE_CROP = "top-1 error, ImageNet validation, 1-crop"


def test_every_network_of_the_zoo_is_a_point_with_its_own_numbers() -> None:
    shown = points()
    assert [of.net for of in shown] == [str(spec) for spec in ZOO.values()]
    for of in shown:
        whole = totals(parse(of.net))
        assert [of.value(axis) for axis in AXES] == [
            *(whole.params, whole.macs, whole.peak_bytes, whole.layers, whole.receptive_field)
        ]
        assert of.value(ERROR) is None


def test_the_networks_of_a_data_set_stand_alone() -> None:
    imagenet, cifar = points(IMAGENET), points(CIFAR)
    assert {*imagenet, *cifar} == {*points(EVERY)}
    assert not {*imagenet} & {*cifar}
    assert {parse(of.net).classes for of in imagenet} == {1000}


@pytest.mark.parametrize("name", protocols())
def test_errors_of_one_protocol_stand_together_each_with_its_printed_digits(name: str) -> None:
    measure, protocol = protocols()[name]
    shown = points(protocol=name)
    assert len(shown) >= FEWEST
    printed = {
        (parse(figure.arch), figure.printed)
        for figure in figures()
        if figure.protocol == protocol and figure.quantity in (measure, measure.replace("error", "accuracy"))
    }
    for of in shown:
        assert of.error is not None
        digits = of.error.shown.split()[0]
        assert (parse(of.net), digits) in printed or any(
            spec == parse(of.net) and float(digits) == pytest.approx(100 - float(text)) for spec, text in printed
        )
        assert any(of.error.source in line for line in of.told)


def test_the_four_errors_of_resnet_50_never_share_a_figure() -> None:
    found = {name: point(parse("resnet-50"), name).error for name in protocols() if name.startswith("top-1")}
    quoted = {name: error.percent for name, error in found.items() if error}
    assert quoted["top-1 error, ImageNet validation, 10-crop, one model"] == 22.85
    assert quoted["top-1 error, ImageNet validation, multi-scale, one model"] == 20.74
    assert quoted["top-1 error, ImageNet validation, 1-crop, one model"] == 24.7
    torchvision = point(parse("resnet-50-v1.5"), "top-1 error, ImageNet validation, 1-crop, IMAGENET1K_V1").error
    assert torchvision is not None
    assert torchvision.shown == "23.870 % top-1 error"


def test_the_usual_protocol_is_one_that_the_network_was_measured_by() -> None:
    assert point(parse("resnet-50"), usual_protocol(parse("resnet-50"))).error
    assert usual_protocol(parse("resnext-50-32x4d")) == ONE_CROP
    assert usual_protocol(parse("lenet-5")) == next(iter(protocols()))


def test_the_edge_holds_the_networks_that_no_other_beats_on_both_axes() -> None:
    shown = points(protocol=ONE_CROP)
    best = frontier("multiply-adds", ERROR, shown)
    assert best
    for of in shown:
        beaten = any(
            other.totals.macs <= of.totals.macs
            and other.value(ERROR) <= of.value(ERROR)  # type: ignore[operator]
            and (other.totals.macs, other.value(ERROR)) != (of.totals.macs, of.value(ERROR))
            for other in shown
        )
        if of in best:
            assert not beaten
        elif not beaten:  # the twin of one that is there
            assert (of.totals.macs, of.value(ERROR)) in {(one.totals.macs, one.value(ERROR)) for one in best}
    assert best[0].title in answer("multiply-adds", ERROR, shown)


def test_where_more_is_no_cost_there_is_no_edge() -> None:
    assert frontier("depth", "parameters", points()) == ()
    assert frontier("parameters", "parameters", points()) == ()
    assert answer("depth", "parameters", points()) == f"{len(ZOO)} networks."


@pytest.mark.parametrize("measure", MEASURES)
def test_every_number_can_be_shown(measure: str) -> None:
    for of in points():
        assert of.shown(measure)


@pytest.mark.parametrize("layers", DEPTHS)
@pytest.mark.parametrize("quantity", QUANTITIES.values())
@pytest.mark.parametrize("setting", [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4), (64, 4), (16, 9), (1, 100), (3, 21)])
def test_the_law_counts_what_the_network_counts(layers: int, quantity: str, setting: tuple[int, int]) -> None:
    whole = totals(network(layers, *setting))
    assert law(layers, quantity).cost(*setting) == getattr(whole, quantity)


def test_table_two_is_the_zoos_networks() -> None:
    for paths, width in TABLE_TWO.items():
        name = f"resnext-50-{paths}x{width}d" if paths > 1 else "resnet-50-v1.5"
        assert network(50, paths, width) == ZOO[name]


def test_preserved_complexity_is_told_as_far_as_it_goes() -> None:
    off = {setting.name: setting.off for setting in paper_settings(50, "macs")}
    assert off == {"1×64d": "0.0 %", "2×40d": "+0.9 %", "4×24d": "+1.7 %", "8×14d": "+4.4 %", "32×4d": "+3.5 %"}
    assert [setting.name for setting in paper_settings(50, "macs") if not setting.preserved] == ["8×14d"]
    assert all(setting.preserved for setting in paper_settings(50, "params"))
    assert "+0.9 % (2×40d) to +4.4 % (8×14d)" in preserved_sentence(50)
    assert "−2.1 % (32×4d) to +0.2 % (8×14d)" in preserved_sentence(50)


@pytest.mark.parametrize("layers", DEPTHS)
@pytest.mark.parametrize("quantity", QUANTITIES.values())
@pytest.mark.parametrize("percent", [60, 100, 235])
def test_the_width_on_the_curve_costs_the_budget_and_no_whole_width_comes_closer(
    layers: int, quantity: str, percent: int
) -> None:
    aim = budget(layers, quantity, percent)
    of = law(layers, quantity)
    for paths, width in curve(layers, quantity, percent):
        cost = float(of.fixed) + paths * width * (float(of.linear) + float(of.square) * width)
        assert cost == pytest.approx(aim, rel=1e-6)
    for setting in whole_settings(layers, quantity, percent):
        away = abs(of.cost(setting.cardinality, setting.width) - aim)
        for width in range(max(1, setting.width - 3), setting.width + 4):
            assert away <= abs(of.cost(setting.cardinality, width) - aim)
    assert [setting.cardinality for setting in whole_settings(layers, quantity, percent)] == [*CARDINALITIES]


def test_where_a_budget_leaves_nothing_for_the_paths_there_is_no_width() -> None:
    assert law(50, "macs").width(1, 1000) == 0
