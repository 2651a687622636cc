"""Importing this module does what no visitor should wait for: torch, torchinfo's lazy imports, the first network,
the numbers of the lessons."""

import gc
from contextlib import suppress

from app.picker import DEFAULT
from app.shared_engine import backend
from resnet_core import Refusal, layer_rows, parse
from resnet_core.crosscheck import crosscheck
from resnet_core.lessons import shelf
from resnet_core.prediction import predict
from resnet_core.samples import samples
from resnet_core.weights import nearest_card

with suppress(Refusal):  # without weights there is nothing to load, and the page says so
    if card := nearest_card(parse(DEFAULT)):  # with which Run answers
        for taps in ((), (layer_rows(card.spec)[0].name,)):  # without features and with some
            predict(backend("warm-up"), samples()[0].path.read_bytes(), card.spec, card=card, taps=taps)
crosscheck(parse("cifar-resnet-20"))
shelf()

# Streamlit collects garbage after every script run, and would walk through all of torch's objects each time.
gc.collect()
gc.freeze()
