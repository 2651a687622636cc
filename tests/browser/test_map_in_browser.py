"""The network map by mouse and by keyboard: one op lights everywhere, and only a fixed one is told to the server."""

import re
from typing import Literal
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from .conftest import NewWindow
from .window import Window

STRANGE = "/?net=resnet-18&op=<img src=x onerror=alert(1)>&colour=<b>"


def asked(page: Page, key: str) -> list[str]:
    return parse_qs(urlparse(page.url).query).get(key, [])


def op(window: Window, name: str) -> Locator:
    """An op in the unfolded block."""
    return window.page.locator(".map .scene").get_by_role("button", name=re.compile(rf"^{re.escape(name)},"))


def shows(window: Window, name: str, mark: str = "lit") -> None:
    """The block, the formula and the table have one op."""
    expect(window.page.locator(".map .inspector h3")).to_have_text(name)
    expect(window.page.locator(f".map .inside .{mark}").first).to_have_attribute("aria-label", re.compile(f"^{name},"))
    expect(window.page.locator(f".map .row.{mark} .layer")).to_have_text(name)


def test_pointing_lights_an_op_everywhere_in_the_browser_and_a_click_puts_it_into_the_link(window: Window) -> None:
    page, sent = window.page, list[object]()
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    window.open("/")
    expect(page.get_by_text("torchinfo agrees")).to_be_visible()  # until then the page asks again and again
    shows(window, "layer3.1.conv2")
    sent.clear()
    op(window, "layer3.1.conv1").hover()
    shows(window, "layer3.1.conv1")
    expect(page.locator(".map .inspector")).to_contain_text("1·1 · 1024 · 256")
    expect(page.locator(".map .inspector")).to_contain_text("262,144")
    expect(page.locator(".map .box.lit")).to_have_attribute("aria-label", re.compile("^conv4_x, layer3.1, 5 alike"))
    row = page.locator(".map .row:not(.pinned)").filter(has_text="layer3.1.conv3")
    row.hover()
    shows(window, "layer3.1.conv3")
    page.get_by_role("radio", name="parameters", exact=True).click()
    page.wait_for_url(re.compile("colour=parameters"))
    assert sent == []

    op(window, "layer3.1.conv2").click()
    page.wait_for_url(re.compile(r"op=layer3\.1\.conv2"))
    shows(window, "layer3.1.conv2", "fixed")
    assert sent
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"^((?!op=).)*$"))
    expect(page.locator(".map .fixed")).to_have_count(0)
    page.go_back()
    shows(window, "layer3.1.conv2", "fixed")
    assert asked(page, "colour") == ["parameters"]
    page.go_forward()
    expect(page.locator(".map .fixed")).to_have_count(0)


def test_a_stage_unfolds_into_blocks_and_a_block_into_ops_by_keyboard(new_window: NewWindow) -> None:
    window = new_window("/?net=resnet-50")
    page, boxes = window.page, window.page.locator(".map .box")
    box = page.locator(".map").get_by_role("button", name=re.compile("^conv3_x, layer2.1, 3 alike"))
    box.focus()
    page.keyboard.press("Enter")
    blocks = page.locator(".map .block.cell")
    expect(blocks).to_have_count(4)
    expect(page.locator(".map .scene h3")).to_have_text("conv3_x")
    kept = blocks.nth(2).element_handle()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".map .scene h3")).to_have_text("conv3_x · block 3 of 4")
    expect(page.locator(".map .block.open")).to_have_count(1)
    assert kept.evaluate("block => block.matches('.open') && block.isConnected")
    shows(window, "layer2.2.conv1")
    page.keyboard.press("ArrowRight")
    shows(window, "layer2.2.bn1")
    page.keyboard.press("ArrowDown")
    shows(window, "layer2.3.bn1")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    shows(window, "layer2.2.relu")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"op=layer2\.2\.relu"))
    expect(page.locator(".map .fixing")).to_have_text("Release")
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"^((?!op=).)*$"))
    page.keyboard.press("Escape")
    expect(blocks).to_have_count(4)
    assert kept.evaluate("block => block.matches('.cell') && block.isConnected")
    page.keyboard.press("Escape")
    expect(boxes.and_(page.locator(":focus"))).to_have_count(1)


def test_blocks_alike_unfold_into_their_stage_which_the_table_brings_into_sight(new_window: NewWindow) -> None:
    window = new_window("/?net=resnet-50")
    shows(window, "layer3.1.conv2")
    window.page.locator(".map").get_by_role("button", name=re.compile("^conv5_x, layer4.1, 2 alike")).click()
    expect(window.page.locator(".map .scene h3")).to_have_text("conv5_x")
    stage = window.page.locator(".map .row.lit").filter(has_text="conv5_x")
    assert stage.evaluate(
        """row => {
          const [frame, own] = [row.closest(".rows"), row].map((element) => element.getBoundingClientRect());
          return own.top >= frame.top && own.bottom <= frame.bottom;
        }"""
    )


def test_the_picture_lights_no_layer_and_says_its_shape_where_others_do(window: Window) -> None:
    window.open("/")
    shows(window, "layer3.1.conv2")
    window.page.locator(".map").get_by_role("button", name=re.compile("^input,")).hover()
    expect(window.page.locator(".map .inspector h3")).to_have_text("input")
    expect(window.page.locator(".map .inspector")).to_contain_text("224×224×3")
    expect(window.page.locator(".map .row.lit")).to_have_count(0)


def test_a_link_to_an_op_opens_it_and_one_that_the_network_lacks_is_dropped(new_window: NewWindow) -> None:
    window = new_window("/?net=resnet-34&op=layer3.5.conv2")
    shows(window, "layer3.5.conv2", "fixed")
    expect(window.page.locator(".map .scene h3")).to_have_text("conv4_x · block 6 of 6")
    window.click("pick_depth", "18")
    window.shows("ResNet-18")
    expect(window.page.locator(".rx-refusal")).to_have_text("ResNet-18 has no layer3.5.conv2: pick another op.")
    window.page.wait_for_url(re.compile(r"^((?!op=).)*$"))
    expect(window.page.locator(".map .fixed")).to_have_count(0)
    window.open("/?op=frog")  # the map that is seen first leaves the link as it is, for the server to see
    expect(window.page.locator(".rx-refusal")).to_have_text("ResNet-50 has no frog: pick another op.")
    window.page.wait_for_url(re.compile(r"^((?!op=).)*$"))
    window.open(STRANGE)
    expect(window.page.locator(".rx-refusal").first).to_contain_text("<img src=x onerror=alert(1)>")
    expect(window.page.get_by_role("radio", name="multiply-adds", exact=True)).to_be_checked()


def test_of_thousands_of_layers_the_table_holds_those_in_sight(new_window: NewWindow) -> None:
    window = new_window("/?net=cifar-resnet-1202")
    rows = window.page.locator(".map .body .row")
    expect(rows.filter(has_text="layer1.0.conv1").first).to_be_visible()
    grid = window.page.get_by_role("treegrid")
    assert int(grid.get_attribute("aria-rowcount") or 0) > 1000
    assert rows.count() < 60
    grid.evaluate("grid => grid.scrollTo(0, 20000)")
    expect(rows.filter(has_text="layer1.95.conv1").first).to_be_attached()
    assert rows.count() < 60


def test_on_a_telephone_the_overview_scrolls_and_the_table_keeps_what_matters(new_window: NewWindow) -> None:
    window = new_window(width=390, height=844)
    frame = window.page.locator(".map .overview .frame")
    expect(frame.locator(".box").first).to_be_attached()
    assert frame.evaluate("frame => frame.scrollWidth > frame.clientWidth")
    assert window.overflow() <= 0
    heads = window.page.locator(".map").get_by_role("columnheader").filter(visible=True)
    expect(heads).to_have_text(["layer", "out", "params", "multiply-adds"])


def test_the_map_is_drawn_before_streamlit_and_then_gives_way_to_itself(new_window: NewWindow) -> None:
    window = new_window("/verify")
    window.page.goto(f"{window.address}/?net=resnet-18", wait_until="commit")
    expect(window.page.locator("#rx-first .map .box").first).to_be_attached()
    expect(window.page.locator("#rx-first")).to_have_count(0)
    expect(window.page.locator(".st-key-network_map .map .box").first).to_be_visible()
    window.shows("ResNet-18")


@pytest.mark.parametrize(
    ("system", "picked", "page"),
    [
        ("dark", "", "rgb(20, 23, 27)"),
        ("light", "", "rgb(247, 248, 250)"),
        ("light", "Dark", "rgb(20, 23, 27)"),
        ("dark", "Light", "rgb(247, 248, 250)"),
    ],
)
def test_what_is_seen_first_has_the_theme_of_the_system_or_the_one_that_was_picked(
    context: BrowserContext, address: str, system: Literal["light", "dark"], picked: str, page: str
) -> None:
    with context.new_page() as window:
        window.emulate_media(color_scheme=system)
        window.route("**/static/js/**", lambda route: route.abort())  # so that nothing comes after it
        if picked:
            window.add_init_script(f"""localStorage.setItem("stActiveTheme-/-v9", '"{picked}"')""")
        window.goto(address)
        try:
            first = window.locator("#rx-first")
            expect(first.locator(".map .box").first).to_be_attached()
            expect(first).to_have_css("background-color", page)
        finally:  # the other windows' first sight would have the theme that was picked here
            window.evaluate("localStorage.clear()")


def test_measured_time_is_a_colour_that_comes_when_it_is_asked_for(new_window: NewWindow) -> None:
    window = new_window("/?net=lenet-5")
    page = window.page
    times = page.locator(".map").get_by_role("columnheader", name="time", exact=True)
    expect(times).to_be_hidden()
    page.get_by_role("radio", name="measured time").click()
    page.wait_for_url(re.compile(r"colour=measured\+time"))
    said = page.locator(".map .timing")
    expect(said).to_contain_text("measured here: 48 ops take")
    expect(said).to_contain_text("1 picture of 32×32, float32, random weights, CPU, ")
    expect(times).to_be_visible()
    expect(page.locator(".map .inspector")).to_contain_text(re.compile(r"measured time[\d.<]+ % of all ops[\d.]+ ms"))
    expect(page.locator(".map .legend")).to_contain_text(re.compile(r"[\d.]+ ms, of a box"))
    expect(page.locator(".map .op .cost").first).to_have_text(re.compile(r"^[\d.]+ ms$"))

    again = new_window("/?net=lenet-5&colour=measured+time", elsewhere=True)  # what one has measured, all see
    expect(again.page.locator(".map .timing")).to_have_text(said.inner_text())
    again.page.get_by_role("radio", name="kind").click()
    again.page.wait_for_url(re.compile("colour=kind"))
    expect(again.page.locator(".map .timing")).to_be_hidden()
    again.open("/?net=resnet-18,size=2048&colour=measured+time")
    expect(again.page.locator(".map .timing")).to_contain_text("choose a smaller input size")


def test_layers_are_sought_and_sorted_and_the_way_back_is_clear(new_window: NewWindow) -> None:
    window = new_window("/?net=resnet-18")
    page, table = window.page, window.page.locator(".map .table")
    names = table.locator(".body .row:not(.stage) .layer")
    search = table.get_by_role("searchbox", name="Search layers by name, kind, shape or kernel")
    search.fill("downsample 1x1")
    expect(table.get_by_role("status")).to_have_text("3 of 69 rows")
    expect(names).to_have_text([f"layer{stage}.0.downsample.0" for stage in (2, 3, 4)])
    search.fill("nothing of the kind")
    expect(table.get_by_role("status")).to_have_text("0 of 69 rows")
    expect(names).to_have_count(0)
    search.press("Escape")
    expect(search).to_have_value("")
    expect(table.get_by_role("status")).to_have_text("")

    params = table.get_by_role("columnheader", name="params")
    params.get_by_role("button").click()
    expect(params).to_have_attribute("aria-sort", "descending")
    expect(names.first).to_have_text("layer4.0.conv2")
    expect(table.locator(".body .stage")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(params).to_have_attribute("aria-sort", "ascending")
    expect(names.first).to_have_text("relu")
    search.fill("bn")
    expect(names.first).to_have_text("bn1")
    table.get_by_role("button", name="Show all rows in the network's order again").click()
    expect(params).to_have_attribute("aria-sort", "none")
    expect(search).to_be_focused()
    expect(table.locator(".body .stage").first).to_contain_text("conv1")


def test_the_overview_stays_as_a_strip_that_hides_nothing_that_has_the_focus(new_window: NewWindow) -> None:
    for width, height in ((1440, 900), (390, 844)):
        window = new_window("/?net=resnet-50&op=layer3.1.conv2", width=width, height=height)
        page, strip = window.page, window.page.locator(".strip")
        expect(strip).to_be_hidden()
        options = window.part("card_options").get_by_role("link").first
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, main.scrollHeight)")
        expect(strip).to_be_visible()
        expect(strip).to_contain_text("layer3.1.conv2")
        expect(strip.locator(".box.lit")).to_have_count(1)
        box = strip.bounding_box()
        assert box
        assert box["height"] < height / 12
        for link in (options, window.part("card_op_inspector").locator("summary").first):
            link.focus()
            assert link.evaluate("link => link.getBoundingClientRect().top") >= box["y"] + box["height"]
        page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
        expect(strip).to_be_hidden()
        assert window.overflow() <= 0


def test_a_fixed_op_travels_without_the_network(new_window: NewWindow) -> None:
    received: list[bytes | str] = []
    window = new_window("/verify?net=densenet-121")
    window.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(frame)))
    window.open("/?net=densenet-121")
    expect(window.page.get_by_text("torchinfo agrees")).to_be_visible()
    assert any(b"patterns" in bytes(frame) for frame in received if not isinstance(frame, str))
    received.clear()
    window.page.locator(".map .inside .op").first.click()
    window.page.wait_for_url(re.compile("op=features"))
    expect(window.part("card_op_inspector")).to_contain_text("Fixed in the map")
    assert received
    assert not any(b"patterns" in bytes(frame) for frame in received if not isinstance(frame, str))


def test_two_fingers_zoom_the_drawing_and_not_the_page(browser: Browser, address: str) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True) as context:
        window = Window(context.new_page(), address)
        window.open("/?net=resnet-18")
        frame = window.page.locator(".map .scene .frame")
        frame.scroll_into_view_if_needed()
        place = frame.bounding_box()
        assert place
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        wide = frame.evaluate("frame => frame.scrollWidth")
        hand = context.new_cdp_session(window.page)
        for kind, spread in (("touchStart", 30), ("touchMove", 45), ("touchMove", 60), ("touchEnd", None)):
            points = [] if spread is None else [{"x": x - spread, "y": y}, {"x": x + spread, "y": y}]
            hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        window.page.wait_for_function(
            "([frame, wide]) => frame.scrollWidth > 1.2 * wide", arg=[frame.element_handle(), wide]
        )
        assert window.page.evaluate("visualViewport.scale") == 1
