"""Labs as Streamlit runs it, without a browser: the wall, a guess, a result, a run, two visitors, nonsense in links."""

import json
import re
import time
from collections.abc import Iterator

import pytest
from pages import PATIENCE, opened, page_text, ran, words
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest
from test_page_runs import fragments

from app import cached
from app.components.lab_live import POLL_SECONDS
from app.components.lab_tests import TESTS
from app.shared_engine import engine, made
from resnet_core import ArchSpec, parse
from resnet_core.experiments.lab import Lab, Result, Settings, named
from resnet_core.experiments.operating import OnTests, networks
from resnet_core.experiments.recorded import at_once, finished
from resnet_core.experiments.table import LABS, lab
from resnet_core.experiments.told import told
from resnet_core.labs.differences import Differed
from resnet_core.operation import Operation
from resnet_core.turns import SPARE
from resnet_core.weights import require_card

SHOWN = "just show me"


@pytest.fixture(autouse=True)
def _nothing_is_left_at_work() -> Iterator[None]:
    """All pages of a process are one visitor's here, who has few experiments at a time."""
    yield
    if left := made():
        with left._changed:
            left._turns.stop()
    cached.tests_by_hand.clear()


def figures(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def finish(app: AppTest, stop: str = "lab_stop") -> AppTest:
    """Look again, as a browser does every second, until the experiment has ended; who looked more often would be taken
    for a crowd, in which experiments rest."""
    end = time.monotonic() + PATIENCE
    while any(button.key == stop for button in app.button) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        ran(app)
    return app


def run(app: AppTest) -> AppTest:
    app.button(key="lab_run").click()
    return ran(app)


def test_the_wall_shows_every_question_with_its_claim_and_opens_it() -> None:
    app = opened("labs")
    for one in LABS:
        assert f"<small>{one.name}</small><h2>{one.question}</h2>" in words(app)  # for the buttons say the name alone
        assert one.claim in words(app)
    assert page_text(app).count("data:image/svg+xml") == len(LABS)
    app.button(key="open_paths").click()
    ran(app)
    assert app.session_state["lab"] == "paths"
    assert lab("paths").question in words(app)


@pytest.mark.parametrize("one", LABS, ids=lambda one: one.name)
def test_nothing_is_told_before_a_guess_and_all_of_it_after(one: Lab) -> None:
    app = opened("labs", lab=one.name)
    assert not figures(app)
    assert told(one.paper) not in words(app)
    app.get_by_key("guess").set_value(one.guesses[one.right])
    ran(app)
    assert "so it is" in words(app)
    for text in (told(one.paper), told(one.limits), one.source, one.answer(finished(one)).words):
        assert text in words(app)
    assert figures(app)[0]["data"]
    assert any(code.value == one.command(one.usual) for code in app.code)
    results = 2 if at_once(one, one.usual) else 1  # what is arithmetic stands beneath too, for one's own settings
    assert [button.label for button in app.get("download_button")] == ["Download CSV"] * results


def test_a_wrong_guess_is_told_what_is_right_and_the_link_reveals() -> None:
    one = lab("lesion")
    app = opened("labs", lab="lesion", guess=one.guesses[0])
    assert f"it is not so: {one.guesses[one.right]}" in words(app)


def _values(trace: dict) -> list[float]:
    """The numbers that a trace draws: the lengths of bars, the heights of lines, the filling of cells."""
    if trace["type"] == "heatmap":
        return [value for line in trace["z"] for value in line]
    return trace["x" if trace.get("orientation") == "h" else "y"]


@pytest.mark.parametrize("one", LABS, ids=lambda one: one.name)
def test_every_measure_of_the_link_is_drawn(one: Lab) -> None:
    for columns in one.chart.y:
        app = opened("labs", lab=one.name, guess=SHOWN, measure=named(columns))
        drawn = figures(app)[0]["data"]
        values = [value for trace in drawn for value in _values(trace)]
        kept = [value for row in finished(one).rows for c in columns if (value := row[one.place(c)]) is not None]
        assert sorted(values) == pytest.approx(sorted(kept))


def test_a_run_takes_the_settings_of_the_link_and_ends_with_its_result() -> None:
    app = opened("labs", lab="pathways", guess=SHOWN, tried="cifar-resnet-20", pictures="2")
    settings = Settings(model="cifar-resnet-20", pictures=2)
    command, lines, link = (code.value for code in app.code[2:5])
    assert (command, lines) == (lab("pathways").command(settings), lab("pathways").lines(settings))
    assert all(said in link for said in ("lab=pathways", "tried=cifar-resnet-20", "pictures=2"))
    finish(run(app))
    assert len(figures(app)) == 2
    assert len(figures(app)[1]["data"][0]["y"]) == 9
    assert "9 blocks" in words(app)


def test_what_is_arithmetic_follows_its_settings_at_once() -> None:
    app = opened("labs", lab="highway", guess=SHOWN, bias="-4")
    assert not any(button.key == "lab_run" for button in app.button)
    assert "bias −4" in [trace["name"] for trace in figures(app)[1]["data"]]
    assert "bias −4" not in [trace["name"] for trace in figures(app)[0]["data"]]


def test_a_short_run_says_so_on_the_plot_itself() -> None:
    for name, cautioned in (("trial", True), ("gradients", True), ("degradation", False)):
        layout = figures(opened("labs", lab=name, guess=SHOWN))[0]["layout"]
        assert ("short run, trend only" in str(layout["annotations"])) is cautioned
    assert "cifar-resnet-56 in the paper, at the end: 7.0 %" in str(layout["annotations"])
    assert [line["y0"] for line in layout["shapes"]] == [0.0875, 0.0697]


def test_the_one_picture_is_tried_without_labels() -> None:
    app = opened(
        "labs", lab="lesion", guess=SHOWN, tried="cifar-resnet-20", draws="1", on="one picture", picture="Frog"
    )
    finish(run(app))
    assert "(1 picture)" in words(app)
    assert figures(app)[1]["layout"]["yaxis"]["title"]["text"] == "answer changed"


def test_deleted_blocks_of_the_link_change_the_answer_beside_it() -> None:
    app = opened("labs", lab="lesion", guess=SHOWN, cut="cifar-resnet-20", picture="Frog", without=["layer1.0"])
    before, after = page_text(app).split('<ol class="rx-brief">')[1:3]
    assert "without 1 block" in words(app)
    assert before.count("<li>") == after.count("<li>") == 5
    assert before.split("</ol>")[0] != after.split("</ol>")[0]
    assert all(tried(name, "this picture") in page_text(app) for name in ("cifar-resnet-20", "cifar-plain-20"))
    finish(app, "tests_stop")
    for name in ("cifar-resnet-20", "cifar-plain-20"):
        assert tried(name, "125 test pictures") in page_text(app)
    whole = opened("labs", lab="lesion", guess=SHOWN, cut="cifar-resnet-20", picture="Frog")
    assert "Take a block out or move one" in words(whole)
    assert "rx-brief" not in page_text(whole)
    order = ["layer1.2", "layer1.0"]
    moved = opened("labs", lab="lesion", guess=SHOWN, cut="cifar-resnet-20", picture="Frog", order=order)
    assert "2 blocks moved" in words(moved)
    assert "Kendall's τ" in words(moved)
    before, after = page_text(moved).split('<ol class="rx-brief">')[1:3]
    assert before.split("</ol>")[0] != after.split("</ol>")[0]
    weighed = opened("labs", lab="lesion", guess=SHOWN, cut="cifar-resnet-20", picture="Frog", weight="0.5")
    assert "every F × 0.5" in words(weighed)


def tried(network: str, what: str) -> str:
    return f'<td class="">{network}</td><td class="">{what}</td>'


def cut(*blocks: str) -> AppTest:
    """The page with some blocks taken out of a small network."""
    return opened("labs", lab="lesion", guess=SHOWN, cut="cifar-resnet-20", picture="Frog", without=list(blocks))


def test_where_many_experiments_are_at_work_ones_own_picture_is_answered_and_the_test_pictures_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as busy:
        busy.setattr("resnet_core.turns.MOST", 0)
        app = cut("layer1.1")
    assert tried("cifar-plain-20", "this picture") in page_text(app)
    assert "Not yet on the test pictures" in words(app)
    assert not any(button.key == "tests_run" for button in app.button)
    ran(app)  # as it does every second
    assert "Not yet on the test pictures" not in words(app)
    finish(app, "tests_stop")
    assert tried("cifar-plain-20", "125 test pictures") in page_text(app)


def test_the_test_pictures_wait_before_they_take_the_last_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.laboratory.steps", endless)
    monkeypatch.setattr("resnet_core.turns.MOST", SPARE)
    app = cut("layer2.1")
    assert "Not yet on the test pictures" in words(app)
    run(app)
    assert not app.session_state["experiments"]["lesion"].experiment.is_over


def test_what_another_visitor_has_found_meanwhile_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = Operation(("layer1.2",))
    with monkeypatch.context() as busy:
        busy.setattr("resnet_core.turns.MOST", 0)
        app = cut("layer1.2")
        assert "Not yet on the test pictures" in words(app)
        weights = tuple(require_card(one).sha256 for one in networks(parse("cifar-resnet-20")))
        found = Differed(125, 0.1, 0.2, 0.3, 0.4, 0.5)
        cached.tests_by_hand().keep(weights, blocks, (found, found))
        fragments(app, monkeypatch)  # as the browser has it run alone, each second
    assert tried("cifar-plain-20", "125 test pictures") in page_text(app)
    assert "Not yet on the test pictures" not in words(app)


def endless_tests(spec: ArchSpec, done: Operation) -> Iterator[OnTests]:
    while True:
        time.sleep(0.01)
        yield OnTests(0.25, ())


def test_test_pictures_that_were_dropped_begin_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_core.experiments.operating.on_tests", endless_tests)
    app = cut("layer2.2")
    first = app.session_state["experiments"][TESTS].experiment
    with monkeypatch.context() as left:
        left.setattr("resnet_core.turns.PATIENCE", 0.0)
        end = time.monotonic() + PATIENCE
        while not first.is_over and time.monotonic() < end:
            time.sleep(0.01)
    assert first.is_dropped
    ran(app)
    assert not app.session_state["experiments"][TESTS].experiment.is_over
    assert any(button.key == "tests_stop" for button in app.button)


def test_of_a_network_that_does_not_know_the_test_pictures_none_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resnet_core.experiments.operating.on_tests", endless_tests)
    app = cut("layer3.0")
    before = app.session_state["experiments"][TESTS].experiment
    monkeypatch.setattr("resnet_core.experiments.operating.CLASSES", ("another",))
    ran(app)
    assert before.is_over
    assert TESTS not in app.session_state["experiments"]


def test_the_test_pictures_are_stopped_begun_again_and_given_up_for_another_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("resnet_core.experiments.operating.on_tests", endless_tests)
    app = cut("layer1.2")
    first = app.session_state["experiments"][TESTS].experiment
    app.button(key="tests_stop").click()
    ran(app)
    assert first.is_over
    app.button(key="tests_run").click()
    ran(app)
    second = app.session_state["experiments"][TESTS].experiment
    app.query_params["without"] = ["layer1.2", "layer3.1"]
    ran(app)
    third = app.session_state["experiments"][TESTS].experiment
    assert (second.is_over, third.is_over) == (True, False)
    assert tried("cifar-resnet-20", "this picture") in page_text(app)
    del app.query_params["without"]
    ran(app)
    assert third.is_over
    assert TESTS not in app.session_state["experiments"]


def test_every_block_can_be_deleted_and_a_net_without_any_is_refused() -> None:
    names = [f"layer{stage}.{block}" for stage in (1, 2, 3) for block in range(3)]
    app = opened("labs", lab="lesion", guess=SHOWN, cut="cifar-resnet-20", without=names)
    assert "without 9 blocks" in words(app)
    app = finish(run(opened("labs", lab="paths", guess=SHOWN, tried="cifar-plain-20")))
    assert "has no paths that part: take a ResNet" in words(app)


def test_a_file_that_is_no_picture_is_refused_where_it_was_given() -> None:
    link: dict[str, str | list[str]] = {"cut": "cifar-resnet-20", "source": "upload", "without": ["layer1.0"]}
    app = opened("labs", lab="lesion", guess=SHOWN, on="one picture", **link)
    assert "rx-brief" not in page_text(app)
    app.file_uploader[0].set_value(("text.png", b"not a picture", "image/png"))
    ran(app)
    assert words(app).count("This is not a JPEG, PNG") == 1
    assert not any(button.key == "lab_stop" for button in app.button)


def test_few_blocks_are_a_tree_of_paths_and_many_a_distribution() -> None:
    app = opened("labs", lab="paths", guess=SHOWN, blocks="5")
    (tree,) = drawings(app)
    assert tree["resting"].startswith("32 paths: 1 of length 0, 5 of length 1")
    assert tree["svg"].count("data-at") == 32
    app = opened("labs", lab="paths", guess=SHOWN, blocks="54")
    assert not drawings(app)
    (bars,) = figures(app)[1]["data"]
    assert len(bars["y"]) == 55


def test_the_paths_of_the_link_are_drawn_in_three_forms() -> None:
    for link, paths in (({}, 8), ({"paths": "32 paths"}, 32), ({"paths": "nonsense"}, 8)):
        (forms,) = drawings(opened("labs", lab="equivalences", guess=SHOWN, **link))
        assert forms["svg"].count("data-at") == paths
        assert forms["resting"].startswith(f"{paths} paths of")


def drawings(app: AppTest) -> list[dict]:
    """What the components that draw are given."""
    given = [json.loads(part.proto.json) for part in app.get("bidi_component")]
    return [data for data in given if "svg" in data]


def endless(one: Lab, settings: Settings) -> Iterator[Result]:
    """Steps that do not end by themselves."""
    rows = finished(one).rows
    while True:
        time.sleep(0.01)
        yield Result(one.name, settings, rows[:3], 0.125)


def stopped() -> AppTest:
    """The page of an experiment that ran for a moment."""
    app = run(opened("labs", lab="pathways", guess=SHOWN))
    time.sleep(0.2)
    ran(app)
    app.button(key="lab_stop").click()
    return ran(app)


def test_a_run_that_is_stopped_keeps_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.laboratory.steps", endless)
    app = stopped()
    assert "Stopped at 12.5 %: this is what was known." in words(app)
    assert len(figures(app)[1]["data"][0]["y"]) == 3
    assert app.button(key="lab_run").label == "Run"


def test_a_run_that_is_stopped_before_anything_was_known_says_only_that(monkeypatch: pytest.MonkeyPatch) -> None:
    def begun(one: Lab, settings: Settings) -> Iterator[Result]:
        while True:
            time.sleep(0.01)
            yield Result(one.name, settings, (), 0.0)

    monkeypatch.setattr("app.laboratory.steps", begun)
    app = stopped()
    assert "Stopped before anything was known." in words(app)
    assert "this is what was known" not in words(app)
    assert "Nothing is known yet." not in words(app)


def test_started_again_quickly_one_run_is_left_and_two_visitors_have_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.laboratory.steps", endless)
    apps = [opened("labs", lab="pathways", guess=SHOWN) for _ in range(2)]
    for app in apps:
        for _ in range(4):
            run(app)
            app.button(key="lab_stop").click()
            ran(app)
        run(app)
    alive = [app.session_state["experiments"]["pathways"].experiment for app in apps]
    assert [one.is_over for one in alive] == [False, False]
    apps[0].button(key="lab_stop").click()
    ran(apps[0])
    assert [one.is_over for one in alive] == [True, False]
    alive[1].stop()


def test_one_visitor_too_many_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.laboratory.steps", endless)
    monkeypatch.setattr("resnet_core.turns.MOST", 0)
    app = run(opened("labs", lab="pathways", guess=SHOWN))
    assert "experiments are at work already: try again in a minute." in words(app)
    assert engine()


def test_a_failure_that_nobody_foresaw_is_a_sentence_and_stands_in_the_log_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(one: Lab, settings: Settings) -> Iterator[Result]:
        raise ZeroDivisionError
        yield

    monkeypatch.setattr("app.laboratory.steps", broken)
    app = finish(run(opened("labs", lab="pathways", guess=SHOWN)))
    name = app.session_state["request_id"]
    for text in (words(app), words(ran(app))):
        assert re.search(rf"the server's log says why, under {re.escape(name)}\.\d+\.", text)
        assert "ZeroDivisionError" not in text
    assert [record.exc_info[0] for record in caplog.records if record.name == "resnet_core.turns"] == [
        ZeroDivisionError
    ]


@pytest.mark.parametrize(
    "key", ["lab", "guess", "measure", "tried", "pictures", "draws", "on", "cut", "without", "order"]
)
@pytest.mark.parametrize("nonsense", ["<b>nonsense</b>", "", "-1"])
def test_nonsense_in_the_link_leaves_the_experiment_or_the_wall(key: str, nonsense: str) -> None:
    link = {"lab": "lesion", "guess": SHOWN}
    app = opened("labs", **{**link, key: nonsense})
    assert "<b>nonsense" not in page_text(app)
    assert (LABS[-1].question in words(app)) == (key == "lab")  # the wall, or still the experiment


def test_pictures_chosen_for_another_experiment_are_as_many_as_this_one_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """And Streamlit says nothing of it in the log, as it does, once, of a default beside what is set."""
    warned: list[object] = []
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    monkeypatch.setattr(policies._LOGGER, "warning", lambda *said, **_: warned.append(said))
    app = opened("labs", lab="pathways", guess=SHOWN, tried="cifar-resnet-20", pictures="200")
    assert app.slider(key="pictures").value == 200
    app.session_state["lab"] = "beginnings"
    ran(app)
    assert app.slider(key="pictures").value == app.slider(key="pictures").max < 200
    assert not warned
    ran(app)
    assert app.slider(key="pictures").value == app.slider(key="pictures").max
    assert app.query_params["pictures"] == f"{app.slider(key='pictures').max:g}"
