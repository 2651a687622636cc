"""Blocks as tiles: what the browser says of them is heard, if it is of the network that is there."""

from types import SimpleNamespace
from typing import Any

import pytest

from app.components import block_tiles as tiles
from resnet_core import parse
from resnet_core.operation import removable

BEFORE, NOW = parse("cifar-resnet-56"), parse("cifar-resnet-20")


@pytest.mark.parametrize(("clicked", "heard"), [(NOW, True), (BEFORE, False)])
def test_a_click_that_was_on_its_way_when_the_network_was_changed_is_passed_over(
    clicked: Any, heard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of the browser's half stands what it sends: the label of the network whose tile was clicked."""
    drawn: list[dict[str, Any]] = []
    told: list[tuple[list[str], list[str]]] = []
    state: dict[str, Any] = {}
    monkeypatch.setattr(tiles, "_tiles", lambda **options: drawn.append(options))
    monkeypatch.setattr(tiles.st, "session_state", state)
    for spec in (clicked, NOW):
        tiles.block_tiles(spec, removable(spec), (), "tiles", lambda order, without: told.append((order, without)))
    names = [*removable(clicked)]
    message = {"of": drawn[0]["data"]["label"], "number": 1, "order": names, "without": names[:1]}
    state["tiles"] = SimpleNamespace(arranged=message)
    drawn[-1]["on_arranged_change"]()
    assert told == ([(names, names[:1])] if heard else [])
    assert state.get("tiles_heard", 0) == int(heard)
