"""What gets into a page by mistake does not run there. That pages keep to their policy every test of a window sees."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from .window import IDLE

INJECTIONS = {
    "an inline script": """
        const script = document.createElement('script');
        script.text = 'window.ran = 1';
        document.body.append(script)""",
    "a handler": """document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.ran = 1">')""",
    "a script's address": """
        document.body.insertAdjacentHTML('beforeend', '<a id="rx-evil" href="javascript:window.ran = 1">x</a>');
        document.getElementById('rx-evil').click()""",
    "a script from elsewhere": """
        const script = document.createElement('script');
        script.src = 'data:text/javascript,window.ran = 1';
        document.body.append(script)""",
    "evaluated text": "try { setTimeout('window.ran = 1', 0) } catch { /* refused */ }",
}


def ran(page: Page, injection: str) -> bool:
    page.evaluate(f"() => {{ {injection} }}")
    page.wait_for_timeout(300)
    return bool(page.evaluate("() => 'ran' in window"))


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_page() as page:
        page.goto(address)
        page.wait_for_selector(IDLE)
        yield page


@pytest.mark.parametrize("injection", INJECTIONS.values(), ids=INJECTIONS)
def test_a_script_that_gets_into_a_page_does_not_run(browser: Browser, page: Page, injection: str) -> None:
    with browser.new_page() as unguarded:  # the positive control
        assert ran(unguarded, injection)
    assert not ran(page, injection)


def test_a_page_cannot_be_put_into_the_page_of_a_stranger(browser: Browser, address: str) -> None:
    with browser.new_page() as stranger:
        heard: list[str] = []
        stranger.on("console", lambda message: heard.append(message.text))
        stranger.set_content(f'<iframe src="{address}/_stcore/health"></iframe>')
        stranger.wait_for_timeout(1000)
        assert any("frame-ancestors 'self'" in text for text in heard)


def test_nothing_is_sent_to_another_host(page: Page) -> None:
    sent = page.evaluate("() => fetch('http://192.0.2.1/').then(() => 'sent', () => 'refused')")
    assert sent == "refused"
    assert (
        page.evaluate(
            """() => new Promise(resolve => {
            document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective));
            new Image().src = 'http://192.0.2.1/x.png';
        })"""
        )
        == "img-src"
    )
