"""What people come to the page for, from end to end."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.serving import PageServer

SETUP = "/api/setup-intent"


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def new_session(page: Page, name: str) -> None:
    page.get_by_label("Session", exact=True).select_option("New session…")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Use it").click()
    expect(page.get_by_label("Session", exact=True)).to_have_value(name)


def choose(page: Page, scenario: str) -> None:
    page.get_by_label("Scenario", exact=True).select_option(scenario)


def test_a_tester_picks_session_expires_copies_the_base_url_and_reads_why_the_second_answer_was_a_401(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page()
    new_session(page, "anna")
    choose(page, "session-expires")
    page.get_by_role("button", name="Copy base URL").click()
    expect(page.locator("#toast")).to_have_text("Copied the base URL")
    base = clipboard(page)
    assert base == f"{mock.url}/~session-expires@anna"
    prefix = urlsplit(base).path
    assert mock.send("POST", prefix + SETUP).status == 201
    assert mock.send("POST", prefix + SETUP).status == 401
    page.get_by_role("link", name="Live log").click()
    page.get_by_label("this session").check()
    page.get_by_role("grid").get_by_text("401").first.click()
    panel = page.get_by_role("complementary", name="Exchange")
    expect(panel.get_by_role("heading", name="Why this response")).to_be_visible()
    expect(panel.locator(".lead")).to_contain_text("session-expires step 2 of 2")
    expect(panel).to_contain_text("fixtures/cases.yaml:22")
    panel.get_by_role("button", name="Copy as curl").click()
    expect(page.locator("#toast")).to_have_text("Copied curl")
    assert "/~session-expires@anna/api/setup-intent" in clipboard(page)
    assert "Bearer sk_test_valid" in clipboard(page), "not the redacted one"
    expect(page.locator("#scope")).to_contain_text("createSetupIntent: call")


def test_an_answer_is_forced_once_n_times_and_until_reset(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page()
    new_session(page, "forcer")
    chip = page.get_by_role("button", name=re.compile("^404 of createSetupIntent"))
    target = f"/~@forcer{SETUP}"

    def ask() -> int:
        return mock.send("POST", target).status

    chip.click()
    page.get_by_role("button", name="Once").click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert [ask(), ask()] == [404, 201]
    expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    page.get_by_label("How many times").fill("2")
    page.get_by_role("button", name="times", exact=True).click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert [ask(), ask(), ask()] == [404, 404, 201]
    chip.click()
    page.get_by_role("button", name="Until reset").click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert [ask(), ask(), ask()] == [404, 404, 404]
    assert mock.send("POST", SETUP).status == 201, "other sessions are not touched"
    page.get_by_role("button", name="Reset session").click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert ask() == 201


def test_a_case_is_chosen_for_a_forced_answer_and_let_go_again(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page()
    new_session(page, "cases")
    page.get_by_role("button", name=re.compile("^401 of createSetupIntent")).click()
    page.get_by_label("Answer with").select_option("case expired")
    page.get_by_role("button", name="Until reset").click()
    stop = page.get_by_role("button", name="Stop forcing expired")
    expect(stop).to_be_visible()
    answer = mock.send("POST", f"/~@cases{SETUP}")
    assert (answer.status, answer.headers["x-mock-case"]) == (401, "expired")
    page.get_by_label("forced only").check()
    expect(page.locator(".operation")).to_be_visible()
    stop.click()
    expect(stop).to_have_count(0)
    expect(page.get_by_text("No operation fits")).to_be_visible()
    assert mock.send("POST", f"/~@cases{SETUP}").status == 201


def test_for_me_changes_this_browser_and_no_other(open_page: OpenPage) -> None:
    mine, other = open_page(), open_page()
    choose(mine, "not-found")
    mine.get_by_role("button", name="For me").click()
    expect(mine.locator("#scope")).to_contain_text("This browser: not-found in default")
    ask = """async () => (await fetch("/api/setup-intent", {method: "POST",
        headers: {authorization: "Bearer sk_test_valid"}})).headers.get("x-mock-case")"""
    assert mine.evaluate(ask) == "not-found"
    assert other.evaluate(ask) == "created"
    mine.get_by_role("button", name="For me").click()
    expect(mine.locator("#scope")).to_contain_text("This browser: as everyone")
    assert mine.evaluate(ask) == "created"


def test_for_everyone_changes_all_until_it_is_taken_back(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page()
    choose(page, "expired")
    page.get_by_role("button", name="For everyone").click()
    expect(page.locator("#scope")).to_contain_text("Everyone: expired")
    assert mock.send("POST", SETUP).status == 401
    page.get_by_role("button", name="For everyone").click()
    expect(page.locator("#scope")).to_contain_text("Everyone: none")
    assert mock.send("POST", SETUP).status == 201


def test_two_testers_in_two_sessions_do_not_meet(open_page: OpenPage, mock: PageServer) -> None:
    bert, carla = open_page(), open_page()
    for page, name in ((bert, "bert"), (carla, "carla")):
        new_session(page, name)
        choose(page, "session-expires")
    chip = re.compile("^404 of createSetupIntent")
    bert.get_by_role("button", name=chip).click()
    bert.get_by_role("button", name="Until reset").click()
    expect(bert.get_by_role("button", name=chip)).to_have_attribute("aria-pressed", "true")
    expect(carla.get_by_role("button", name=chip)).to_have_attribute("aria-pressed", "false")
    assert mock.send("POST", f"/~session-expires@bert{SETUP}").status == 404
    answers = [mock.send("POST", f"/~session-expires@carla{SETUP}").status for _ in range(2)]
    assert answers == [201, 401]
    for page, count in ((bert, 1), (carla, 2)):
        page.get_by_role("link", name="Live log").click()
        page.get_by_label("this session").check()
        expect(page.locator(".lines .line")).to_have_count(count)
        expect(page.locator(".count")).to_contain_text(f"{count} of")


def test_an_operation_shows_its_request_in_four_languages_and_is_tried(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page()
    page.locator(".operation a").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(SETUP)
    for language, sign in (
        ("curl", "curl -X POST"),
        ("fetch", "await fetch("),
        ("Swift", "URLSession"),
        ("HTTPie", "http POST"),
    ):
        page.get_by_role("button", name=language, exact=True).click()
        page.get_by_role("button", name="Copy", exact=True).click()
        expect(page.locator("#toast")).to_have_text(f"Copied {language}")
        assert sign in clipboard(page)
        assert mock.url in clipboard(page)
    page.get_by_label("Token").select_option("expired (expired)")
    page.get_by_role("button", name="Send").click()
    result = page.locator(".result")
    expect(result).to_contain_text("401")
    expect(result).to_contain_text("Why: credential; token expired")
    expect(page.get_by_role("region", name="Last requests")).to_contain_text("401")


def test_a_developer_sees_which_line_of_the_document_a_request_breaks(
    open_page: OpenPage, mock: PageServer
) -> None:
    page = open_page("log")
    mock.send("POST", f"{SETUP}/nowhere")
    page.get_by_role("grid").get_by_text("no-such-operation").first.click()
    panel = page.get_by_role("complementary", name="Exchange")
    expect(panel).to_contain_text("the nearest is POST /api/setup-intent")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()


def test_recorded_markup_is_text(open_page: OpenPage, mock: PageServer) -> None:
    page = open_page("log")
    evil = "/<img/src=x/onerror=document.title=1>"
    mock.send("POST", evil, {"X-Evil": "<script>document.title=1</script>"}, b"<svg onload=x()>")
    row = page.get_by_role("grid").get_by_text(evil, exact=True)
    row.click()
    panel = page.get_by_role("complementary", name="Exchange")
    expect(panel).to_contain_text("<script>document.title=1</script>")
    expect(panel).to_contain_text("<svg onload=x()>")
    assert page.locator("#main img, #main script, #main svg[onload]").count() == 0
    assert "mockserver" in page.title()


def test_the_keyboard_does_it_all(open_page: OpenPage, mock: PageServer) -> None:
    page = open_page()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(
        dialog
    ).to_be_hidden()  # the browser closes it in its own time, and what is behind takes no keys till then
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.get_by_text("No operation fits")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".operation")).to_be_visible()
    page.locator("body").click(position={"x": 700, "y": 850})
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(SETUP)
    page.keyboard.press("c")
    expect(page.locator("#toast")).to_have_text("Copied curl")
    mock.send("POST", SETUP)
    page.keyboard.press("g")
    page.keyboard.press("l")
    expect(page.get_by_role("heading", level=1)).to_have_text("Live log")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Exchange")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    mock.send("POST", SETUP)
    expect(page.get_by_role("button", name="Resume (1)")).to_be_visible()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Hold")).to_be_visible()
