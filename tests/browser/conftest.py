"""A real Chromium, and pages in it that fail their test at whatever a person should never meet."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.serving import PageServer, page_server
from tests.needs import missing

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

expect.set_options(timeout=10_000)
OpenPage = Callable[..., Page]


def chromium() -> str | None:
    """Return the path of a Chromium, or ``None`` where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


# Of the module, not of the session: a session's would leave its event loop running in the tests of other folders.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        missing("no Chromium: apt-get install chromium-headless-shell, or CHROMIUM=/path/to/it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def mock() -> Iterator[PageServer]:
    with page_server(Path("openapi.yaml")) as server:
        yield server


@pytest.fixture
def open_page(browser: Browser, mock: PageServer) -> Iterator[OpenPage]:
    """Return what opens a screen in a browser of its own (cookies, storage), with width, colours and server to choose."""
    troubles: list[str] = []
    with ExitStack() as contexts:

        def watch(page: Page, url: str) -> None:
            def said(kind: str, text: str, source: str) -> None:
                # Browsers write a line for a server that is away, and for each 4xx of the mocked API: both are wanted.
                loading = text.startswith("Failed to load resource")
                away = "ERR_CONNECTION" in text or "ERR_INCOMPLETE" in text
                wanted = loading and (away or "/__mock/" not in source)
                if kind in ("error", "warning") and not wanted:
                    troubles.append(f"console {kind}: {text} ({source})")

            page.on("console", lambda one: said(one.type, one.text, str(one.location.get("url"))))
            page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
            page.on(
                "request",
                lambda request: (
                    None
                    if request.url.startswith((url, "blob:", "data:"))
                    else troubles.append(f"a request off the host: {request.url}")
                ),
            )

        def open_page(
            screen: str = "operations",
            *,
            width: int = 1440,
            dark: bool = False,
            server: PageServer = mock,
            context: BrowserContext | None = None,
        ) -> Page:
            if context is None:
                context = browser.new_context(
                    viewport={"width": width, "height": 900},
                    color_scheme="dark" if dark else "light",
                    permissions=["clipboard-read", "clipboard-write"],
                )
                contexts.callback(context.close)
            page = context.new_page()
            watch(page, server.url)
            page.goto(f"{server.url}/__mock/#/{screen}")
            page.locator("#main h1").wait_for()
            expect(page.locator("#live")).to_have_text("live")
            return page

        yield open_page
    assert not troubles, "\n".join(troubles)
