"""What the network says: the five likeliest classes, how long it took, and who says so."""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from resnet_core import units

from .cards import note, width

if TYPE_CHECKING:
    from resnet_core.cards import Card
    from resnet_core.prediction import Prediction
    from resnet_core.samples import Sample


def show_prediction(prediction: "Prediction", sample: "Sample | None") -> None:
    """The answer, and what could have been answered; `sample` is the picture where it is one of ours."""
    rows = "".join(
        f'<div class="rx-guess{"" if place else " rx-first"}"><span>{escape(guess.label)}</span>'
        f"<b>{units.percent(guess.probability)}</b>"
        f'<i style="width:{width(units.percent(guess.probability))}"></i></div>'
        for place, guess in enumerate(prediction.top)
    )
    st.html(f'<div class="rx-guesses">{rows}</div>')
    stranger = sample and sample.shows_none_of(prediction.card.classes)
    note(prediction.card.choice + (" None of them is in this picture." if stranger else ""))
    spent = prediction.milliseconds
    note(
        f"{units.milliseconds(spent.forward)} for the network on {prediction.device} · "
        f"{units.milliseconds(spent.decode)} to decode · {units.milliseconds(spent.preprocess)} to crop and resize"
    )
    for text in prediction.notes:
        note(text)


def show_card(card: "Card") -> None:
    """Where the weights come from and how good they are."""
    measured = "; ".join(
        f"{units.percent(accuracy.share)} ± {units.percent(accuracy.standard_error)} of {accuracy.images:,} "
        f"pictures of {accuracy.test_set}"
        for accuracy in card.accuracy
    )
    note(f"Weights: {card.name}. Right on {measured}. Learned from {card.data}. Recipe: {card.recipe}.")
