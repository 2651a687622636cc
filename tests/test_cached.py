"""What was found about a visitor's picture stays at hand while others, or the same, look at something else."""

from pathlib import Path

import pytest
from tiny_weights import TINY, write_tiny

from app import cached
from resnet_core import weights as shelf
from resnet_core.operation import Operation
from resnet_core.prediction import Prediction, predict
from resnet_core.samples import samples

PICTURE = samples()[0].path.read_bytes()


def test_blocks_taken_out_by_hand_push_nobodys_maps_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    asked: list[object] = []

    def counted(*args: object, **more: object) -> Prediction:
        asked.append(more)
        return predict(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(cached, "predict", counted)
    maps = cached.seen(PICTURE, TINY, taps=("layer1.0",))
    before = cached.reply(PICTURE, TINY, Operation())
    for number in range(12):
        assert cached.reply(PICTURE, TINY, Operation(("layer2.0",), weight=number / 12)).top
    asked.clear()
    assert cached.seen(PICTURE, TINY, taps=("layer1.0",)) is maps
    assert cached.reply(PICTURE, TINY, Operation()) is before
    assert not asked
