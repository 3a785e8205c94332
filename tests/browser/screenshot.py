"""The picture for the README: the live log, with why a session that expires was answered a 401."""

import sys
from base64 import b64decode
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.serving import page_server

SETUP = "/api/setup-intent"


def main(target: Path) -> None:
    with page_server(Path("openapi.yaml")) as server, sync_playwright() as playwright:
        for prefix in ("", "/~session-expires@anna", "/~session-expires@anna", "/~not-found"):
            server.send("POST", prefix + SETUP)
        server.send("POST", SETUP, {})
        server.send("GET", SETUP)
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1200, "height": 640})
        page.goto(f"{server.url}/__mock/#/log")
        page.get_by_label("Session", exact=True).select_option("anna")
        page.get_by_label("Scenario", exact=True).select_option("session-expires")
        page.get_by_role("grid").get_by_text("step 2 of 2").click()
        page.get_by_role("heading", name="Why this response").wait_for()
        # A third of the PNG, which is all that Playwright itself makes.
        session = page.context.new_cdp_session(page)
        shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": 70})
        target.write_bytes(b64decode(shot["data"]))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
