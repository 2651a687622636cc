"""A browser's window on the app, in the words of what a person does and sees."""

import time

from playwright.sync_api import Locator, Page, expect

IDLE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
PATIENCE = 60
STILL = 6  # times in the same place, 50 ms apart


class Window:
    """Everything waits until it can be done or seen."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)
        self.page.wait_for_selector(IDLE)
        self.page.wait_for_selector("#rx-first", state="detached")  # the same once more
        expect(self.page.get_by_test_id("stSkeleton")).to_have_count(0)  # what comes late moves what stands beneath it

    def part(self, key: str) -> Locator:
        """What stands under a key of Streamlit's."""
        return self.page.locator(f".st-key-{key}")

    def click(self, key: str, text: str) -> None:
        # a click in the middle of a run can meet a control that the run is about to draw anew
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        self.part(key).get_by_text(text, exact=True).click()

    def choose(self, key: str, option: str) -> None:
        """Open a list and take one of its options."""
        closed = self.part(key).get_by_role("combobox")
        closed.scroll_into_view_if_needed()
        self.still(closed)  # a page that scrolls, be it a moment later, closes the list that stands open
        closed.click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def still(self, element: Locator) -> None:
        """Wait until it has stood in its place for a quarter of a second."""
        places = [element.bounding_box()]
        deadline = time.monotonic() + PATIENCE
        while len(places) < STILL or None in places[-STILL:] or any(place != places[-1] for place in places[-STILL:]):
            assert time.monotonic() < deadline, f"{element} moves"
            self.page.wait_for_timeout(50)
            places.append(element.bounding_box())

    def until(self, holds: str, given: object = None) -> None:
        """Wait until a function in the browser says so. Playwright's own wait evaluates text, as no page may."""
        deadline = time.monotonic() + PATIENCE
        while not self.page.evaluate(holds, given):
            assert time.monotonic() < deadline, holds
            self.page.wait_for_timeout(50)

    def shows(self, title: str, subtitle: str = "") -> None:
        heading = self.page.locator(".rx-heading").first
        expect(heading.get_by_role("heading", name=title, exact=True)).to_be_visible()
        expect(heading.locator("span")).to_contain_text(subtitle)

    @property
    def name_and_link(self) -> Locator:
        return self.page.get_by_role("textbox", name="Name and link")

    def card(self, label: str) -> Locator:
        """The number that a card of the summary shows."""
        return self.page.locator(".rx-card").filter(has=self.page.get_by_text(label, exact=True)).locator("strong")

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(
            self.page.evaluate(
                """() => Math.max(...[document.documentElement, document.querySelector('[data-testid="stMain"]')]
                    .map(element => element.scrollWidth - element.clientWidth))"""
            )
        )
