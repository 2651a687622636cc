"""Spec <-> text: the text of a spec leads back to it, and every other text to one sentence."""

from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import specs

from resnet_core import ZOO, ArchSpec, SpecError, parse
from resnet_core.codec import MOST_CHARACTERS, amended, nearest, text


@pytest.mark.parametrize("name", ZOO)
def test_every_name_of_the_zoo_is_the_text_of_its_spec(name: str) -> None:
    assert parse(name) == ZOO[name]
    assert str(ZOO[name]) == name


@given(specs())
def test_the_text_of_a_spec_leads_back_to_it(spec: ArchSpec) -> None:
    assert parse(str(spec)) == spec
    assert len(str(spec)) <= MOST_CHARACTERS


@given(specs())
def test_no_other_name_needs_fewer_changes(spec: ArchSpec) -> None:
    def changes(base: ArchSpec) -> int:
        return sum(getattr(base, f.name) != getattr(spec, f.name) for f in fields(base) if f.name != "family")

    bases = {spec.family, "resnet"} if spec.family == "plain" else {spec.family}
    fewest = min(changes(base) for base in ZOO.values() if base.family in bases)
    assert text(spec).count(",") == fewest
    assert nearest(spec) in ZOO


@given(specs(), st.randoms())
def test_equal_specs_have_equal_texts_however_they_were_written(spec: ArchSpec, random: object) -> None:
    family = "resnet" if spec.family == "plain" else spec.family
    for name in [name for name, base in ZOO.items() if base.family == family][:2]:
        order = sorted(spec.choices | ZOO[name].choices)
        random.shuffle(order)  # type: ignore[attr-defined]
        values = {key: _written(getattr(spec, key)) for key in order}
        values |= {
            "depths": "-".join(map(str, spec.depths)),
            "size": "x".join(map(str, spec.size)),
            "group_width": str(spec.group_width or spec.width * spec.widen),
        }
        written = " , ".join([name, *(f"{key} = {values[key]}" for key in order)])
        assert parse(written) == spec
        assert str(parse(written)) == str(spec)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def test_the_longest_text_is_still_read() -> None:
    spec = ArchSpec(
        block="bottleneck",
        depths=(123, 124, 125, 126, 127, 123, 124, 127),
        shortcut="pool",
        skip="exclusive-gating",
        stride_on="3x3",
        order="relu-before-add",
        width=4095,
        widen=99,
        groups=4095,
        group_width=4095,
        gate_bias=-99.123456,
        classes=99_999,
        size=(8191, 8190),
    )
    assert parse(str(spec)) == spec


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("resnet-34,shortcut=A,size=32", replace(ZOO["resnet-34"], shortcut="A", size=(32, 32))),
        ("resnet-34,size=97x64", replace(ZOO["resnet-34"], size=(97, 64))),
        ("resnet-34,shortcut=none", ZOO["plain-34"]),
        ("resnet-50,depth=101", ZOO["resnet-101"]),
        ("resnext-50-1x64d", ZOO["resnet-50-v1.5"]),  # Xie 2017, Table 3: a single group
        ("resnet-50,stem=cifar,depth=29", replace(ZOO["resnet-50"], stem="cifar", depths=(3, 3, 3))),
        ("resnet-34,block=bottleneck", ZOO["resnet-50"]),
        ("resnet-200-v1.5", replace(ZOO["resnet-200"], stride_on="3x3")),
        ("cifar-resnet-26", replace(ZOO["cifar-resnet-20"], depths=(4, 4, 4))),
        ("cifar-plain-1202", replace(ZOO["cifar-resnet-1202"], shortcut="none")),
        ("cifar-resnet-29-v2", replace(ZOO["cifar-resnet-164-v2"], depths=(3, 3, 3))),
        ("  resnet-18 , classes = 10 ", replace(ZOO["resnet-18"], classes=10)),
    ],
)
def test_a_name_and_changes_say_a_spec(written: str, meant: ArchSpec) -> None:
    assert parse(written) == meant
    assert parse(str(meant)) == meant


def test_changes_apply_to_any_spec_as_they_do_after_a_name() -> None:
    assert amended(ZOO["resnet-34"], "shortcut=A", "size=32") == parse("resnet-34,shortcut=A,size=32")
    assert amended(ZOO["resnet-34"]) == ZOO["resnet-34"]


REFUSED = {
    "": "write for example resnet-34,shortcut=A,size=32.",
    "frog": "There is no network 'frog': write for example resnet-34,shortcut=A,size=32.",
    "resnet-5O": "did you mean resnet-50",
    "resnet-77": "choose 18, 34, 50, 101, 152 or 200, or give the blocks of each stage, such as depths=3-4-6-3.",
    "resnet-77-v1.5": "choose 50, 101, 152 or 200, or give",
    "plain-77": "choose 18 or 34, or give",
    "cifar-resnet-21": "21 layers is not 6n+2",
    "cifar-resnet-20,depth=21": "choose 20 or 26.",
    "resnet-50,depth=": "depth needs a whole number",
    "resnet-50,block=frog,depth=50": "choose basic or bottleneck.",
    "resnet-50,stem=frog,depth=50": "choose imagenet or cifar.",
    "resnet-50,depth=50,depths=3-4-6-3": "give one of them.",
    "resnet-50,classes=0": "choose a whole number from 1 to 100,000.",
    "resnet-50,classes=ten": "'ten' is none: write digits",
    "resnet-50,classes=-1": "'-1' is none: write digits",
    "resnet-50,size=x": "'x' is not that: write 224, or height x width as 224x320.",
    "resnet-50,size=32x": "'32x' is not that",
    "resnet-50,size=32x32x32": "'32x32x32' is not that",
    "resnet-50,size=9999999999": "choose 1 to 8,192 pixels",
    "resnet-50,size=16": "choose a size of 32 or more, or stem=cifar.",
    "resnet-50,depths=3--4": "'3--4' is not that: write 3-4-6-3.",
    "resnet-50,size": "'size' is no change: write key=value",
    "resnet-50,": "'' is no change: write key=value",
    "resnet-50,size=32,size=64": "size stands there twice: give it once.",
    "resnet-50,sise=32": "There is no choice 'sise': did you mean size, classes or stem?",
    "resnet-50,family=plain": "There is no choice 'family'",
    "plain-34,shortcut=C": "take a ResNet, or shortcut=none.",
    "resnet-34,stride_on=3x3": "take block=bottleneck, or stride_on=1x1.",
    "cifar-resnet-110-sd,survival=half": "'half' is none: write digits, such as 0.5.",
    "cifar-resnet-110-sd,survival=0": "choose a number above 0 and up to 1, such as 0.5.",
    "cifar-resnet-110-sd,survival=0.0000001": "choose a number above 0 and up to 1, such as 0.5.",
    "cifar-highway-19,gate_bias=-1e3": "'-1e3' is none: write digits, such as 0.5.",
    "cifar-highway-19,gate_bias=-101": "choose a number from -100 to 100, such as -6.",
    "cifar-highway-3": "3 layers are too few for 3 stages: choose 4 or more.",
    "cifar-highway-19,alternate=true": "choose yes or no.",
    "densenet-122": "choose 121, 161, 169, 201 or 264, or give the layers of each dense block",
    "cifar-densenet-41-12": "There is no network 'cifar-densenet-41-12': did you mean",
    "cifar-densenet-40-12,depth=41": "choose 40 or 43.",
    "vgg-15": "choose 11, 13, 16 or 19, or give the convolutions of each stage",
    "vgg-16,growth=12": "growth says nothing of a VGG net: leave it out.",
    "resnet-\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT EIGHT}": "There is no network",
    "resnet-50,size=\N{FULLWIDTH DIGIT THREE}\N{FULLWIDTH DIGIT TWO}": "is not that",
    "resnet-50" * 60: "540 characters: write a name and a few changes",
}


@pytest.mark.parametrize(("written", "remedy"), REFUSED.items(), ids=lambda value: value[:40])
def test_a_text_that_says_no_network_gets_a_sentence_that_says_what_to_change(written: str, remedy: str) -> None:
    with pytest.raises(SpecError) as refusal:
        parse(written)
    assert remedy in str(refusal.value)
    _is_one_sentence(str(refusal.value))


_KEYS = [
    "stem",
    "block",
    "depths",
    "depth",
    "shortcut",
    "stride_on",
    "order",
    "width",
    "classes",
    "size",
    "family",
    "groups",
    "survival",
    "x",
]
_FIELDS = [field.name for field in fields(ArchSpec)]
_VALUES = [
    "",
    "A",
    "none",
    "cifar",
    "basic",
    "pre",
    "0",
    "1",
    "21",
    "50",
    "32x",
    "3-4",
    "3-4-6-3",
    "x",
    "1x1",
    "0.5",
    "\n",
    "é",
    "²",
]
_almost = st.tuples(
    st.sampled_from([*ZOO, "resnet-21", "cifar-resnet-7-v2", "resnet-", "-18", "resnet--18"]),
    st.lists(st.tuples(st.sampled_from(_KEYS), st.sampled_from(["=", "", "=="]), st.sampled_from(_VALUES)), max_size=4),
).map(lambda parts: ",".join([parts[0], *("".join(change) for change in parts[1])]))


@given(st.text(max_size=400) | _almost)
@example("resnet-50,\x00=1")
@example("\u202eresnet-50")
@example("resnet-50,size=\ud800")
def test_nonsense_raises_nothing_but_one_sentence(written: str) -> None:
    try:
        spec = parse(written)
    except SpecError as refusal:
        _is_one_sentence(str(refusal))
    else:
        assert parse(str(spec)) == spec


def test_every_pair_of_known_words_gives_a_spec_or_one_sentence() -> None:
    for name, (key, value), (other, second) in product(
        ("resnet-34", "plain-18", "cifar-resnet-164-v2"), *[list(product(_KEYS, _VALUES))] * 2
    ):
        try:
            parse(f"{name},{key}={value},{other}={second}")
        except SpecError as refusal:
            _is_one_sentence(str(refusal))


def _is_one_sentence(sentence: str) -> None:
    assert sentence.endswith((".", "?")), sentence
    assert sentence.isprintable(), "neither line breaks nor anything that a terminal obeys"
    assert " object at 0x" not in sentence
    assert (
        sentence[0].isupper()
        or sentence[0] in "'\""
        or sentence.split()[0] in {*_KEYS, *_FIELDS}
        or sentence[0].isdigit()
    )
    assert len(sentence) < 400
