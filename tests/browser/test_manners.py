"""How the pages behave on any screen: light and dark, desk and telephone, by keyboard, for strange links."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from .conftest import NewWindow
from .window import Window

PAGES = {
    "/": "ResNet-50",
    "/verify": "Do the printed numbers hold?",
    "/compare": "Why does a library's ResNet-50 compute more than the paper's?",
    "/run": "What does it see in your picture?",
    "/live": "Does it keep up with video, at 20 frames a second?",
}
INK_AND_GROUND = """element => {
    const pixel = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const painted = colour => {
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        return [...pixel.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const grounds = [];
    for (let e = element; e; e = e.parentElement) grounds.unshift(getComputedStyle(e).backgroundColor);
    const ground = grounds.map(painted).pop();  // one over the other, for some are half transparent
    return [painted(getComputedStyle(element).color), ground];
}"""
TEXTS = {
    "/": (".rx-card strong", ".rx-note", ".map .result", ".map .words", ".map .row", ".map dt", ".rx-mark.rx-agrees"),
    "/verify": (".rx-note", "table.rx td", ".rx-mark.rx-agrees", ".rx-sign.rx-agrees"),
    "/compare": (
        *(".rx-card strong", ".rx-mark", "ol.rx-changes li", "ol.rx-fall b", ".rx-moved", "td.rx-cell-changed"),
    ),
    "/run": (".rx-note", ".rx-first span", "[data-testid=stBaseButton-primary]"),
    "/live": (".rx-note", "table.rx td", ".rx-mark"),
}
BACKGROUNDS = {"light": "rgb(247, 248, 250)", "dark": "rgb(20, 23, 27)"}


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_window_in_either_theme(new_window: NewWindow, path: str, width: int) -> None:
    window = new_window(path, width=width)
    window.shows(PAGES[path])
    for theme, background in BACKGROUNDS.items():
        window.page.emulate_media(color_scheme=theme)
        expect(window.page.get_by_test_id("stApp")).to_have_css("background-color", background)
        everything_has_come(window, path)
        assert window.overflow() <= 0
        for text in TEXTS[path]:
            expect(window.page.locator(text).first).to_be_attached()
            for shown in window.page.locator(text).all()[:3]:
                assert contrast(*shown.evaluate(INK_AND_GROUND)) >= 4.5, text


def contrast(*colours: list[int]) -> float:
    """Of two colours in red, green and blue, by WCAG 2.2: 4.5 is what text needs."""
    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: list[int]) -> float:
    shares = [number / 255 for number in colour]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_figures_are_drawn_in_the_ink_of_their_theme(new_window: NewWindow, theme: str) -> None:
    window = new_window(theme=theme)
    card = window.page.locator(".map .card.overview")
    label = card.locator("text.note").first
    expect(label).to_be_visible()
    ink, ground = label.evaluate("text => getComputedStyle(text).fill"), card.evaluate(INK_AND_GROUND)[1]
    assert contrast([int(number) for number in re.findall(r"\d+", ink)], ground) >= 4.5


def everything_has_come(window: Window, path: str) -> None:
    if path == "/":
        expect(window.page.locator(".map .op").first).to_be_attached()
    elif path == "/run":
        expect(window.page.locator(".rx-first")).to_be_visible()
    elif path == "/compare":
        expect(window.page.locator(".overviews .box").first).to_be_attached()
    elif path == "/live":
        expect(window.part("live_video").get_by_role("button", name="Start the camera")).to_be_visible()
    else:
        expect(window.page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_attached()


@pytest.mark.parametrize(
    "nonsense",
    [
        "no-such-net",
        "resnet-50,size=0",
        "<script>alert(1)</script>",
        "![x](https://example.org/x.png) [y](https://example.org)",
        "<img src=https://example.org/x.png>",
    ],
)
@pytest.mark.parametrize("width", [1440, 390])
def test_a_nonsense_link_shows_the_usual_view_and_one_sentence(
    new_window: NewWindow, nonsense: str, width: int
) -> None:
    """Without obeying it: the window's owner would hear of a request to another host."""
    window = new_window(f"/?net={quote(nonsense)}", width=width)
    window.shows("ResNet-50")
    refusal = window.page.get_by_role("alert")
    expect(refusal).to_have_count(1)
    expect(refusal).to_be_in_viewport()
    expect(refusal).to_have_text(re.compile(r"[^.?]+[.?]$", re.DOTALL))
    assert refusal.locator("a, img, script").count() == 0


@pytest.mark.parametrize("key", ["op", "colour", "along"])
def test_nonsense_in_another_parameter_is_told_and_not_obeyed(new_window: NewWindow, key: str) -> None:
    window = new_window(f"/?net=resnet-18&{key}={quote('<b>nonsense</b>')}")
    window.shows("ResNet-18")
    told = window.page.get_by_role("alert")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("<b>nonsense</b>")
    assert told.locator("b").count() == 0


def test_the_keyboard_reaches_every_control_and_works_them(window: Window) -> None:
    everything_has_come(window, "/")
    reached: list[str] = []
    for _ in range(60):
        window.page.keyboard.press("Tab")
        reached.append(
            window.page.evaluate(
                """() => {
                    let active = document.activeElement;
                    while (active.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
                    const named = active.closest('[role="radiogroup"], [role="tablist"]') ?? active;
                    return named.ariaLabel || named.innerText.split("\\n")[0] || named.role || '';
                }"""
            ).strip()
        )
        if reached[-1] == "Fix":
            break
    for control in ("Family", "Depth", "Block", "Input", "Shortcut", "Stride in", "Order", "Name and link"):
        assert control in reached
    for control in ("Explore", "Verify", "Compare", "Run", "Labs", "Take it away", "Colour by", "Larger", "Fix"):
        assert control in reached
    assert any(name.startswith("layer3.1.conv2, 3×3 convolution") for name in reached)
    field = window.name_and_link
    field.focus()
    window.page.keyboard.press("Control+A")
    window.page.keyboard.type("resnet-101")
    window.page.keyboard.press("Enter")
    window.shows("ResNet-101")
    window.part("pick_depth").get_by_role("radio", name="101").focus()
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("Space")
    window.shows("ResNet-152")


@pytest.mark.parametrize(
    ("path", "reasons", "sentence"),
    [
        ("/", ".rx-card .rx-why", "Layers of ResNet-50: 50 in He"),
        ("/verify", "table .rx-why", "Blocks of conv3_x"),
    ],
)
def test_the_reason_of_a_verdict_is_opened_by_keyboard_and_by_finger(
    new_window: NewWindow, path: str, reasons: str, sentence: str
) -> None:
    window = new_window(path)
    reason = window.page.locator(reasons).filter(has_text=sentence).first
    expect(reason.locator("p")).not_to_be_visible()
    reason.locator("summary").press("Enter")
    expect(reason.locator("p")).to_be_visible()
    reason.locator("summary").click()
    expect(reason.locator("p")).not_to_be_visible()


def test_a_table_that_is_cut_shows_that_there_is_more(new_window: NewWindow) -> None:
    """The shadows at its edges stay, and what covers them goes with the table."""
    window = new_window("/verify", width=390)
    table = window.part("card_table_one").locator(".rx-scroll")
    expect(table).to_have_css("background-attachment", "local, local, scroll, scroll")
    assert table.evaluate("table => table.scrollWidth > table.clientWidth")
    assert window.overflow() <= 0


def test_on_a_telephone_the_sidebar_waits_until_it_is_called(new_window: NewWindow) -> None:
    window = new_window(width=390, height=844, elsewhere=True)  # a browser remembers a sidebar that was closed
    window.shows("ResNet-50")
    expect(window.part("pick_depth")).not_to_be_in_viewport()
    menu = window.page.get_by_test_id("stExpandSidebarButton")
    # Its word is drawn beside the arrows, where there is room for it.
    assert menu.evaluate("menu => getComputedStyle(menu, '::after').content") == '"Menu"'
    assert menu.evaluate("menu => menu.clientWidth >= menu.scrollWidth && menu.clientWidth > 60")
    menu.click()
    window.click("pick_depth", "18")
    window.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    window.shows("ResNet-18")
    expect(window.part("pick_depth")).not_to_be_in_viewport()
