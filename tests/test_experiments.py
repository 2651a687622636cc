"""Experiments as rows: texts with their numbers, recorded results that can be had again, answers that can be wrong."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from xml.etree import ElementTree

import pytest
from served import ROOT

from resnet_core import parse, totals, units
from resnet_core.curves import curve
from resnet_core.experiments import answers, untrained
from resnet_core.experiments.exact import EXACT, TRAINED
from resnet_core.experiments.lab import SETTINGS, Lab, Result, SettingError, Settings
from resnet_core.experiments.limits import most_pictures
from resnet_core.experiments.recorded import FOLDER, document, finished, read, steps, write
from resnet_core.experiments.running import subject
from resnet_core.experiments.table import LABS, lab
from resnet_core.experiments.tiny import tiny
from resnet_core.experiments.told import as_csv, cells, progress, told
from resnet_core.experiments.variants import variants
from resnet_core.inference_form import inference_form
from resnet_core.labs import saving
from resnet_core.labs.dropping import dropping
from resnet_core.labs.lesion import lesions
from resnet_core.paths import path_lengths
from resnet_core.refusal import Refusal
from resnet_core.weights import card_for

COLOURS = {"bias −1": "#111111", "bias −3": "#222222"}
BY_NAME = {one.name: one for one in LABS}
RECORDED = sorted(path.stem for path in FOLDER.glob("*.json") if not path.stem.startswith("cifar10"))


@pytest.mark.parametrize("one", LABS, ids=lambda one: one.name)
def test_every_experiment_opens_on_a_finished_result_that_answers_its_question(one: Lab) -> None:
    result = finished(one)
    assert result.lab == one.name
    assert result.done == 1
    assert {len(row) for row in result.rows} == {len(one.columns)}
    assert one.answer(result).words != one.answer(replace(result, rows=())).words
    _, *rows = cells(one, result)
    assert len(rows) == len(result.rows)
    assert all(cell for row in rows for cell in row)
    assert as_csv(one, result).count("\n") == len(result.rows) + 1


@pytest.mark.parametrize("one", LABS, ids=lambda one: one.name)
def test_every_text_is_told_with_its_numbers_and_every_figure_has_its_columns(one: Lab) -> None:
    assert one.question.endswith("?")
    assert 0 <= one.right < len(one.guesses)
    for text in (one.paper, one.limits):
        assert "{" not in told(text)
    names = {column.name for column in one.columns}
    assert {one.chart.x, *(name for measure in one.chart.y for name in measure)} <= names
    assert {*one.takes} <= {"model", *SETTINGS}
    assert "{" not in one.counted(one.usual)
    assert one.counted(one.usual)
    assert one.usual.model in one.models or "model" not in one.takes or card_for(parse(one.usual.model))


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_result_is_the_document_of_a_run_with_the_usual_settings(name: str) -> None:
    one, found = BY_NAME[name], json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert found["columns"] == [column.name for column in one.columns]
    assert found["settings"] == document(one, Result(name, one.usual, ()))["settings"]
    assert found["done"] == 1


def test_everything_that_is_not_computed_at_once_is_recorded() -> None:
    assert {*RECORDED} == {*BY_NAME} - {*EXACT, "degradation"}


def test_a_result_that_was_written_is_read_again(tmp_path: object) -> None:
    one = lab("paths")
    result = Result("paths", one.usual, ((0, 1, 0.25, 1e-5, None), (1, 2, 0.5, 3.0, 0.5)))
    assert read(write(one, result, tmp_path)) == result  # type: ignore[arg-type]


def test_opening_every_result_leaves_torch_alone() -> None:
    program = """
import sys
from resnet_core.experiments.recorded import finished
from resnet_core.experiments.table import LABS
from resnet_core.experiments.told import told
for one in LABS:
    one.answer(finished(one)), told(one.paper)
print("torch" in sys.modules)
"""
    assert _printed(program) == "False"


def _printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize(("name", "value"), [("pictures", 0), ("draws", 10**6), ("survival", 0.0), ("seconds", -1)])
def test_a_setting_out_of_its_range_is_refused_with_the_range(name: str, value: float) -> None:
    with pytest.raises(SettingError, match=f"^{name.capitalize()} cannot be .*: choose .* to"):
        replace(Settings(), **{name: value})


def test_an_unknown_experiment_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(SettingError, match="lesion, paths"):
        lab("leson")


def test_the_recorded_lesion_is_what_the_nets_do_on_the_test_pictures() -> None:
    """Nothing deleted, again, on all of the pictures; every single block deleted, again, on every twentieth."""
    one = lab("lesion")
    recorded = {(row[0], row[1]): row for row in finished(one).rows}
    assert recorded["cifar-resnet-56", 1][2] == 27
    assert recorded["cifar-plain-56", 1][2] == 25  # without the two that change the shape
    assert [key[1] for key in recorded] == [*range(11)] * 2
    for model in ("cifar-resnet-56", "cifar-plain-56"):
        on = subject(one.usual, parse(model))
        form = inference_form(on.network, on.pictures.device)
        *_, last = lesions(on.network, form, on.pictures, on.truth, (0,))
        (whole,) = last.rows
        assert whole.wrong is not None
        # two pictures at most between two answers: a processor with bfloat16 answers in that, another in float32
        before = recorded[model, 0][one.place("wrong")]
        assert isinstance(before, float)
        assert abs(round(500 * whole.wrong.mean) - round(500 * before)) <= 2
        some = slice(0, None, 20)
        *_, last = lesions(on.network, form, on.pictures[some], on.labels[some], (1,))
        (row,) = last.rows
        assert row.draws == recorded[model, 1][one.place("draws")]
        for estimate, column in ((row.wrong, "wrong"), (row.flips, "answer changed")):
            p = float(recorded[model, 1][one.place(column)] or 0)
            # three standard errors of a share, were the pictures drawn at random
            assert estimate is not None
            assert estimate.mean == pytest.approx(p, abs=3 * math.sqrt(p * (1 - p) / len(on.pictures[some])))


def test_the_recorded_paths_have_binomial_shares_and_their_products() -> None:
    rows = finished(lab("paths")).rows
    numbers = path_lengths(27)
    assert [row[2] for row in rows] == [number / 2**27 for number in numbers]
    products = [number * float(row[3] or 0) for number, row in zip(numbers, rows, strict=True)]
    assert [row[4] for row in rows] == pytest.approx([product / sum(products) for product in products])


def test_the_recorded_pathways_begin_again_as_they_were() -> None:
    one = lab("pathways")
    first = next(rows for result in steps(one, one.usual) if (rows := result.rows))[0]
    assert first[0] == finished(one).rows[-1][0] == "layer3.8"
    assert first[1:] == pytest.approx(finished(one).rows[-1][1:], rel=1e-3)


def test_the_recorded_equivalences_hold_again() -> None:
    one = lab("equivalences")
    (first,) = next(steps(one, one.usual)).rows
    recorded = finished(one).rows[0]
    assert first[:3] == recorded[:3]
    assert first[5:7] == recorded[5:7]
    assert float(first[3] or 0) < 1e-10


def test_the_recorded_beginnings_begin_again_as_they_were() -> None:
    one = lab("beginnings")
    (first,) = next(found.rows for found in steps(one, one.usual) if found.rows)
    assert first[:2] == ("original", "6.61")
    assert first[2:] == pytest.approx(finished(one).rows[0][2:], rel=0.05)
    assert len(finished(one).rows) == len(variants()) == 15


def test_scaling_has_a_line_for_the_chosen_factor() -> None:
    one = lab("scaling")
    recorded = {row[0] for row in finished(one).rows}
    assert recorded == {"λ = 0.5", "λ = 0.8", "λ = 0.9", "λ = 1", "λ = 1.1"}
    found = next(steps(one, replace(one.usual, pictures=2, factor=0.3)))
    assert {row[0] for row in found.rows} == {"λ = 0.3"}
    assert [row[3] for row in found.rows[-2:]] == pytest.approx([0.3**2, 0.3])


def test_dropping_half_of_the_last_block_leaves_the_published_depth() -> None:
    one = lab("dropping")
    assert sum(float(row[1] or 0) for row in finished(one).rows) == pytest.approx(40.25)
    assert "40.25 of 54" in one.answer(finished(one)).words


def test_what_dropping_spares_is_counted_in_the_network_s_own_multiply_adds() -> None:
    """Of ResNet-50 a block spares less than of CIFAR's nets, for its projections and its stem always run."""
    one = lab("dropping")
    for model in ("cifar-resnet-110", "resnet-50"):
        found = next(steps(one, replace(one.usual, model=model)))
        assert units.percent(dropping(parse(model), 0.5).saved) in one.answer(found).words
    assert "23.5 %" in one.answer(found).words
    assert one.answer(found).holds is False  # 11.75 blocks of 16 are less than three quarters by more than 1 %


def test_no_more_pictures_are_offered_than_gradients_have_room_for_together() -> None:
    one = lab("beginnings")
    most = most_pictures(one)
    assert most == min(5 * 10**8 // totals(parse(variant.arch)).saved_bytes for variant in variants())
    assert one.usual.pictures <= most < 500
    with pytest.raises(SettingError, match=rf"500\.0 MB may be taken: take {most} pictures or fewer"):
        next(steps(one, replace(one.usual, pictures=most + 1)))


@pytest.mark.parametrize("name", ["paths", "pathways", "scaling"])
def test_pictures_that_go_through_in_parts_are_all_offered_unless_one_is_too_much(name: str) -> None:
    one = lab(name)
    assert most_pictures(one) == 500
    with pytest.raises(SettingError, match=r"500\.0 MB may be taken: choose a smaller input size"):
        next(steps(one, replace(one.usual, model="cifar-resnet-56,size=1024", pictures=1)))


def test_the_plain_twin_is_the_net_of_the_same_layers_where_somebody_trained_it() -> None:
    from resnet_core.experiments.running import twin

    assert twin(parse("cifar-resnet-56")) == parse("cifar-plain-56")
    for model in ("cifar-resnet-110-sd", "cifar-resnet-164-v2", "cifar-resnet-20,shortcut=B", "cifar-plain-20"):
        assert twin(parse(model)) is None


def test_what_no_paper_prints_is_no_text_and_tables_are_matched_in_full() -> None:
    assert told("{printed error of cifar-resnet-110, Table 1}") == "6.61 %"
    for table in ("Table 10", "Table", "Table 1, 2"):
        with pytest.raises(ValueError, match="No paper prints the error of cifar-resnet-110, Table"):
            told(f"{{printed error of cifar-resnet-110, {table}}}")


def test_the_kept_curves_are_those_of_the_weights_trainings() -> None:
    rows = finished(lab("degradation")).rows
    for name in TRAINED:
        found = curve(name)
        assert [row[1:5] for row in rows if row[0] == found.arch] == [
            *zip(found.epochs, found.losses, found.training, found.test, strict=True)
        ]


def test_the_paths_are_said_to_be_effective_that_bring_95_percent() -> None:
    """The fewest neighbours: on ten paths of three lengths the middle one and the longest."""
    one = lab("paths")
    rows = ((0, 1, 0.1, 1.0, 0.04), (1, 1, 0.2, 1.0, 0.5), (2, 1, 0.7, 1.0, 0.46))
    assert "through 1 to 2 of 2 blocks bring 96.0 % of the gradient, and are 90.0 % of all" in _said(one, rows)


def _said(one: Lab, rows: tuple[tuple[str | float | None, ...], ...]) -> str:
    return one.answer(Result(one.name, one.usual, rows)).words


def test_a_tiny_picture_draws_every_number_of_the_first_measure_within_its_frame() -> None:
    colour = "#123456"
    for one in LABS:
        result = finished(one)
        measure = one.chart.y[0]
        names = one.names(result, measure)
        picture = ElementTree.fromstring(tiny(one, result, dict.fromkeys(names, colour)))
        frame = [float(number) for number in picture.attrib["viewBox"].split()[2:]]
        drawn = measure if one.chart.kind == "lines" else measure[-1:]
        numbers = [value for column in drawn for row in result.rows if (value := row[one.place(column)]) is not None]
        if one.chart.kind == "lines":
            points = [place.split(",") for shape in picture for place in shape.attrib["points"].split()]
            assert len(picture) == len(drawn) * (len(names) if one.chart.by else 1)
        else:
            points = [(shape.attrib["x"], shape.attrib["y"]) for shape in picture]
        assert len(points) == len([n for n in numbers if float(n) > 0 or not {*measure} <= {*one.chart.log}])
        assert all(0 <= float(at) <= most for point in points for at, most in zip(point, frame, strict=True))


@pytest.mark.parametrize("one", LABS, ids=lambda one: one.name)
def test_the_lines_of_python_give_the_rows_that_they_are_shown_for(
    one: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What takes long is replaced; that the steps themselves run is tested elsewhere."""
    asked: list[Settings] = []

    def replaced(found: Lab, settings: Settings) -> Iterator[Result]:
        asked.append(settings)
        yield replace(finished(found), settings=settings) if found.name not in EXACT else next(steps(found, settings))

    monkeypatch.setattr("resnet_core.experiments.recorded.steps", replaced)
    settings = replace(one.usual, pictures=3, draws=2, seconds=5)
    exec(one.lines(settings), {})
    assert [getattr(asked[0], name) for name in one.takes] == [getattr(settings, name) for name in one.takes]
    assert capsys.readouterr().out.strip() == str(finished(one).rows)


def test_the_lines_of_python_read_the_picture_that_was_given() -> None:
    lines = lab("lesion").lines(Settings(picture=b"frog", draws=3)).splitlines()
    assert lines[0] == "from pathlib import Path"
    assert 'Settings(picture=Path("FILE").read_bytes(), model=' in lines[-2]
    assert "pictures" not in lines[-2]
    compile("\n".join(lines), "lines", "exec")


def test_a_variant_is_held_against_the_original_block_by_block() -> None:
    one = lab("bench")
    rows = finished(one).rows
    assert [row[1] for row in rows] == [*range(1, 55)] * 2
    original, halved = rows[:54], rows[54:]
    assert original[0][0] == "original, 6.61 % in the paper"
    assert halved[0][0] == "both paths × 0.5, 12.35 % in the paper"
    for block in (40, 53):  # within a stage each shortcut passes a half, where the ReLU behind the sum lets it
        assert float(halved[block - 1][4] or 0) < 0.51 * float(halved[block][4] or 0)
    assert one.answer(finished(one)).holds is True
    with pytest.raises(SettingError, match="none of the nets of He 2016"):
        next(steps(one, replace(one.usual, model="cifar-resnet-56")))


def test_a_trial_trains_the_variant_and_the_original_with_as_many_layers_and_says_it_was_short() -> None:
    one = lab("trial")
    found = list(islice(steps(one, replace(one.usual, seconds=5)), 12))
    assert {str(row[0]).split(",")[0] for row in found[-1].rows} == {"original", "both paths × 0.5"}
    assert found[-1].caution == finished(one).caution == "short run, trend only"


def test_a_trial_decides_only_what_two_standard_errors_tell_apart() -> None:
    one = lab("trial")
    for other, holds in ((0.52, None), (0.6, True), (0.4, False)):
        rows = tuple((name, 3.0, 1.0, 0.5, wrong) for name, wrong in (("original", 0.5), ("changed", other)))
        assert one.answer(Result("trial", one.usual, rows)).holds is holds


def test_the_recorded_gate_at_one_half_is_the_factor_one_half() -> None:
    rows = finished(lab("frozen")).rows
    assert len(rows) == 54
    assert max(float(row[5] or 0) for row in rows) < 1e-10
    assert [row[2] for row in rows] == pytest.approx([row[3] for row in rows], rel=1e-10)
    assert lab("frozen").answer(finished(lab("frozen"))).holds is True


def test_the_recorded_saving_names_its_machine_and_less_work_takes_less_time() -> None:
    one = lab("saving")
    rows = finished(one).rows
    assert [row[1] for row in rows] == [32.0, 40.25, 48.5, 54.0]
    assert [row[4] for row in rows] == sorted(float(row[4] or 0) for row in rows)
    assert {row[5] for row in rows} == {rows[0][5]}
    assert "Xeon" in one.answer(finished(one)).words


def test_gradients_vanish_where_the_first_layer_starts_with_a_hundredth_of_the_last_one_s() -> None:
    """Later, under batch norm, so small a share decides nothing."""
    one = lab("gradients")
    for start, later, vanishes in ((1.0, 1.0, False), (0.009, 1.0, True), (1.0, 0.009, None)):
        rows = [("cifar-plain-20", 1, start, later, 1.0, 1.0), ("cifar-plain-20", 2, *[1.0] * 4)]
        rows += [("cifar-plain-20", 3, *[9.0] * 4)]
        assert one.answer(Result("gradients", one.usual, tuple(rows))).holds is vanishes


def test_of_how_much_a_result_is_are_the_numbers_with_which_it_is_run() -> None:
    said = {one.name: one.counted(one.usual) for one in LABS}
    assert f"{saving.STEPS} steps of {saving.BATCH} pictures" in said["saving"]
    assert f"batch of {untrained.SMALL_STEPS.batch} pictures" in said["gradients"]
    assert f"{untrained.FEW} test pictures" in said["bench"]
    assert f"{len(variants())} nets" in said["beginnings"]
    assert f"{answers.JUDGED} test pictures" in said["trial"]


def test_a_race_is_held_to_what_the_paper_prints_of_residual_nets() -> None:
    one = lab("degradation")
    printed = {row[0]: row[one.place(one.chart.level)] for row in finished(one).rows}
    assert printed == {
        "cifar-plain-20": None,
        "cifar-plain-56": None,
        "cifar-resnet-20": 0.0875,
        "cifar-resnet-56": 0.0697,
    }


def test_a_tiny_line_rises_with_its_numbers_and_has_the_colour_of_its_group() -> None:
    one = lab("highway")
    rows = (("bias −1", 0, 0.0), ("bias −1", 1, 0.5), ("bias −1", 2, 1.0), ("bias −3", 0, 1.0), ("bias −3", 1, 1.0))
    first, second = ElementTree.fromstring(tiny(one, Result(one.name, one.usual, rows), COLOURS))
    assert (first.attrib["stroke"], second.attrib["stroke"]) == ("#111111", "#222222")
    assert first.attrib["points"] == "4.0,68.0 120.0,36.0 236.0,4.0"
    assert second.attrib["points"] == "4.0,4.0 236.0,4.0"


def test_progress_is_told_with_what_is_left_at_this_pace() -> None:
    assert progress(Result("paths", Settings(), (), 0.0), 3.0) == "0.0 %"
    assert progress(Result("paths", Settings(), (), 0.25), 30.0) == "25.0 %, about 90 s left"


def test_a_race_brings_its_tests_as_it_goes() -> None:
    for name in ("degradation", "gradients"):
        one = lab(name)
        found = list(islice(steps(one, replace(one.usual, seconds=5)), 5 * (4 if name == "degradation" else 8)))
        assert {row[0] for row in found[-1].rows} == {
            "cifar-plain-20",
            "cifar-plain-56",
            "cifar-resnet-20",
            "cifar-resnet-56",
        }
        assert 0 < found[-1].done <= 1


@pytest.mark.parametrize("name", ["paths", "pathways", "scaling"])
def test_a_net_without_shortcuts_is_refused_with_one_that_has_some(name: str) -> None:
    one = lab(name)
    with pytest.raises(Refusal, match="take a ResNet, such as cifar-resnet-56"):
        next(steps(one, replace(one.usual, model="cifar-plain-20", pictures=1)))


def test_a_net_without_weights_is_refused() -> None:
    with pytest.raises(Refusal, match="no weights for cifar-resnet-44"):
        next(steps(lab("lesion"), Settings(model="cifar-resnet-44")))


def test_a_claim_that_fails_in_a_result_is_said_not_to_hold() -> None:
    one = lab("lesion")
    bears = (1, 1, 1, *[0.0] * 6)
    rows = [("cifar-resnet-56", 0, *bears[1:3], 0.1, *bears[3:]), ("cifar-resnet-56", 1, *bears[1:3], 0.9, *bears[3:])]
    rows = [(*row, 5.0, 0.0)[: len(one.columns)] for row in rows]
    twin = [("cifar-plain-56", *row[1:]) for row in rows]
    assert one.answer(Result("lesion", one.usual, tuple(rows + twin))).holds is False
    equal = lab("equivalences")
    off = tuple((*row[:3], 1e-3, *row[4:]) for row in finished(equal).rows)
    assert equal.answer(Result("equivalences", equal.usual, off)).holds is False
