"""Live by mouse: the fake camera, films, what is painted over them, and every way in which there is no picture."""

import base64

import pytest
from playwright.sync_api import Browser, Locator, expect
from served import ROOT

from resnet_core import units
from resnet_core.cards import read_card

from .conftest import FLAGS, NewWindow, program
from .window import Window

NET = "cifar-resnet-20"
COLD = 240_000
"""Milliseconds in which the first answer of a server must come: torch is loaded for it."""
FILM = """async () => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 320, height: 240});
    const pen = canvas.getContext('2d');
    let step = 0;
    const paint = setInterval(() => {
        pen.fillStyle = `hsl(${(step += 7) % 360} 80% 50%)`;
        pen.fillRect(0, 0, 320, 240);
        pen.fillStyle = 'white';
        pen.fillRect(step % 300, 80, 40, 80);
    }, 20);
    const recorder = new MediaRecorder(canvas.captureStream(30), {mimeType: 'video/webm'});
    const parts = [];
    recorder.ondataavailable = event => parts.push(event.data);
    const done = new Promise(resolve => recorder.onstop = resolve);
    recorder.start();
    await new Promise(resolve => setTimeout(resolve, 1500));
    recorder.stop();
    await done;
    clearInterval(paint);
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''));
}"""
PAINTED = """canvas => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return pixels.some(value => value);
}"""


@pytest.fixture(scope="package")
def classes() -> tuple[str, ...]:
    return read_card(ROOT / "assets" / "weights" / f"{NET}.json").classes


@pytest.fixture
def live(new_window: NewWindow) -> Window:
    return new_window(f"/live?net={NET}")


def part(window: Window, name: str) -> Locator:
    return window.part("live_video").locator(f"[data-ref={name}]")


def start(window: Window, button: str = "Start the camera") -> None:
    window.part("live_video").get_by_role("button", name=button, exact=True).click()


def is_answered(window: Window) -> None:
    expect(part(window, "verdict")).not_to_be_empty(timeout=COLD)
    expect(part(window, "alert")).to_be_empty()


def answered(window: Window) -> int:
    return int(part(window, "answered").inner_text().replace(",", ""))


def goes_on(window: Window) -> None:
    """More frames are answered than were."""
    is_answered(window)
    before = answered(window)
    window.until(
        """before => document.querySelector('.st-key-live_video [data-testid=stBidiComponentIsolated]').shadowRoot
            .querySelector('[data-ref=answered]').textContent.replace(/,/g, '') > before""",
        before,
    )


def give(window: Window, name: str, data: bytes, kind: str = "video/mp4") -> None:
    part(window, "file").set_input_files({"name": name, "mimeType": kind, "buffer": data})


def test_the_camera_is_looked_at_frame_by_frame(live: Window, classes: tuple[str, ...]) -> None:
    rows = part(live, "guesses").locator("li")
    expect(rows).to_have_count(5)  # their places, and no class that would look like an answer
    expect(part(live, "guesses")).to_have_text("What it sees stands here, the likeliest first.", use_inner_text=True)
    start(live)
    goes_on(live)
    expect(rows).to_have_count(5)
    assert {row.inner_text() for row in rows.locator("span").all()} < set(classes)
    assert float(part(live, "fps").inner_text()) > 0
    expect(part(live, "verdict")).to_contain_text("20 fps")
    expect(part(live, "p95")).to_contain_text(" ms")
    expect(part(live, "parts")).to_contain_text("network")
    expect(part(live, "insetsize")).to_have_text("seen as 32×32")
    start(live, "Stop")
    expect(part(live, "poster")).to_be_visible()
    expect(part(live, "guesses")).to_contain_text("What it sees stands here")
    assert part(live, "video").evaluate("video => video.srcObject") is None


def test_shares_are_written_as_everywhere(live: Window) -> None:
    """Never as 100 % what only rounds to it."""
    shares = [0.0, 0.00001, 0.0004999, 0.0006, 0.12345, 0.5, 0.999, 0.9994, 0.99951, 0.9999999, 1.0]
    written = live.page.evaluate(
        """async ([source, shares]) => {
            const {percentage} = await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})))
            return shares.map(percentage)
        }""",
        [(ROOT / "app" / "components" / "live.js").read_text(encoding="utf-8"), shares],
    )
    assert written == [units.percent(share) for share in shares]


def test_grad_cam_is_painted_over_the_picture_and_taken_off_again(live: Window) -> None:
    start(live)
    goes_on(live)
    canvas = part(live, "paint")
    assert not canvas.evaluate(PAINTED)
    live.click("paint", "Grad-CAM")
    expect(part(live, "legend")).to_contain_text("Grad-CAM of stage 3 · block 3 (layer3.2)")
    expect(part(live, "legend")).to_be_visible()
    assert canvas.evaluate(PAINTED)
    live.page.wait_for_url("**paint=Grad-CAM*")
    live.click("paint", "nothing")
    expect(part(live, "legend")).to_be_hidden()
    assert not canvas.evaluate(PAINTED)
    goes_on(live)


def test_another_network_takes_over_while_the_camera_runs(live: Window) -> None:
    start(live)
    goes_on(live)
    live.name_and_link.fill(f"{NET},size=48")
    live.name_and_link.press("Enter")
    expect(part(live, "insetsize")).to_have_text("seen as 48×48")
    goes_on(live)


def test_a_film_is_played_and_looked_at(live: Window) -> None:
    film = base64.b64decode(live.page.evaluate(FILM))
    give(live, "film.webm", film, "video/webm")
    goes_on(live)
    expect(part(live, "mirroring")).to_be_hidden()


def test_a_photograph_moves_where_there_is_neither(live: Window, classes: tuple[str, ...]) -> None:
    start(live, "Play a moving photograph")
    goes_on(live)
    assert part(live, "guesses").locator("span").first.inner_text() in classes


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("text.mp4", b"not a film at all", "text.mp4 is no video that this browser can play"),
        ("nothing.webm", b"", "nothing.webm is empty"),
        ("<img src=x onerror=alert(1)>.mp4", b"\0" * 99, "<img src=x onerror=alert(1)>.mp4 is no video"),
    ],
)
def test_a_file_that_is_no_video_is_refused_in_a_sentence_and_the_camera_still_starts(
    live: Window, name: str, data: bytes, said: str
) -> None:
    """The window's owner would hear of an error on the console, too; the browser's own word on the file is none."""
    give(live, name, data)
    expect(part(live, "alert")).to_contain_text(said)
    expect(part(live, "poster")).to_be_visible()
    start(live)
    goes_on(live)


def test_a_film_without_pictures_is_refused(live: Window) -> None:
    """A second of silence, as WAV."""
    rate = 8000
    head = b"RIFF" + (36 + rate).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    form = b"\1\0\1\0" + rate.to_bytes(4, "little") * 2 + b"\1\0\x08\0data" + rate.to_bytes(4, "little")
    give(live, "sound.mp4", head + form + b"\x80" * rate, "audio/wav")
    expect(part(live, "alert")).to_contain_text("sound.mp4 is no video")


def test_a_lost_connection_is_made_again(live: Window) -> None:
    live.page.evaluate(
        """() => {
            const Real = WebSocket;
            window.sockets = [];
            window.WebSocket = class extends Real { constructor(...given) { super(...given); sockets.push(this) } };
        }"""
    )
    start(live)
    goes_on(live)
    live.page.evaluate("sockets.at(-1).close()")
    expect(part(live, "status")).to_contain_text("trying again")
    expect(part(live, "status")).to_be_empty()
    goes_on(live)
    assert live.page.evaluate("sockets.length") == 2


def test_a_server_that_is_full_is_asked_less_and_less_often(live: Window) -> None:
    """One that accepts, refuses in a sentence and closes."""
    live.page.evaluate(
        """() => {
            window.asked = [];
            window.WebSocket = class {
                static OPEN = 1;
                readyState = 1;
                constructor() {
                    asked.push(performance.now());
                    setTimeout(() => {
                        this.onopen();
                        this.onmessage({data: JSON.stringify({kind: 'refused', frame: null, said: 'All are taken.'})});
                        this.onclose();
                    });
                }
                send() {}
                close() {}
            };
        }"""
    )
    start(live)
    expect(part(live, "alert")).to_have_text("All are taken.")
    live.until("() => asked.length > 3")
    second, third, fourth = live.page.evaluate("asked.slice(1, 4)")
    assert third - second >= 1_000
    assert fourth - third >= 2_000


def test_leaving_the_page_ends_the_camera_and_the_connection(live: Window) -> None:
    start(live)
    goes_on(live)
    track = part(live, "video").evaluate_handle("video => video.srcObject.getTracks()[0]")
    assert track.evaluate("track => track.readyState") == "live"
    live.page.get_by_role("link", name="Verify").click()
    live.shows("Do the printed numbers hold?")
    live.until("track => track.readyState === 'ended'", track)


def test_the_keyboard_starts_and_stops_it(live: Window) -> None:
    part(live, "camera").focus()
    live.page.keyboard.press("Enter")
    goes_on(live)
    part(live, "stop").focus()
    live.page.keyboard.press("Enter")
    expect(part(live, "poster")).to_be_visible()
    assert part(live, "camera").evaluate("button => button.matches(':focus')")


@pytest.mark.parametrize("width", [1440, 390])
def test_it_fits_its_window_with_and_without_a_picture(new_window: NewWindow, width: int) -> None:
    window = new_window(f"/live?net={NET}&paint=energy", width=width)
    window.shows("Does it keep up with video, at 20 frames a second?")
    expect(part(window, "poster")).to_be_visible()
    assert window.overflow() <= 0
    inside = "lead => lead.getBoundingClientRect().top - lead.closest('.picture').getBoundingClientRect().top"
    assert part(window, "poster").locator(".lead").evaluate(inside) >= 0
    start(window)
    goes_on(window)
    assert window.overflow() <= 0


@pytest.mark.parametrize("width", [1440, 390])
def test_its_place_is_kept_before_it_is_there(new_window: NewWindow, width: int) -> None:
    window = new_window(f"/live?net={NET}", width=width)
    expect(part(window, "poster")).to_be_visible()
    height = part(window, "root").evaluate("section => section.getBoundingClientRect().height")
    kept = window.part("live_video").evaluate("place => parseFloat(getComputedStyle(place).minHeight)")
    assert kept == pytest.approx(height, abs=3)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("refuse('NotAllowedError')", "The camera was refused"),
        ("refuse('NotFoundError')", "No camera was found"),
        ("refuse('NotReadableError')", "busy in another program"),
        ("refuse('AbortError')", "could not be started"),
        ("Object.defineProperty(window, 'isSecureContext', {value: false})", "HTTPS or on localhost"),
    ],
)
def test_why_there_is_no_camera_is_said_in_a_sentence(live: Window, script: str, said: str) -> None:
    live.page.evaluate(
        f"""() => {{
            const refuse = name =>
                navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
            {script};
        }}"""
    )
    start(live)
    expect(part(live, "alert")).to_contain_text(said)
    expect(part(live, "alert")).to_contain_text("video file")
    expect(part(live, "poster")).to_be_visible()


def test_a_camera_that_the_browser_refuses_is_told_of_and_the_photograph_plays(browser: Browser, address: str) -> None:
    """In a browser where nobody says yes."""
    strict = browser.browser_type.launch(executable_path=program(), args=list(FLAGS[:-1]))
    try:
        window = Window(strict.new_page(), address)
        window.open(f"/live?net={NET}")
        start(window)
        expect(part(window, "alert")).to_contain_text("The camera was refused: allow it")
        start(window, "Play a moving photograph")
        goes_on(window)
    finally:
        strict.close()
