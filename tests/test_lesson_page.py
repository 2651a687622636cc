"""A lesson as Streamlit runs it, without a browser: by link, guessed, revealed, judged, on a wall, of strange files."""

from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from pages import opened, page_text
from streamlit.testing.v1 import AppTest
from test_app import refusals

from app import return_to_view
from app.components import lesson_link
from app.components.figures import DRAWN
from app.components.lesson_link import address, go
from app.components.lesson_qr import is_of_this_machine
from resnet_core.lesson_views import CHECKS
from resnet_core.lesson_walk import Place, place
from resnet_core.lessons import HOW, VARIABLE, shelf

LESSONS = shelf().lessons
FRONT = '+++\ntitle = "{title}"\nquestion = "Really?"\nminutes = 3\n+++\n\n'


def learn(**parameters: str) -> AppTest:
    return opened("learn", **parameters)


def click(app: AppTest, key: str) -> AppTest:
    app.get_by_key(key).click().run()
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return "\n".join([*(text.value for text in app.markdown), unescape(page_text(app))])


def title(app: AppTest) -> str:
    return unescape(page_text(app).partition('<div class="rx-heading"><h1>')[2].partition("</h1>")[0])


def test_a_lesson_comes_back_too_when_its_server_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(return_to_view, "whatever_happens", lambda: asked.append(True))
    learn(lesson=LESSONS[0].name)
    assert asked == [True]


class Address(dict[str, str]):
    """Of a browser, as it was when the browser last wrote, and what it was told since."""

    def __init__(self, **said: str) -> None:
        super().__init__(said)
        self.told: list[dict[str, str]] = []

    def to_dict(self) -> dict[str, str]:
        return dict(self)

    def update(self, said: dict[str, str]) -> None:  # type: ignore[override]
        self.told.append(said)
        super().update(said)


def test_a_turn_that_is_overtaken_on_its_way_to_the_browser_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward and at once back: the browser writes the second while the answer to the first is on its way to it."""
    lesson = shelf().lesson("shortcuts")
    assert lesson
    begin = place(lesson, "1-told")
    link = Address(lesson="shortcuts", step="1-told")
    monkeypatch.setattr(lesson_link, "st", SimpleNamespace(query_params=link, session_state={}))
    go(begin)
    assert link.told == []  # for nothing changes
    go(begin.forward)
    assert link.told == [{"step": "2"}]
    link["step"] = "1-told"  # as what the browser wrote still says
    go(begin, wall=False)
    assert link.told[1:] == [{"step": "1-told"}]
    go(begin, wall=True)
    assert link.told[2:] == [{"wall": "1"}]
    link["wall"] = "0"
    go(begin, wall=False)
    assert link.told[3:] == [{"wall": "0"}]
    link["wall"] = "1"  # by the browser's way back, onto the wall, where a button walks on
    go(begin.forward)
    assert link.told[4:] == [{"step": "2"}]


def test_learn_lists_every_lesson_with_its_question_and_minutes_and_opens_it() -> None:
    app = learn()
    for lesson in LESSONS:
        label = app.get_by_key(f"lesson_open_{lesson.name}").label.replace("\\", "")
        assert label == f"**{lesson.title}** {lesson.question} *{lesson.minutes} minutes*"
    assert HOW in unescape(page_text(app))
    click(app, "lesson_open_shortcuts")
    assert dict(app.query_params) == {"lesson": "shortcuts", "step": "1"} or app.query_params["lesson"] == ["shortcuts"]
    assert title(app) == "Most shortcuts cost nothing"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_step_of_a_lesson_opens_by_its_link_and_draws_what_it_shows(lesson) -> None:
    app = learn(lesson=lesson.name)
    at: Place | None = Place(lesson)
    while at:
        assert title(app) == at.step.title
        assert at.progress in page_text(app)
        for text in (at.step.text, at.step.prediction.reveal if at.told and at.step.prediction else ""):
            assert text in said(app)
        at = at.forward
        if at:
            click(app, "lesson_forward")
    assert app.get_by_key("lesson_forward").disabled


def test_what_a_lesson_may_show_is_what_can_be_drawn() -> None:
    assert set(DRAWN) == set(CHECKS)


def test_a_guess_is_marked_and_the_reveal_says_what_is_right() -> None:
    app = learn(lesson="depth", step="1")
    assert app.get_by_key("lesson_forward").label == "Reveal"
    assert "28.54" not in said(app)
    click(app, "lesson_choice_0")
    click(app, "lesson_forward")
    assert "28.54 % with 34" in said(app)
    assert 'class="rx-right"' in page_text(app)
    assert "your choice" in page_text(app)
    assert page_text(learn(lesson="depth", step="1-a-told")) == page_text(app)
    click(app, "lesson_back")
    assert "28.54" not in said(app)


def test_a_number_is_guessed_in_ones_own_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = "## A\npredict: How many?\nanswer: parameters of resnet-34\nreveal: So it is.\n"
    write(tmp_path, monkeypatch, "20-guess.md", FRONT.format(title="Guess") + step)
    app = learn(lesson="guess")
    app.get_by_key("lesson_guess_guess_1").set_value("<b>10 M</b>").run()
    click(app, "lesson_forward")
    assert "You said &lt;b&gt;10 M&lt;/b&gt;. It is <b>21.80 M</b>." in page_text(app)


def test_an_exercise_is_judged_with_hints_one_by_one_and_then_the_solution() -> None:
    app = learn(lesson="block", step="3")
    assert "Not yet" not in said(app)
    field = app.get_by_key("lesson_answer_block_3")
    for answer, judgement in (("36", "Not yet"), ("frog", "cannot be read"), ("3*3*64*64", "Right: 36.86 k")):
        field.set_value(answer).run()
        assert judgement in said(app)
    assert "*Hint:*" not in said(app)
    click(app, "lesson_hint")
    assert said(app).count("*Hint:*") == 1
    click(app, "lesson_hint")
    assert said(app).count("*Hint:*") == 2
    assert "= 36,864" not in said(app)
    click(app, "lesson_hint")
    assert "3 × 3 × 64 × 64 = 36,864." in said(app)
    assert app.get_by_key("lesson_hint").disabled


def is_on_a_wall(app: AppTest) -> bool:
    return any("zoom: var(--rx-wall" in element.proto.body for element in app.get("html"))


def test_the_wall_is_in_the_link_and_is_left_again() -> None:
    app = learn(lesson="depth", wall="1")
    assert is_on_a_wall(app)
    click(app, "lesson_wall")
    assert not is_on_a_wall(app)
    click(app, "lesson_wall")
    assert is_on_a_wall(app)


@pytest.mark.parametrize("nonsense", ["frog", "", "<script>alert(1)</script>", "../../etc"])
def test_a_link_to_no_lesson_shows_them_all(nonsense: str) -> None:
    app = learn(lesson=nonsense)
    assert refusals(app) == [f"There is no lesson called {nonsense}: pick one below."] * bool(nonsense)
    assert page_text(app).endswith(page_text(learn()))


@pytest.mark.parametrize(
    ("where", "own"),
    [
        ("http://127.0.0.1:8501/learn", True),
        ("http://localhost:8501/learn", True),
        ("http://[::1]:8501/learn", True),
        ("http://192.168.1.5:8501/learn", False),
        ("https://resnets.example.org/learn?lesson=depth", False),
    ],
)
def test_an_address_that_no_telephone_can_open_is_known(where: str, own: bool) -> None:
    assert is_of_this_machine(where) is own


@pytest.mark.parametrize("step", ["99", "0", "frog", "<script>alert(1)</script>", "1-z-told"])
def test_a_link_to_no_step_shows_the_nearest(step: str) -> None:
    app = learn(lesson="paths", step=step)
    assert title(app) in (LESSONS[-1].steps[0].title, LESSONS[-1].steps[-1].title)
    assert "<script>alert" not in page_text(app)


def test_a_broken_lesson_is_told_with_file_and_line_and_the_others_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, monkeypatch, "20-broken.md", FRONT.format(title="Broken") + "## A\nview: frog <b>\n")
    app = learn()
    assert refusals(app) == list(shelf().faults)
    assert refusals(app)[0].startswith("20-broken.md:8: There is no figure 'frog'")
    assert title(click(app, "lesson_open_depth")) == LESSONS[0].steps[0].title


def test_a_lesson_that_is_dropped_into_the_folder_is_there_at_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    app = learn()
    write(tmp_path, monkeypatch, "20-new.md", FRONT.format(title="New") + "## A\nHello.\n")
    app.run()
    click(app, "lesson_open_new")
    assert "Hello." in said(app)


def test_html_in_a_lesson_is_shown_and_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = "<script>alert(1)</script>"
    step = f"## {evil}\n{evil}\n\npredict: {evil}\n- [x] {evil}\n- [ ] b\nreveal: {evil}\n"
    write(tmp_path, monkeypatch, "20-evil.md", FRONT.format(title=evil) + step)
    assert "\\<script\\>" in learn().get_by_key("lesson_open_evil").label
    for at in ("1", "1-told"):
        app = learn(lesson="evil", step=at)
        assert not any(text.proto.allow_html for text in app.markdown)
        assert evil not in page_text(app)
        assert evil in said(app)


def test_a_choice_is_the_same_plain_text_before_the_reveal_and_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = "## A\npredict: Which?\n- [x] *x* is `y` < $z$\n- [ ] b\nreveal: So.\n"
    write(tmp_path, monkeypatch, "20-plain.md", FRONT.format(title="Plain") + step)
    app = learn(lesson="plain")
    assert app.get_by_key("lesson_choice_0").label == r"\*x\* is \`y\` \< \$z\$"
    assert "<span>*x* is `y` &lt; $z$</span>" in page_text(click(app, "lesson_forward"))


def test_the_address_in_the_code_is_that_of_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    monkeypatch.setattr(type(st.context), "url", property(lambda _: "https://example.org/nets/learn"))
    assert address(Place(LESSONS[0], 3, None, True)) == "https://example.org/nets/learn?lesson=depth&step=3-told"


def write(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(VARIABLE, str(folder))
    (folder / name).write_text(text, "utf-8")
