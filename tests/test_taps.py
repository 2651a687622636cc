"""Features come from the forward pass itself: every row of the table, the ends of the paths, and Grad-CAM."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_networks import CHOICES, CIFAR, ROWS
from tiny_weights import TINY, write_tiny
from torch import Tensor

from resnet_core import ArchSpec, build, layer_rows, parse
from resnet_core import weights as shelf
from resnet_core.backend import Request
from resnet_core.engine import Engine
from resnet_core.loading import load_weights
from resnet_core.plan import plan
from resnet_core.taps import Taps
from resnet_core.tensors import tensors

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path)
    monkeypatch.delenv("RESNET_EXPLORER_WEIGHTS", raising=False)
    write_tiny(tmp_path)
    return tmp_path


def picture(spec: ArchSpec, seed: int = 0) -> Tensor:
    return torch.randn(2, spec.channels, *spec.size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("spec", ROWS | CHOICES, ids=str)
def test_every_row_can_be_tapped_has_the_shape_of_its_row_and_changes_nothing(spec: ArchSpec) -> None:
    torch.manual_seed(0)
    network = build(spec).eval()
    taps = Taps(tensors(spec))
    with torch.inference_mode():
        # a survival below 1 is multiplied by before the addition rather than with it
        torch.testing.assert_close(network(picture(spec), taps), network(picture(spec)), atol=1e-6, rtol=1e-5)
    assert taps.found.keys() == tensors(spec).keys()
    for row in layer_rows(spec):
        assert taps.found[row.name].shape[1:] == row.out_shape, row.name


@pytest.mark.parametrize("spec", ROWS, ids=str)
def test_a_tap_is_what_the_module_put_out_before_anything_worked_on_it_in_place(spec: ArchSpec) -> None:
    torch.manual_seed(0)
    network = build(spec).eval()
    modules = dict(network.named_modules())
    seen: dict[str, Tensor] = {}
    for name in tensors(spec).keys() & modules.keys():
        modules[name].register_forward_hook(lambda _, given, out, name=name: seen.update({name: out.clone()}))
    taps = Taps(tensors(spec))
    with torch.inference_mode():
        network(picture(spec), taps)
    assert seen
    for name, expected in seen.items():
        assert torch.equal(taps.found[name], expected), name


@pytest.mark.parametrize("choice", ["", ",shortcut=B", ",order=pre", ",survival=0.5", ",skip=scaling"])
def test_the_two_paths_add_up_to_the_sum(choice: str) -> None:
    spec = parse(f"cifar-resnet-8,width=4,size=16{choice}")
    blocks = [name for name, block in plan(spec).blocks() if name]
    torch.manual_seed(0)
    taps = Taps(tensors(spec))
    with torch.inference_mode():
        build(spec).eval()(picture(spec), taps)
    assert len(blocks) == 3
    for name in blocks:
        residual, shortcut, total = (taps.found[f"{name}.{part}"] for part in ("residual", "shortcut", "add"))
        torch.testing.assert_close(residual + shortcut, total)
        assert residual.abs().max() > 0


def asked(**wanted: object) -> Request:
    card = shelf.require_card(TINY)
    array = np.random.default_rng(0).standard_normal((3, *TINY.size), dtype=np.float32)
    return Request(card, TINY, array, **wanted)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [None, 0, 5])
@pytest.mark.parametrize("name", ["layer1.0.conv1", "layer2.0.residual", "layer3.0", "relu"])
def test_grad_cam_is_the_weighted_sum_of_the_maps(name: str, target: int | None) -> None:
    """Selvaraju 2017, equations 1 and 2, in float64, with the gradient by finite differences."""
    request = asked(taps=(name,), cams=(name,), target=target)
    answer = Engine("cpu").submit(request).result(60)
    network = build(TINY).eval().double()
    network.load_state_dict(load_weights(TINY))
    maps = torch.from_numpy(answer.taps[name]).double()

    class Replaced(Taps):
        """Puts other maps where the tapped ones flowed."""

        def within(self, inner: str) -> Taps:
            nested = Replaced([name], f"{self._prefix}{inner}.")
            nested.instead = self.instead
            return nested

        def keep(self, at: str, x: Tensor) -> Tensor:
            return self.instead[None] if self._prefix + at == name else x

    def logit(instead: Tensor) -> Tensor:
        taps = Replaced([name])
        taps.instead = instead
        with torch.inference_mode():
            logits: Tensor = network(torch.from_numpy(request.array)[None].double(), taps)[0]
        return logits[answer.logits.argmax() if target is None else target]

    step = 1e-6
    weights = [
        (logit(maps + step * one) - logit(maps - step * one)) / (2 * step) / maps[0].numel()
        for channel in range(len(maps))
        for one in [torch.zeros_like(maps).index_fill_(0, torch.tensor([channel]), 1.0)]
    ]
    expected = torch.einsum("c,chw->hw", torch.stack(weights), maps).relu()
    assert answer.cams[name].shape == maps.shape[1:]
    np.testing.assert_allclose(answer.cams[name], expected, rtol=1e-3, atol=1e-5)


def test_features_and_answers_of_a_batch_are_each_ones_own() -> None:
    engine = Engine("cpu")
    names = ("layer1.0", "layer3.0.residual", "fc")
    rng = np.random.default_rng(1)
    arrays = [rng.standard_normal((3, *TINY.size), dtype=np.float32) for _ in range(6)]
    card = shelf.require_card(TINY)
    begin = threading.Barrier(6)

    def ask(place: int) -> object:
        begin.wait(60)
        return engine.submit(Request(card, TINY, arrays[place], names, ("layer2.0",))).result(60)

    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(ask, range(6)))
    for array, answer in zip(arrays, together, strict=True):
        alone = Engine("cpu").submit(Request(card, TINY, array, names, ("layer2.0",))).result(60)
        assert answer.taps.keys() == set(names)
        for name in names:
            np.testing.assert_allclose(answer.taps[name], alone.taps[name], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(answer.cams["layer2.0"], alone.cams["layer2.0"], rtol=1e-3, atol=1e-6)


def test_a_network_without_residual_paths_has_no_residual_to_tap() -> None:
    plain = CIFAR.changed(shortcut="none")
    assert not {name for name in tensors(plain) if name.endswith((".residual", ".shortcut"))}
    assert {name for name in tensors(CIFAR) if name.endswith((".residual", ".shortcut"))}
