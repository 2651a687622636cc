"""The map on paper: all of it is there, in grey too, as SVG, PNG, PDF and DOT."""

import re
from io import BytesIO
from xml.etree import ElementTree

import graphviz.quoting
import pypdfium2
import pytest
from PIL import Image

from resnet_core import ZOO, analyse, parse
from resnet_core.counts import CONVENTION
from resnet_core.describe import AROUND, MEETS, title
from resnet_core.diagram import labels, volumes
from resnet_core.dot import dot_source
from resnet_core.map_svg import DASHES, MEASURES, map_svg
from resnet_core.print_svg import as_pdf, as_png

SVG = "{http://www.w3.org/2000/svg}"
OTHERS = (
    *("googlenet,aux=yes", "cifar-resnet-20,skip=exclusive-gating", "cifar-resnet-20,skip=dropout", "vgg-16,classes=7"),
    *("resnet-50,skip=scaling", "resnet-18,width=1,depths=1-1-1-1-1-1-1-1,size=2048", "densenet-121,depths=2-90-3"),
)


def _drawn(name: str) -> ElementTree.Element:
    return ElementTree.fromstring(map_svg(analyse(parse(name))))


@pytest.mark.parametrize("name", [*ZOO, *OTHERS])
def test_the_drawing_holds_every_box_every_way_around_and_every_word(name: str) -> None:
    drawing, boxes = _drawn(name), volumes(analyse(parse(name)))
    words = [element.text for element in drawing.iter(f"{SVG}text")]
    assert words[0] == title(parse(name))
    assert f"Counting: {CONVENTION}." in words
    for label in labels(boxes):
        assert label.text in words
        assert label.note in words
    assert [f"×{box.repeats}" for box in boxes if box.repeats > 1] == [
        word for word in words if word and re.fullmatch(r"×\d+", word)
    ]
    assert len(list(drawing.iter(f"{SVG}polygon"))) == 3 * len(boxes)
    arcs = [element.get("stroke-dasharray") for element in drawing.iter(f"{SVG}polyline")]
    assert arcs == [DASHES[box.shortcut] for box in boxes if box.shortcut]
    for kinds, of in (
        (AROUND, {box.shortcut for box in boxes}),
        ({join: words for join, (_, words) in MEETS.items()}, {box.join for box in boxes}),
    ):
        assert [said for kind, said in kinds.items() if kind in of] == [
            said for said in kinds.values() if said in words
        ]


@pytest.mark.parametrize("name", [*ZOO, *OTHERS])
def test_nothing_is_drawn_outside_the_page(name: str) -> None:
    drawing = _drawn(name)
    width, height = (float(drawing.get(side) or 0) for side in ("width", "height"))
    for element in drawing.iter():
        xs = [float(element.get(key) or 0) for key in ("x", "x1", "x2", "cx") if key in element.attrib]
        ys = [float(element.get(key) or 0) for key in ("y", "y1", "y2", "cy") if key in element.attrib]
        for point in (element.get("points") or "").split():
            x, y = point.split(",")
            xs.append(float(x))
            ys.append(float(y))
        assert all(0 <= x <= width for x in xs)
        assert all(0 <= y <= height for y in ys)


def test_ways_around_and_shades_differ_without_their_colour() -> None:
    assert len(set(DASHES.values())) == len(DASHES) == len(AROUND)
    fronts = [element.get("fill") for element in _drawn("resnet-50").iter(f"{SVG}polygon")][2::3]
    boxes = volumes(analyse(ZOO["resnet-50"]))
    lightness = [sum(w * int(str(c)[i : i + 2], 16) for w, i in ((3, 1), (6, 3), (1, 5))) for c in fronts]
    order = sorted(range(len(boxes)), key=lambda number: boxes[number].macs)
    assert [lightness[number] for number in order] == sorted(lightness, reverse=True)


def test_the_shade_is_of_the_measure_that_is_asked_for() -> None:
    analysis = analyse(ZOO["resnet-50"])
    drawings = {measure: map_svg(analysis, measure) for measure in MEASURES}
    assert len(set(drawings.values())) == len(MEASURES)
    for measure, said in MEASURES.items():
        assert f"darker: more {said}" in drawings[measure]


def test_text_stays_text_and_asks_for_nothing() -> None:
    drawing = map_svg(analyse(ZOO["resnet-50"]))
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert 'font-family="Inter,' in drawing


def test_png_and_pdf_show_the_whole_drawing() -> None:
    analysis = analyse(ZOO["cifar-resnet-20"])
    drawing = map_svg(analysis)
    width, height = (float(ElementTree.fromstring(drawing).get(side) or 0) for side in ("width", "height"))
    with Image.open(BytesIO(as_png(drawing, "CIFAR ResNet-20"))) as picture:
        assert abs(picture.width - 2 * width) <= 2
        assert abs(picture.height - 2 * height) <= 2
        grey = picture.convert("L")
        assert grey.getpixel((2, 2)) == 255
        assert grey.getextrema()[0] < 60
    pages = pypdfium2.PdfDocument(as_pdf(drawing, "CIFAR ResNet-20"))
    assert len(pages) == 1
    assert pages.get_metadata_dict()["Title"] == "CIFAR ResNet-20"
    said = pages[0].get_textpage().get_text_bounded()
    for words in ("CIFAR ResNet-20", "32²×16 · 3 blocks", "zero padding", "×2", CONVENTION):
        assert words in said
    assert as_pdf(drawing, "CIFAR ResNet-20") == as_pdf(drawing, "CIFAR ResNet-20")


@pytest.mark.parametrize("name", [*ZOO, "googlenet,aux=yes", "cifar-resnet-20,skip=exclusive-gating"])
def test_the_dot_file_has_a_node_for_each_block_and_an_edge_around_it(name: str) -> None:
    source, boxes = dot_source(analyse(parse(name))), volumes(analyse(parse(name)))
    nodes = set(re.findall(r'^\t("[^"]+"|[\w.]+) \[label=', source, re.MULTILINE))
    assert {graphviz.quoting.quote(box.name) for box in boxes} <= nodes
    edges = re.findall(r'^\t("[^"]+"|[\w.]+) -> ("[^"]+"|[\w.]+)', source, re.MULTILINE)
    assert {end for edge in edges for end in edge} <= nodes
    meeting = [box for box in boxes if box.join in MEETS]
    around = [box for box in meeting if box.shortcut]
    assert len(edges) == len(boxes) - 1 + len(meeting) + len(around)
    assert source.count("style=dashed") == len([box for box in around if box.shortcut != "identity"])
    assert source.count("{") == source.count("}") == 1
