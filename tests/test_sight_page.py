"""The looks of the Run page as Streamlit runs them: what each shows, and what it says to what cannot be looked at."""

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pages import opened, ran, words
from streamlit.testing.v1 import AppTest
from tiny_weights import TINY, unwritten, write_tiny

from app.components.sight import LOOKS
from resnet_core import ArchSpec, build, parse, pyramid
from resnet_core import weights as shelf
from resnet_core.loading import write_weights
from resnet_core.sight.cam import cam_taps
from resnet_core.tensors import residual_blocks, tensors

ROOT = Path(__file__).parents[1]
NETS = [
    *("cifar-plain-20,depths=1-1-1,size=16,classes=7", "cifar-densenet-bc-100-12,depths=2-2-2,size=16,classes=7"),
    *("cifar-highway-19,size=16,classes=7", "cifar-resnet-20,depths=1,width=4,size=1,classes=7"),
    "vgg-16,width=2,size=32,classes=7",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with weights: those of one tiny network."""
    monkeypatch.setattr(shelf, "BUNDLED", tmp_path / "none")
    monkeypatch.setenv("RESNET_EXPLORER_WEIGHTS", str(tmp_path))
    write_tiny(tmp_path)
    return tmp_path


def look_at(look: str, spec: ArchSpec = TINY, **parameters: str) -> AppTest:
    return opened("run", **{"net": str(spec), "look": look, **parameters})


def refusals(app: AppTest) -> list[str]:
    return re.findall(r'role="alert">(.*?)</p>', words(app), re.DOTALL)


def test_an_empty_word_in_the_link_is_the_usual_look() -> None:
    app = look_at("")
    assert app.session_state["look"] == "Answer"
    assert "rx-guess" in words(app)


@pytest.mark.parametrize("look", LOOKS)
def test_every_look_shows_something_and_keeps_picture_and_answer(look: str) -> None:
    app = look_at(look)
    assert not refusals(app)
    text = words(app)
    assert "what the network sees: 16×16 pixels" in text
    assert ("rx-guess" in text) == (look == "Answer")
    assert ("rx-brief" in text) == (look != "Answer")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", NETS)
def test_every_look_takes_every_kind_of_network(look: str, name: str, folder: Path) -> None:
    """Without residual blocks, of concatenation, with gates, of maps of one cell."""
    spec = parse(name)
    write_weights(build(spec).state_dict(), unwritten(folder, spec))
    app = look_at(look, spec)
    blockless = look == "Residual + shortcut" and not residual_blocks(spec)
    missing = blockless or (look == "Along the depth" and spec.family == "vgg")
    assert [sentence.endswith(".") for sentence in refusals(app)] == [True] * missing


@pytest.mark.parametrize(
    "key", ["look", "tensor", "layer", "channel", "row", "at", "class", "level", "nets", "temperature"]
)
@pytest.mark.parametrize("look", LOOKS)
def test_nonsense_in_a_link_is_told_at_most(look: str, key: str) -> None:
    assert all("came instead" in sentence for sentence in refusals(look_at(**{"look": look, key: "<b>layer9.9"})))


def test_the_first_view_has_some_of_everything() -> None:
    text = words(look_at("Answer"))
    assert "Grad-CAM at layer3.0" in text
    assert "layer1.0: All 4 channels, the most energetic first." in text
    assert "the residual path, F(x) · 8×8×8 · norm " in text
    assert "<em>⊕</em>" in text


def test_a_thumbnail_leads_to_its_look() -> None:
    app = look_at("Answer")
    app.get_by_key("to_Grad-CAM").click()
    assert ran(app).get_by_key("look").value == "Grad-CAM"


def test_feature_maps_of_any_tensor_of_the_table_by_its_link() -> None:
    for name, found in tensors(TINY).items():
        text = words(look_at("Feature maps", tensor=name))
        assert re.search(rf"Channel \d+ of {re.escape(found.title)}\.", text), name
        assert "It sees (blue) " in text
        assert f"All {found.shape[0]} channels" in text


def test_the_scale_has_a_number_only_where_it_holds_for_every_channel() -> None:
    def ends(brightness: str) -> list[str]:
        text = words(look_at("Feature maps", tensor="layer1.0", brightness=brightness))
        return re.findall(r"<span>([^<]*)</span>", text[text.index("rx-scale") :])[:2]

    assert ends("per channel") == ["0", "each channel's own most"]
    least, most = ends("common")
    assert least == "0"
    assert float(most) > 0


def test_a_channel_and_a_cell_stand_in_the_link() -> None:
    text = words(look_at("Feature maps", tensor="conv1", channel="2", row="0", column="15"))
    assert "Channel 2 of conv1 · 3×3 convolution (conv1). The cell in row 0, column 15 (orange) is " in text
    assert "2×2 pixels; the rest of its field of 3×3 is padding." in text


def test_a_channel_and_a_cell_of_another_tensor_are_forgotten() -> None:
    app = look_at("Feature maps", tensor="conv1", channel="3", row="15", column="15")
    app.get_by_key("tensor").set_value("layer3.0")
    text = words(ran(app))
    assert "Channel 3 of stage 3 · block 1 (layer3.0). The cell in row" in text
    assert app.get_by_key("row").value is None
    app.get_by_key("tensor").set_value("fc")
    assert "Feature 3 (orange) is" in words(ran(app))


def test_one_number_is_followed_from_its_link_to_what_the_engine_has_there() -> None:
    text = words(look_at("One number", layer="layer2.0.conv2", channel="5", row="0", column="7"))
    seen = tensors(TINY)["layer2.0.relu"].title
    assert f"Channel 5 of {seen}. The cell in row 0, column 7 (orange) is " in text
    assert "Σ of 72 products = " in text
    assert "layer2.0.bn2: γ = 1, β = 0, " in text
    assert "+ the shortcut 0 = " in text  # which option A fills with zeros
    ours, engine = re.findall(r"In the end (\S+); the engine's own layer2.0.relu has (\S+) there", text)[0]
    assert ours == engine
    assert text.count('class="rx-grid"') == 3 * 4
    assert text.count("rx-outside") == 3 * 4 * 5  # a corner: three places above, two more to the right


def test_one_number_of_another_layer_forgets_a_channel_that_it_lacks() -> None:
    app = look_at("One number", layer="layer3.0.conv2", channel="15", row="3", column="3")
    app.get_by_key("layer").set_value("conv1")
    text = words(ran(app))
    assert "Σ of 27 products = " in text
    assert app.get_by_key("channel").value is None


def test_a_step_leads_to_the_next_block_and_ends_at_the_last() -> None:
    app = look_at("Residual + shortcut")
    assert "‖F(x)‖ / ‖x‖ = " in words(app)
    app.get_by_key("at_→").click()
    assert ran(app).get_by_key("at").value == "layer3.0"
    assert app.get_by_key("at_→").disabled
    app.get_by_key("at_←").click()
    assert ran(app).get_by_key("at").value == "layer2.0"


def test_the_norms_of_every_block_are_drawn_in_the_projects_pair() -> None:
    app = look_at("Along the depth")
    figure = app.get("plotly_chart")[0].proto.spec
    for text in ("layer1.0", "layer2.0", "layer3.0", "x, the shortcut", "F(x), the residual path", "#0072B2"):
        assert text in figure


def test_grad_cam_stands_at_each_stage_for_the_class_that_is_asked_for() -> None:
    app = look_at("Grad-CAM")
    for tap in cam_taps(TINY):
        assert f"Grad-CAM at {tap}:" in words(app)
    app.get_by_key("class").set_value("cow")
    assert "maps speak for cow:" in words(ran(app))


def test_temperature_makes_the_answer_less_sure_and_keeps_the_order() -> None:
    app = look_at("Answer")
    before = words(app)
    app.get_by_key("temperature").set_value(10.0)
    after = words(ran(app))
    names, shares = (re.compile(pattern) for pattern in (r"rx-guess[^>]*><span>(\w+)<", r"<b>([\d.]+) %</b>"))
    assert names.findall(before) == names.findall(after)
    assert float(shares.findall(before)[0]) > float(shares.findall(after)[0])


def test_the_detectors_view_lists_levels_and_shows_the_program() -> None:
    app = look_at("For a detector")
    for level in pyramid(TINY):
        assert f"<b>{level.name}</b>" in words(app)
    assert app.code[0].value.startswith(f'"""Features of {TINY}, in plain torch.')
    app.get_by_key("level").set_value("C0")
    assert "768 anchors: 1:2 · 1:1 · 2:1 of 8² pixels at each of 16×16 cells" in words(ran(app))


def test_several_networks_answer_side_by_side(folder: Path) -> None:
    other = parse("cifar-resnet-14,width=4,size=16,classes=7")
    write_tiny(folder, other)
    app = look_at("Several nets")
    assert words(app).count("<h3>") == 2
    app.get_by_key("nets").set_value([str(other)])
    assert words(ran(app)).count("<h3>") == 1


def test_a_network_whose_file_is_damaged_is_told_in_its_column(folder: Path) -> None:
    other = write_tiny(folder, parse("cifar-resnet-14,width=4,size=16,classes=7"), seed=5)
    other.file.write_bytes(b"damaged")
    text = words(look_at("Several nets"))
    assert "is damaged or not the one its card describes" in text
    assert text.count('<ol class="rx-brief">') == 2  # the other network's, and the answer beside the picture


@pytest.mark.parametrize("look", LOOKS)
def test_a_picture_that_is_refused_is_told_once_whatever_is_looked_at(look: str) -> None:
    app = look_at(look, source="upload")
    app.file_uploader[0].set_value(("text.png", b"not a picture", "image/png"))
    ran(app)
    assert len(refusals(app)) == 1
    image = io.BytesIO()
    from PIL import Image

    Image.fromarray(np.zeros((1, 1, 3), np.uint8)).save(image, "PNG")
    app.file_uploader[0].set_value(("dot.png", image.getvalue(), "image/png"))
    assert not refusals(ran(app))


def test_another_size_of_input_gives_other_maps() -> None:
    text = words(look_at("Feature maps", replace(TINY, size=(24, 40)), tensor="layer1.0", row="23", column="39"))
    assert "The cell in row 23, column 39" in text
