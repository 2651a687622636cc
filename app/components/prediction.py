"""What the network says: the five likeliest classes, how long it took, and who says so."""

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from app.fragments import fragment
from resnet_core import units
from resnet_core.prediction import top
from resnet_core.sight.confidence import doubt

from .cards import note, opening, width

if TYPE_CHECKING:
    from resnet_core.cards import Card
    from resnet_core.prediction import Prediction
    from resnet_core.samples import Sample

COLDEST, HOTTEST = 0.1, 10.0
BRIEF = 3


def place_in_queue() -> Callable[[int], None]:
    """A line that says how many pictures come first, for as long as some do; who leaves the page gives its place up."""
    line = st.empty()

    def told(before: int) -> None:
        if before:
            line.caption(f"{before} {'picture comes' if before == 1 else 'pictures come'} before yours.")
        else:
            line.empty()

    return told


def show_prediction(prediction: "Prediction", sample: "Sample | None") -> None:
    """The answer, and what could have been answered; `sample` is the picture where it is one of ours."""
    _guesses(prediction)
    stranger = sample and sample.shows_none_of(prediction.card.classes)
    note(prediction.card.choice + (" None of them is in this picture." if stranger else ""))
    spent = prediction.milliseconds
    note(
        f"{units.milliseconds(spent.forward)} for the network on {prediction.device} · "
        f"{units.milliseconds(spent.decode)} to decode · {units.milliseconds(spent.preprocess)} to crop and resize"
    )
    for text in prediction.notes:
        note(text)


@fragment("answer")
def _guesses(prediction: "Prediction") -> None:
    """The five likeliest, at a temperature that is chosen beneath them."""
    bars = st.container()
    temperature = st.slider(
        "Temperature",
        *(COLDEST, HOTTEST, 1.0, COLDEST),
        key="temperature",
        help="The logits are divided by it before the softmax: the order stays, how sure it sounds does not.",
        bind="query-params",
    )
    guesses = top(prediction.answer.logits, prediction.card, temperature)
    rows = "".join(
        f'<div class="rx-guess{"" if place else " rx-first"}"><span>{escape(guess.label)}</span>'
        f"<b>{units.percent(guess.probability)}</b>"
        f'<i style="width:{width(units.percent(guess.probability))}"></i></div>'
        for place, guess in enumerate(guesses)
    )
    bars.html(f'<div class="rx-guesses" data-picture="{prediction.answer.picture}">{rows}</div>')
    note(doubt(prediction.answer.logits, temperature))


def show_brief(prediction: "Prediction") -> None:
    """The answer beside something else that is looked at."""
    st.html(brief(prediction, BRIEF))


def brief(prediction: "Prediction", most: int | None = None) -> str:
    """The likeliest classes as a short list, as HTML."""
    lines = "".join(
        f"<li><span>{escape(guess.label)}</span><b>{units.percent(guess.probability)}</b>"
        f'<i style="width:{width(units.percent(guess.probability))}"></i></li>'
        for guess in prediction.top[:most]
    )
    return f'<ol class="rx-brief">{lines}</ol>'


def show_card(card: "Card") -> None:
    """Where the weights come from and how good they are."""
    measured = "; ".join(
        f"{units.percent(accuracy.share)} ± {units.percent(accuracy.standard_error)} of {accuracy.images:,} "
        f"pictures of {accuracy.test_set}"
        for accuracy in card.accuracy
    )
    recipe = f" Recipe: {card.recipe}." if card.recipe else ""
    words = f"Right on {measured}. Learned from {card.data}.{recipe}"
    st.html(opening(f"The weights: {escape(card.name)}", words))
