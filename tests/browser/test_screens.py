"""Every screen in both colours and at every width: accessible, whole, light, and closed against what was recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from mockserver.server.pages import UI
from tests.browser.conftest import OpenPage
from tests.browser.serving import PageServer, page_server
from tests.needs import missing
from tests.running import ROOT

SCREENS = (
    *("operations", "operation/createSetupIntent", "log", "fixtures"),
    *("checks", "coverage", "status", "unknown"),
)
STRIPE = ROOT.parent / "shared/specs/stripe.json"
MOST_BYTES = 100_000
FIRST_PAINT = 1.0  # seconds, on 2 cores


@pytest.fixture(scope="module", autouse=True)
def traffic(mock: PageServer) -> None:
    """Leave something to show on each screen."""
    for target in ("/api/setup-intent", "/~session-expires@anna/api/setup-intent", "/nowhere"):
        mock.send("POST", target)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(open_page: OpenPage, screen: str, *, dark: bool) -> None:
    page = open_page(screen, dark=dark)
    if screen == "log":
        page.get_by_role("grid").get_by_role("row").nth(1).click()
        expect(page.get_by_role("heading", name="Why this response")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_in_what_opens_over_a_screen(open_page: OpenPage, *, dark: bool) -> None:
    page = open_page(dark=dark)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(".chip").first.click()
    expect(page.get_by_role("button", name="Once")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_label("Session", exact=True).select_option("New session…")
    assert violations(page) == []


@pytest.mark.parametrize("width", [1440, 768, 320])
@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_is_wider_than_the_window(open_page: OpenPage, screen: str, width: int) -> None:
    page = open_page(screen, width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.evaluate(
        """() => [...document.querySelectorAll("#main button, #scope button, header button, select")]
            .filter((one) => one.offsetParent && (one.offsetWidth < 24 || one.offsetHeight < 24))
            .map((one) => one.outerHTML)"""
    )
    assert small == [], "targets of at least 24 pixels (WCAG 2.2, 2.5.8)"


def test_the_colours_are_switched_and_stay(open_page: OpenPage) -> None:
    page = open_page()
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("button", name="Dark colours").click()
    assert page.evaluate(ground) != light
    page.reload()
    expect(page.get_by_role("button", name="Light colours")).to_be_visible()
    assert page.evaluate(ground) != light


def test_markup_is_refused_by_the_browser_itself(browser: Browser, mock: PageServer) -> None:
    # Without the watching fixture: the refusals are the point here.
    page = browser.new_page()
    page.goto(f"{mock.url}/__mock/")
    for line in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.body.insertAdjacentHTML('beforeend', '<b>x</b>')",
        "document.createElement('script').textContent = 'x()'",
        "trustedTypes.createPolicy('p', {createHTML: (text) => text})",
    ):
        said = page.evaluate(
            f"() => {{ try {{ {line} }} catch (error) {{ return error.name }} return 'done' }}"
        )
        assert said == "TypeError", line
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'done', () => 'no')") == "no"
    page.close()


def test_the_whole_page_weighs_less_than_100_kb() -> None:
    weights = {file.name: file.stat().st_size for file in UI.iterdir()}
    assert sum(weights.values()) < MOST_BYTES, weights


@pytest.fixture(scope="module")
def stripe() -> Iterator[PageServer]:
    if not STRIPE.exists():
        missing("Stripe's document is not here")
    with page_server(Path(STRIPE)) as server:
        yield server


def test_stripes_operations_are_painted_within_a_second(
    open_page: OpenPage, stripe: PageServer
) -> None:
    open_page(server=stripe).close()  # the server's own first time
    times = []
    for _ in range(3):
        page = open_page(server=stripe)
        assert page.locator(".operation").count() > 400
        # Until the rows are there, not the empty frame, which is painted long before.
        times.append(page.evaluate("performance.getEntriesByName('mockserver-ready')[0].startTime"))
        page.close()
    assert min(times) / 1000 < FIRST_PAINT, times


def test_a_search_among_stripes_operations_is_felt_at_once(
    open_page: OpenPage, stripe: PageServer
) -> None:
    page = open_page(server=stripe)
    page.keyboard.press("/")
    page.keyboard.type("get /v1/customers/")
    expect(page.locator(".operation:visible").first).to_contain_text("/v1/customers/")
    expect(page.locator(".count")).to_contain_text(" of ")
