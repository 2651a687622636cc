"""Lessons: all ten are read, every number resolves, every answer is accepted, and mistakes name file and line."""

import re
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import pytest

from resnet_core import Refusal, analyse, parse, units
from resnet_core.computations import Value
from resnet_core.curves import curve, names
from resnet_core.lesson import Lesson, LessonError, Step
from resnet_core.lesson_answers import AnswerRefusal, judged, readings
from resnet_core.lesson_file import parse_lesson, read_lesson
from resnet_core.lesson_parts import WORDS
from resnet_core.lesson_terms import VOCABULARY, ValueRefusal
from resnet_core.lesson_values import WRITERS, filled, sources_of, value
from resnet_core.lesson_views import CHECKS, read_view
from resnet_core.lesson_walk import Place, place, walked
from resnet_core.lessons import FOLDER, VARIABLE, files, shelf, stamp

SHELF = shelf()
STEPS = [
    pytest.param(step, id=f"{lesson.name}-{number}")
    for lesson in SHELF.lessons
    for number, step in enumerate(lesson.steps, 1)
]
EXERCISES = [pytest.param(param.values[0].exercise, id=str(param.id)) for param in STEPS if param.values[0].exercise]
ROOT = Path(__file__).parents[1]


def test_the_ten_lessons_are_read_in_their_order() -> None:
    assert SHELF.faults == ()
    assert [lesson.title for lesson in SHELF.lessons] == [
        "Why depth stopped helping",
        "One block",
        "Shapes through ResNet-34",
        "Bottleneck arithmetic",
        "224 or 32",
        "Shortcut A, B, C",
        "v1 and v2",
        "Counting FLOPs honestly",
        "Cousins: ResNeXt, DenseNet, Highway, stochastic depth",
        "A net is many nets",
    ]


@pytest.mark.parametrize("lesson", SHELF.lessons, ids=lambda lesson: lesson.name)
def test_a_lesson_asks_before_it_tells_and_has_an_exercise(lesson: Lesson) -> None:
    assert 6 <= len(lesson.steps) <= 10
    assert all(step.prediction or step.exercise for step in lesson.steps)
    assert any(step.exercise for step in lesson.steps)
    assert lesson.question.endswith("?")


@pytest.mark.parametrize("step", STEPS)
def test_every_number_of_a_step_is_in_its_place(step: Step) -> None:
    texts = [step.title, step.text]
    if step.prediction:
        texts += [step.prediction.question, step.prediction.reveal, *(one.text for one in step.prediction.choices)]
    if step.exercise:
        texts += [step.exercise.question, step.exercise.solution, *step.exercise.hints]
    for text in texts:
        assert not re.search(r"[{}]", re.sub(r"\$[^$]+\$", "", text))
        assert len(text.split()) <= 75, "one idea a step"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_answer_of_every_exercise_is_accepted_as_people_write_it(exercise) -> None:
    number = exercise.answer.number
    assert number is not None
    assert judged(exercise.answer, exercise.answer.text, exercise.tolerance).right
    if number.denominator == 1:
        assert judged(exercise.answer, units.exact(int(number)), exercise.tolerance).right
    for wrong in (number * 2, number / 2, number * 10):
        assert not judged(exercise.answer, f"{float(wrong):.6f}", exercise.tolerance).right


def test_quoted_numbers_bring_their_source_and_protocol() -> None:
    depth = SHELF.lesson("depth")
    assert depth is not None
    assert depth.steps[0].sources == (
        "He, Zhang, Ren, Sun 2015, arXiv:1512.03385, Table 2; ImageNet validation, 10-crop, one model",
    )
    assert any("measured here" in source for source in depth.steps[1].sources)


# Values


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("parameters of resnet-34", units.count(analyse(parse("resnet-34")).totals.params)),
        ("parameters of resnet-34 as exact", units.exact(analyse(parse("resnet-34")).totals.params)),
        ("( 3 + 4 ) × 2 - 1", "13"),
        ("7 / 2", "3.5"),
        ("1 / 8 as percent", "12.5 %"),
        ("1 / 8 - 1 / 7 as points", "−1.79 percentage points"),
        ("3 − 5", "−2"),
        ("3 - 5 as exact", "−2"),
        ("weights of resnet-34 layer1.1.conv1 / 64", "576"),
        ("1,000 × 2", "2.000 k"),
        ("multiply-adds of resnet-50-v1.5 - multiply-adds of resnet-50 as signed", "+231.2 M"),
        ("macs of resnet-50 printed in he-2015 Table 1", "3.8 G"),
        ("paths of 5 to 17 modules of cifar-resnet-110-v2 printed in veit-2016 section 5", "0.45 %"),
        ("measured training error of cifar-plain-56", units.percent(curve("cifar-plain-56").training[-1])),
        ("output of resnet-34 layer4.2.add", "7×7×512"),
    ],
)
def test_an_expression_gives_its_value(expression: str, text: str) -> None:
    assert value(expression).text == text


def test_the_stages_of_a_network_sum_to_the_whole() -> None:
    for what in ("parameters", "multiply-adds", "weights", "elementwise operations"):
        stages = " + ".join(f"{what} of resnet-50 {stage.title}" for stage in analyse(parse("resnet-50")).stages)
        assert value(stages).number == value(f"{what} of resnet-50").number


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("paramters of resnet-34", "did you mean 'parameters'"),
        ("parameters of resnet-35", "35 layers"),
        ("parameters of resnet-34 conv9_x", "choose conv1"),
        ("layers of resnet-34 conv4_x", "leave out 'conv4_x'"),
        ("parameters of", ""),
        ("frog", "is no number"),
        ("1 / 0", "divided by 0"),
        ("( 1 + 2", "not closed"),
        ("1 2", "is no number"),
        ("1 +", "term is missing"),
        ("", "term is missing"),
        ("1 as euros", "written as 'euros'"),
        ("stage maps of resnet-34 + 1", "no number to compute with"),
        ("multiply-adds of resnet-34 by frog", "no tool 'frog'"),
        ("top-1 error of resnet-50 printed in he-2015 Table 9", "None is in"),
        ("top-1 error of plain-20 printed in he-2015 Table 2", "look for it on the page Verify"),
        ("measured training error of frog", "choose cifar-plain-20"),
        ("path share of 54 x", "cannot be computed"),
        ("__import__('os').system('true')", "is no number"),
        (" + ".join(["1"] * 40), "at most"),
        ("( " * 39, "term is missing"),
    ],
)
def test_words_that_name_nothing_are_refused_with_a_sentence(expression: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        value(expression)
    assert sentence in str(refused.value)
    assert str(refused.value).endswith((".", "?"))


def test_formulas_and_code_keep_their_braces() -> None:
    text = r"$\frac{a}{b}$ and `{parameters of frog}` and $$\mathbf{x}$$, but {1 + 1}"
    assert filled(text).text == r"$\frac{a}{b}$ and `{parameters of frog}` and $$\mathbf{x}$$, but 2"


def test_every_computation_of_the_vocabulary_says_what_it_needs_rather_than_failing() -> None:
    for name in VOCABULARY:
        for subject in ("resnet-34", "frog", "resnet-34 frog", "54", ""):
            with suppress(Refusal):  # and nothing else
                value(f"{name} of {subject}")


def test_sources_of_an_expression_are_those_of_its_terms() -> None:
    both = sources_of(
        "macs of resnet-50 printed in he-2015 Table 1 - measured test error of cifar-plain-20 × 2 as percent"
    )
    assert len(both) == 2


# Answers

ANSWER = value("multiply-adds of resnet-50")  # 3,857,973,248
DEPTH_GAIN = value(
    "top-1 error of plain-34 printed in he-2015 Table 2"
    " - top-1 error of resnet-34,shortcut=A printed in he-2015 Table 2 as points"
)


@pytest.mark.parametrize(
    "text", ["3857973248", "3,857,973,248", "3.858 G", "3.86G", "3.8 G", "3.9 g", "3.86e9", "3858 million", " 3.857 G "]
)
def test_a_right_answer_may_be_rounded_or_truncated(text: str) -> None:
    assert judged(ANSWER, text).right


@pytest.mark.parametrize("text", ["3.7 G", "3.87 G", "4 G", "3.86", "3.86 M", "7.72 G", "0", "-3.86 G", "1e20", "1e99"])
def test_a_wrong_answer_is_wrong_and_not_given_away(text: str) -> None:
    judgement = judged(ANSWER, text)
    assert not judgement.right
    assert "3.85" not in judgement.sentence


def test_an_answer_says_in_which_direction_and_how_far_it_is_off() -> None:
    assert judged(ANSWER, "3.86 M").sentence == "Not yet: that is too small, by a factor of more than 100."
    assert judged(ANSWER, "7.72 G").sentence == "Not yet: that is too large, by a factor of 2."
    assert judged(ANSWER, "4 G").sentence == "Near: give two digits or more."


def test_a_product_is_an_answer_too() -> None:
    assert judged(value("weights of resnet-34 layer1.1.conv1"), "3*3*64*64").right
    assert readings("(2 + 3) × 4")[0].number == 20


@pytest.mark.parametrize(
    "text", ["3.51 %", "3.51", "3,51", "3.51 points", "3.51 percentage points", "0.0351", "28.54 - 25.03"]
)
def test_points_of_percent_are_typed_with_their_sign_or_without(text: str) -> None:
    judgement = judged(DEPTH_GAIN, text, Fraction(1, 100))
    assert judgement == (True, "Right: 3.51 percentage points.")


@pytest.mark.parametrize(
    ("text", "said"), [("3.6", "large"), ("3.4", "small"), ("351 %", "large"), ("3.51 k", "large")]
)
def test_points_that_are_wrong_stay_wrong(text: str, said: str) -> None:
    assert judged(DEPTH_GAIN, text, Fraction(1, 100)).sentence.startswith(f"Not yet: that is too {said}")


def test_how_far_points_without_a_sign_are_off_is_told_as_of_percent() -> None:
    assert judged(DEPTH_GAIN, "7.02", Fraction(1, 100)).sentence == "Not yet: that is too large, by a factor of 2."


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0,231 G", 231_000_000),
        ("231,2 M", 231_200_000),
        ("3,86 G", 3_860_000_000),
        ("12,345", 12_345),
        ("1,234.5", Fraction("1234.5")),
        ("12 345", 12_345),
        ("3'857'973", 3_857_973),
        ("0,5 %", Fraction("0.005")),
    ],
)
def test_a_comma_groups_three_digits_each_and_is_a_point_elsewhere(text: str, number: Fraction) -> None:
    assert readings(text)[0].number == number


def test_a_comma_before_three_digits_may_be_a_point_too() -> None:
    assert judged(ANSWER, "3,858 G").right
    assert judged(ANSWER, "3,857,973,248").right
    assert not judged(ANSWER, "3,758 G").right


def test_a_tolerance_is_a_share_of_the_answer() -> None:
    assert judged(Value("50", Fraction(50)), "51", Fraction(2, 100)).right
    assert not judged(Value("50", Fraction(50)), "52", Fraction(2, 100)).right


def test_a_shape_is_compared_as_it_is_written() -> None:
    assert judged(Value("7×7×512"), "7 x 7 x 512").right
    assert not judged(Value("7×7×512"), "7×7×64").right


@pytest.mark.parametrize(
    "text",
    [
        "frog",
        "",
        "1 2 3 x",
        "1 2",
        "12,34,567",
        "1,2,3",
        "1.234,5",
        "0,231 × 2",
        "((((",
        "9" * 500,
        "1/0",
        "parameters of resnet-34",
        "<b>1</b>",
        "∞",
    ],
)
def test_what_is_no_number_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(AnswerRefusal, match=r"write such as 3\.86 G"):
        judged(ANSWER, text)


# Views


def test_every_figure_is_read_and_names_its_networks() -> None:
    assert {view.figure for step in STEPS for view in (step.values[0].view, step.values[0].told) if view} == set(CHECKS)
    assert [str(net) for net in read_view("block resnet-34 layer2.0 resnet-34,shortcut=A layer2.0").nets] == [
        "resnet-34",
        "resnet-34,shortcut=A",
    ]
    assert read_view("paths 54").nets == ()
    assert len(read_view("curves " + " ".join(names())).words) == len(names())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("mpa resnet-34", "There is no figure 'mpa'"),
        ("map", "one network"),
        ("map frog", "no network 'frog'"),
        ("block resnet-34", "its network and its name"),
        ("block resnet-34 layer9.0", "has no block 'layer9.0'"),
        ("fall resnet-50 layers", "macs or params"),
        ("fall resnet-34,width=32 macs", "Verify"),
        ("curves frog", "choose cifar-plain-20"),
        ("paths 0", "1 to 200"),
        ("paths 99999999", "1 to 200"),
        ("printed he-2015 Table 99 error", "are quoted here"),
        ("compare " + "resnet-18 " * 7, "1 to 6 networks"),
    ],
)
def test_a_view_that_cannot_be_drawn_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Refusal, match=re.escape(sentence)):
        read_view(text)


# Files

FRONT = '+++\ntitle = "T"\nquestion = "Q?"\nminutes = 3\n+++\n\n'  # six lines


def lesson(steps: str, front: str = FRONT) -> Lesson:
    return parse_lesson(front + steps, "11-t.md")


@pytest.mark.parametrize(
    ("steps", "line", "words"),
    [
        ("", 6, "this 0"),
        ("text\n## A\n", 7, "Before this text a step begins"),
        ("## A\n\n{frog of resnet-34}\n", 9, "no computation 'frog'"),
        ("## A {1 + }\n", 7, "term is missing"),
        ("## A\nview: mpa resnet-34\n", 8, "no figure 'mpa'"),
        ("## A\nview:\n", 8, "no figure"),
        ("## A\nview: paths 3\ntext\n", 9, "A view is one line"),
        ("## A\nview: paths 3\nview: paths 4\n", 9, "one view"),
        ("## A\nveiw: paths 3\n", 8, "did you mean view?"),
        ("## A\nfoo: bar\n", 8, "begin with a capital"),
        ("## A\nreveal: so\n", 8, "answers a predict"),
        ("## A\npredict: what?\n- [ ] a\n- [x] b\n", 8, "answered by a reveal"),
        ("## A\npredict: what?\n- [ ] a\n- [ ] b\nreveal: so\n", 8, "one is marked"),
        ("## A\npredict: what?\n- [x] a\n- [x] b\nreveal: so\n", 8, "one is marked"),
        ("## A\npredict: what?\n- a\n- b\nreveal: so\n", 9, "- [ ]"),
        ("## A\npredict: what?\nreveal: so\n", 8, "or else an answer"),
        ("## A\npredict: what?\n- [x] a\n- [ ] {2 × }\nreveal: so\n", 10, "term is missing"),
        ("## A\nexercise: what?\nanswer: 3\n", 8, "a hint"),
        ("## A\nexercise: what?\nhint: so\n", 8, "an answer"),
        ("## A\nexercise: what?\nanswer: frog\nhint: so\n", 9, "is no number"),
        ("## A\nexercise: what?\nanswer: 3\ntolerance: much\nhint: so\n", 10, "share of the answer"),
        ("## A\nhint: so\n", 8, "no exercise for this hint"),
        ("## A\nexercise: a\nexercise: b\n", 9, "one exercise"),
        ("## A\npredict: a\n- [x] a\n- [ ] b\nreveal: so\nexercise: b\n", 12, "begin another step"),
        ("## A\n$$\n\\frac{a}{b}\n\n## B\nHello\n", 8, "closed nowhere"),
        ("## A\n\n```python\nx = 1\n``` x\n", 9, "closed nowhere"),
        ("## A\n\n![x](https://example.org/x.png)\n", 9, "fetches no pictures"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_a_sentence(steps: str, line: int, words: str) -> None:
    with pytest.raises(LessonError) as mistake:
        lesson(steps)
    assert str(mistake.value).startswith(f"11-t.md:{line}: ")
    assert words in str(mistake.value)
    assert str(mistake.value).endswith((".", "?"))


@pytest.mark.parametrize(
    ("front", "line", "words"),
    [
        ("", 1, "begins with title"),
        ("+++\n", 1, "begins with title"),
        ("hello\n+++\n+++\n", 1, "begins with title"),
        ('+++\ntitle = "T\n+++\n', 2, "no TOML"),
        ('+++\n["line 99999"]\n["line 99999"]\n+++\n', 3, "no TOML"),
        ('+++\n["(at line 99999, column 1)"]\n["(at line 99999, column 1)"]\n+++\n', 3, "no TOML"),
        ("+++\n" + "title = " + "[" * 2000 + "\n+++\n", 1, "too deep"),
        ("+++\n" + "minutes = " + "9" * 5000 + "\n+++\n", 1, "too many digits"),
        ('+++\ntitle = "T"\nminutes = 3\n+++\n', 1, "question is missing"),
        ('+++\ntitle = "T"\nquestion = "Q"\nminutes = "3"\n+++\n', 1, "no whole number"),
        ('+++\ntitle = "T"\nquestion = "Q"\nminutes = 3\ncolour = 1\n+++\n', 1, "'colour' says nothing"),
    ],
)
def test_a_mistake_in_the_front_is_told_too(front: str, line: int, words: str) -> None:
    with pytest.raises(LessonError) as mistake:
        lesson("## A\n", front)
    assert str(mistake.value).startswith(f"11-t.md:{line}: ")
    assert words in str(mistake.value)


def test_code_is_text_whatever_stands_in_it() -> None:
    step = lesson("## A\n```\n## no step\nview: no view\n{frog}\n```\n").steps[0]
    assert step.text == "```\n## no step\nview: no view\n{frog}\n```"


def test_a_formula_over_several_lines_keeps_its_braces() -> None:
    step = lesson("## A\n$$\n\\frac{a}{b}\n$$\n{1 + 1}\n$$\\frac{a}{b}$$\n{2 + 2}\n").steps[0]
    assert step.text == "$$\n\\frac{a}{b}\n$$\n2\n$$\\frac{a}{b}$$\n4"


def test_a_formula_ends_with_the_line_that_ends_with_its_mark() -> None:
    steps = lesson("## A\n$$ y = \\frac{a}{b}\n+ x $$\n{1 + 1}\n## B\nHello\n").steps
    assert [step.text for step in steps] == ["$$ y = \\frac{a}{b}\n+ x $$\n2", "Hello"]


def test_of_a_file_that_is_too_large_no_more_is_read_than_tells_so(tmp_path: Path) -> None:
    path = tmp_path / "11-x.md"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole, which takes no room
    with pytest.raises(LessonError, match="larger than 100,000 bytes"):
        read_lesson(path)


def test_every_word_of_a_step_is_read(tmp_path: Path) -> None:
    written = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.md"))
    assert {word for word in WORDS if f"\n{word}: " in written} == set(WORDS)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("11-x.md", b"+++\n\xff\n", ":2: This is no UTF-8"),
        ("11-x.md", b"x" * 200_000, ":1: The file is larger"),
        ("Eleven.md", b"", ":1: A lesson's file is named"),
    ],
)
def test_a_file_that_is_no_lesson_is_refused(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LessonError, match=f"{name}{words}"):
        read_lesson(path)


def test_a_teachers_folder_adds_lessons_and_a_broken_one_leaves_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    before = stamp()
    (tmp_path / "11-own.md").write_text(FRONT + "## A\nHello\n", "utf-8")
    (tmp_path / "12-broken.md").write_text(FRONT + "## A\nview: frog\n", "utf-8")
    (tmp_path / "13-depth.md").write_text(FRONT + "## A\nTaken\n", "utf-8")
    (tmp_path / "notes.txt").write_text("no lesson", "utf-8")
    found = shelf()
    assert [one.name for one in found.lessons] == [*(one.name for one in SHELF.lessons), "own"]
    assert len(found.faults) == 2
    assert found.faults[0].startswith("12-broken.md:8: ")
    assert found.faults[1].startswith("13-depth.md:1: There is a lesson 'depth' already")
    assert stamp() != before


def test_of_a_folder_full_of_broken_lessons_each_is_told_by_file_and_line_and_the_good_one_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    good = FRONT + "## A\nHello\n"
    texts = {
        "11-front.md": '+++\ntitle = "T"\n## A\n',
        "12-view.md": FRONT + "## A\nview: frog resnet-34\n",
        "14-large.md": FRONT + "x" * 5_000_000,
        "20-good.md": good.replace("Hello", "<script>alert(1)</script>"),
        "21-good.md": good,
        "Bad name.md": good,
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    (tmp_path / "13-utf16.md").write_text(good, "utf-16")
    (tmp_path / "15-binary.md").write_bytes(b"\x89PNG\r\n\x1a\n\x00" * 99)
    (tmp_path / "16-latin.md").write_bytes(good.replace("Hello", "Grüße").encode("latin-1"))
    (tmp_path / "17-folder.md").mkdir()
    (tmp_path / "18-nowhere.md").symlink_to(tmp_path / "no such file")
    (tmp_path / "19-round.md").symlink_to("19-round.md")
    found = shelf()
    (own,) = [lesson for lesson in found.lessons if lesson not in SHELF.lessons]
    assert own.steps[0].text == "<script>alert(1)</script>"
    said = {fault.partition(":")[0]: fault for fault in found.faults}
    assert len(said) == len(found.faults) == 11
    for file, told in {
        "11-front.md": ":1: A lesson begins with title",
        "12-view.md": ":8: There is no figure 'frog'",
        "13-utf16.md": ":1: This is no UTF-8",
        "14-large.md": ":1: The file is larger than 100,000 bytes",
        "15-binary.md": ":1: This is no UTF-8",
        "16-latin.md": ":8: This is no UTF-8",
        "17-folder.md": ":1: This is a folder, and a lesson is a file: put the file itself there.",
        "18-nowhere.md": ":1: The file cannot be read",
        "19-round.md": ":1: This leads out of the folder of lessons",
        "21-good.md": ":1: There is a lesson 'good' already",
        "Bad name.md": ":1: A lesson's file is named in small letters",
    }.items():
        assert said[file].startswith(file + told)
        assert said[file].endswith(".")
    assert len(stamp()) == len(SHELF.lessons) + 10  # of two there is nothing to look at


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    assert len(shelf().lessons) == len(SHELF.lessons)
    assert "There is no such folder" in shelf().faults[0]


def test_the_example_of_the_documentation_is_a_lesson() -> None:
    text = (ROOT / "docs" / "lessons.md").read_text("utf-8")
    example = re.search(r"```markdown\n(.*?)```", text, re.DOTALL)
    assert example is not None
    read_as = parse_lesson(example[1], "11-first-layer.md")
    assert [bool(step.exercise) for step in read_as.steps] == [False, True]
    for word in (*CHECKS, *WORDS, *WRITERS, VARIABLE):
        assert word in text


# The walk


@pytest.mark.parametrize("lesson", SHELF.lessons, ids=lambda lesson: lesson.name)
def test_walking_forth_tells_every_answer_and_walking_back_takes_it_back(lesson: Lesson) -> None:
    way = [Place(lesson)]
    while onward := way[-1].forward:
        way.append(onward)
    assert [at.number for at in way if not at.told] == list(range(1, len(lesson.steps) + 1))
    assert [at.number for at in way if at.told] == [
        number for number, step in enumerate(lesson.steps, 1) if step.prediction
    ]
    back = [way[-1]]
    while before := back[-1].back:
        back.append(before)
    assert back == way[::-1]
    for at in way:
        assert place(lesson, at.text) == at


@pytest.mark.parametrize(
    ("begin", "keys", "end"),
    [
        ("1", [], "1"),
        ("1", ["forward"] * 3, "2-told"),
        ("1-c", ["forward", "forward", "back"], "1-told"),
        ("8-told", ["forward", "forward", "back"], "8"),
        ("1", ["back", "back", "forward"], "1-told"),
        ("2", ["wall", "frog", "back"], "1-told"),
    ],
)
def test_keys_lead_step_by_step_and_past_neither_end(begin: str, keys: list[str], end: str) -> None:
    depth = SHELF.lesson("depth")
    assert depth is not None
    assert walked(place(depth, begin), keys).text == end


def test_a_choice_stands_in_the_link_and_goes_with_its_step() -> None:
    depth = SHELF.lesson("depth")
    assert depth is not None
    chosen = Place(depth).choosing(2)
    assert chosen.text == "1-c"
    assert place(depth, "1-c-told") == chosen.forward
    assert depth.steps[0].prediction is not None
    assert place(depth, "1-c-told").forward == Place(depth, 2)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", "1"),
        ("0", "1"),
        ("99", "8"),
        ("frog", "1"),
        ("1-z", "1"),
        ("7-told", "7"),
        ("<b>", "1"),
        ("1" * 99, "1"),
        ("-1", "1"),
    ],
)
def test_a_link_to_a_step_that_there_is_not_leads_to_the_nearest(text: str, means: str) -> None:
    depth = SHELF.lesson("depth")
    assert depth is not None
    assert place(depth, text).text == means
    assert SHELF.lesson("frog") is None
    assert len(files()) == len(SHELF.lessons)


def test_refusals_are_told_apart() -> None:
    assert issubclass(LessonError, Refusal)
    assert issubclass(ValueRefusal, Refusal)
