"""The live log under load, over a restart, and with more rows than a document should hold."""

import threading

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.serving import PageServer, page_server
from tests.running import ROOT

SETUP = "/api/setup-intent"
# How long the page was busy at a stretch; more than 50 ms is what people call a hitch.
WATCH = """window.longest = 0; new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
}).observe({ type: "longtask" })"""


def test_the_log_follows_two_hundred_requests_a_second(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page("log")
    page.evaluate(WATCH)
    targets = [f"{SETUP}?n={n}" for n in range(600)]
    sending = threading.Thread(
        target=mock.send_many, args=("POST", targets), kwargs={"every": 0.005}
    )
    sending.start()
    # While it streams the page still does what it is told.
    page.get_by_label("with violations").check()
    page.get_by_label("with violations").uncheck()
    sending.join()
    expect(page.get_by_role("grid").get_by_text("n=599").first).to_be_visible()
    expect(page.locator(".count")).to_have_text("600")
    assert page.locator(".lines .line").count() < 100
    assert page.evaluate("window.longest") < 200


def test_ten_thousand_rows_are_scrolled_searched_and_only_some_of_them_are_there(
    open_page: OpenPage, mock: PageServer
) -> None:
    mock.send_many("POST", [f"{SETUP}?row={n}" for n in range(10_000)])
    page = open_page("log")
    expect(page.locator(".count")).to_have_text("10,000")
    grid = page.get_by_role("grid")
    expect(grid).to_have_attribute("aria-rowcount", "10001")
    page.evaluate(WATCH)
    frames = page.evaluate(
        """async () => {
            const grid = document.querySelector("[role=grid]");
            const times = [];
            let before = performance.now();
            for (let at = 0; at < 120; at += 1) {
                grid.scrollTop = at * 2600;
                await new Promise(requestAnimationFrame);
                times.push(performance.now() - before);
                before = performance.now();
            }
            return times.sort((a, b) => a - b);
        }"""
    )
    assert frames[60] < 34, "half of all frames come at more than 30 a second"
    assert page.locator(".lines .line").count() < 100
    page.keyboard.press("/")
    page.keyboard.type("row=77")
    expect(page.locator(".count")).to_have_text("111 of 10,000")
    grid.focus()
    page.keyboard.press("End")
    expect(page.locator(".line[aria-selected=true]")).to_contain_text("row=77")
    assert page.evaluate("window.longest") < 300


def test_a_restarted_server_is_found_again_and_its_log_begins_anew(open_page: OpenPage) -> None:
    with page_server(ROOT / "openapi.yaml") as server:
        page = open_page("log", server=server)
        server.send("POST", f"{SETUP}?first=1")
        expect(page.get_by_role("grid").get_by_text("first=1")).to_be_visible()
        server.stop()
        expect(page.locator("#live")).to_have_text("no connection")
        server.start()
        expect(page.locator("#live")).to_have_text("live")
        expect(page.locator("#toast")).to_have_text("The server was started again")
        server.send("POST", f"{SETUP}?second=1")
        expect(page.get_by_role("grid").get_by_text("second=1")).to_be_visible()
        expect(page.get_by_role("grid").get_by_text("first=1")).to_have_count(0)


def test_what_happened_while_a_tab_was_hidden_is_there_when_it_is_seen(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page("log")
    hide = """(hidden) => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    mock.send("POST", f"{SETUP}?seen=1")
    expect(page.get_by_role("grid").get_by_text("seen=1")).to_be_visible()
    page.evaluate(hide, arg=True)
    expect(page.locator("#live")).to_have_text("paused")
    mock.send("POST", f"{SETUP}?unseen=1")
    page.evaluate(hide, arg=False)
    expect(page.get_by_role("grid").get_by_text("unseen=1")).to_be_visible()
    expect(page.get_by_role("grid").get_by_text("seen=1", exact=False)).to_have_count(2)
