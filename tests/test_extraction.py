"""Features as a detector takes them: levels, files, and a program in plain torch that gives the same."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tiny_weights import TINY, write_tiny
from torch import nn

from resnet_core import ZOO, ArchSpec, build, extract, parse, pyramid
from resnet_core import weights as shelf
from resnet_core.cli import main
from resnet_core.modules import MODULES
from resnet_core.pictures import PictureError
from resnet_core.sight.anchors import anchor_boxes, anchor_picture, centres
from resnet_core.sight.extraction import WRITERS
from resnet_core.sight.pyramid import tap_names
from resnet_core.sight.snippet import CODE, JOINS, snippet
from resnet_core.taps import Taps
from resnet_core.tensors import NoTensorError, tensors
from resnet_core.weights import NoWeightsError

CHELSEA = Path(__file__).parents[1] / "assets" / "samples" / "chelsea.jpg"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with weights: those of one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    write_tiny(tmp_path)
    return tmp_path


# --- levels


def test_the_levels_of_resnet_50_are_those_of_the_pyramid_paper() -> None:
    levels = pyramid(ZOO["resnet-50"])
    assert [level.name for level in levels] == ["C2", "C3", "C4", "C5"]
    assert [level.tensor for level in levels] == ["layer1.2", "layer2.3", "layer3.5", "layer4.2"]
    assert [level.stride for level in levels] == [4, 8, 16, 32]
    assert [level.shape for level in levels] == [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (2048, 7, 7)]
    assert [level.anchor for level in levels] == [32, 64, 128, 256]
    assert [level.lateral for level in levels] == [(256, 56, 56), (256, 28, 28), (256, 14, 14), (256, 7, 7)]
    assert [level.anchors for level in levels] == [9408, 2352, 588, 147]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cifar-resnet-20", {"C0": "layer1.2", "C1": "layer2.2", "C2": "layer3.2"}),
        ("plain-18", {"C2": "layer1.1", "C3": "layer2.1", "C4": "layer3.1", "C5": "layer4.1"}),
        ("googlenet", {"C3": "inception3b", "C4": "inception4e", "C5": "inception5b"}),
        ("lenet-5", {"C1": "c3_tanh", "C2": "c5_tanh"}),
    ],
)
def test_the_levels_of_other_nets_are_the_last_maps_at_their_strides(name: str, expected: dict[str, str]) -> None:
    assert {level.name: level.tensor for level in pyramid(ZOO[name])} == expected


@pytest.mark.parametrize("name", ZOO)
def test_every_network_has_levels_of_growing_stride(name: str) -> None:
    levels = pyramid(ZOO[name])
    strides = [level.stride for level in levels]
    assert strides == sorted(set(strides))
    for level in levels:
        assert level.stride == 2 ** int(level.name[1:])
        assert tensors(ZOO[name])[level.tensor].shape == level.shape


def test_anchors_stand_in_the_middle_of_their_cells_and_have_one_area() -> None:
    level = pyramid(parse("cifar-resnet-20"))[-1]
    assert len(centres(level)) == 64
    assert centres(level)[:2] == ((2.0, 2.0), (2.0, 6.0))
    assert centres(level)[-1] == (30.0, 30.0)
    sides = [(bottom - top, right - left) for left, top, right, bottom in anchor_boxes(level, 16, 16)]
    assert [height * width for height, width in sides] == pytest.approx([32**2] * 3)
    assert [height / width for height, width in sides] == pytest.approx([0.5, 1, 2])
    drawn = anchor_picture(np.zeros((32, 32, 3), np.uint8), level)
    assert drawn[84, 84].tolist() == [0xD5, 0x5E, 0x00]  # the centre at 6, 6, fourteen times as large
    assert drawn[5, 300].tolist() == [0, 0, 0]


# --- extraction


def test_extracted_features_are_those_of_the_network(folder: Path) -> None:
    data = CHELSEA.read_bytes()
    found = extract(data, ("C2", "layer1.0.conv1", "fc"), spec=TINY)
    assert {name: values.shape for name, values in found.items()} == {
        "C2": (16, 4, 4),
        "layer1.0.conv1": (4, 16, 16),
        "fc": (7,),
    }
    assert all(values.dtype == np.float32 for values in found.values())
    assert list(extract(data, spec=TINY)) == ["C0", "C1", "C2"]
    assert np.array_equal(extract(data, ("layer3.0",), spec=TINY)["layer3.0"], found["C2"])


def test_what_cannot_be_extracted_is_refused(folder: Path) -> None:
    data = CHELSEA.read_bytes()
    with pytest.raises(NoTensorError, match="has no level and no tensor 'C9'"):
        extract(data, ("C9",), spec=TINY)
    with pytest.raises(PictureError):
        extract(b"no picture", spec=TINY)
    with pytest.raises(NoWeightsError):
        extract(data, spec=ZOO["resnet-50"])


def test_files_hold_the_features_under_their_names() -> None:
    features = {"C2": np.arange(12, dtype=np.float32).reshape(3, 2, 2), "layer1.0.conv1": np.ones(3, np.float32)}
    with np.load(io.BytesIO(WRITERS[".npz"](features))) as file:
        assert {name: file[name].tolist() for name in file.files} == {n: v.tolist() for n, v in features.items()}
    from safetensors.numpy import load

    loaded = load(WRITERS[".safetensors"]({"t": features["C2"].transpose(2, 1, 0)}))
    assert np.array_equal(loaded["t"], features["C2"].transpose(2, 1, 0))  # not the memory's order, the array's


# --- the program in plain torch


def run(spec: ArchSpec, taps: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the printed program gives, and what the network does."""
    torch.manual_seed(0)
    network = build(spec).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    x = torch.rand(1, spec.channels, *spec.size)
    program: dict[str, Any] = {"__name__": "program"}
    exec(snippet(spec, taps), program)
    names = tap_names(spec, taps)
    kept = Taps(names.values())
    with torch.inference_mode():
        network(x, kept)
    return program["features"](network.state_dict(), x), {name: kept.found[tap] for name, tap in names.items()}


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        *("resnet-18", "resnet-50-v1.5", "cifar-resnet-20", "cifar-resnet-20,survival=0.5", "cifar-plain-20"),
        *("cifar-resnet-164-v2,depths=2-2-2", "cifar-densenet-bc-100-12,depths=2-2-2", "cifar-highway-19", "lenet-5"),
        *("resnext-50-32x4d,form=a,depths=1-1,size=32", "resnext-50-32x4d,form=b,depths=1-1,size=32", "alexnet"),
        *("googlenet,aux=yes", "googlenet-torchvision,size=64", "cifar-resnet-20,skip=shortcut-gating"),
        *("cifar-resnet-20,skip=exclusive-gating", "cifar-resnet-20,skip=scaling", "cifar-resnet-20,skip=dropout"),
        *("cifar-resnet-20,shortcut=pool", "resnet-18,order=relu-before-add,size=64"),
    ],
)
def test_the_program_gives_the_same_features(name: str, everything: bool) -> None:
    spec = parse(name)
    given, expected = run(spec, tuple(tensors(spec)) if everything else ())
    assert given.keys() == expected.keys()
    for tap, values in expected.items():
        scale = max(1.0, float(values.abs().max()))
        assert float((given[tap] - values).abs().max()) <= 1e-5 * scale, tap


def test_every_kind_of_op_and_every_meeting_has_its_words() -> None:
    assert set(CODE) == set(MODULES)
    assert set(JOINS) == {"add", "concat", "gate", "carry", "aside", "none"}


def test_the_program_needs_nothing_but_torch_and_shares_what_is_alike() -> None:
    text = snippet(ZOO["cifar-resnet-110"])
    imported = {line.split()[1].partition(".")[0] for line in text.splitlines() if line.startswith(("import", "from"))}
    assert imported == {"json", "sys", "pathlib", "torch"}
    assert text.count("def block") == 3  # alike, widening to 32, widening to 64
    assert "fc" not in text
    assert max(map(len, text.splitlines())) <= 120


def half(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """With the weights of convolutions and fully connected layers in float16, as the project's own files are."""
    return {
        name: tensor.half() if name.endswith("weight") and tensor.ndim > 1 else tensor for name, tensor in state.items()
    }


def early(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """By the names of torchvision's published DenseNets."""
    return {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): state[name] for name in state}


@pytest.mark.parametrize("ending", [".safetensors", ".pt"])
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("cifar-resnet-20", dict),
        ("cifar-resnet-20", half),
        ("densenet-121,depths=2-2-2,size=64", dict),
        ("densenet-121,depths=2-2-2,size=64", early),
    ],
)
def test_the_program_gives_features_from_files_of_either_kind_half_precision_and_early_names(
    name: str, kept: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], ending: str, tmp_path: Path
) -> None:
    spec = parse(name)
    torch.manual_seed(0)
    whole = build(spec).state_dict()
    file, state = tmp_path / f"a{ending}", kept(whole)
    if ending == ".safetensors":
        save_file(state, file)
    else:
        torch.save(state, file)
    program: dict[str, Any] = {"__name__": "program"}
    exec(snippet(spec), program)
    loaded = program["load"](str(file))
    assert loaded.keys() == whole.keys()
    x = torch.rand(1, spec.channels, *spec.size)
    given, expected = (program["features"](tensors, x) for tensors in (loaded, whole))
    for level, values in expected.items():
        assert torch.allclose(given[level], values, rtol=0.01, atol=0.01 * float(values.abs().max())), level
    if kept is not half:
        assert all(torch.equal(given[level], values) for level, values in expected.items())


# --- the command line


def test_features_lists_the_levels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features", "--model", "resnet-50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split()[:4] == ["C2", "layer1.2", "4", "56×56×256"]
    assert main(["features", "--model", "resnet-50", "--json"]) == 0
    levels = json.loads(capsys.readouterr().out)["levels"]
    assert (levels[-1]["name"], levels[-1]["shape"], levels[-1]["lateral"]) == ("C5", [2048, 7, 7], [256, 7, 7])


@pytest.mark.parametrize("ending", WRITERS)
def test_features_writes_a_file(ending: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / f"features{ending}"
    command = ["features", str(CHELSEA), "--model", str(TINY), "--taps", "C2, layer1.0.conv1", "--out", str(file)]
    assert main(command) == 0
    assert "layer1.0.conv1  16×16×4\n" in capsys.readouterr().out
    assert file.stat().st_size > 4 * (16 * 4 * 4 + 4 * 16 * 16)
    assert main([*command, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["features"] == {"C2": [16, 4, 4], "layer1.0.conv1": [4, 16, 16]}


def test_features_prints_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["features", "--snippet", "--model", "resnet-18", "--taps", "C5"]) == 0
    assert capsys.readouterr().out == snippet(parse("resnet-18"), ("C5",))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((str(CHELSEA), "--taps", "C9"), "has no level and no tensor 'C9': take C0, C1, C2, the name of a row"),
        ((str(CHELSEA), "--taps", ""), "--taps names nothing: give it some of C0, C1, C2, or leave it out"),
        (("--taps", " , "), "--taps names nothing"),
        (("README.md",), "README.md: This is not a JPEG, PNG, WebP, GIF or BMP picture"),
        (("--taps", "C2"), "name a picture file"),
        (("--out", "a.npz"), "name a picture file"),
        ((str(CHELSEA), "--out", "a.txt"), "ends with .npz or .safetensors"),
        (("missing.jpg",), "cannot be read"),
        ((str(CHELSEA), "--out", "missing/a.npz"), "cannot be written"),
        (("--snippet", "--taps", "nothing"), "has no level and no tensor 'nothing'"),
    ],
)
def test_features_refuses_in_one_line(
    arguments: tuple[str, ...], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["features", *arguments, "--model", str(TINY)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert told.err.count("\n") == 1
