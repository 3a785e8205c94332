"""What a start says: where, what, and three lines to copy."""

import re
import shlex
from pathlib import Path

import pytest

from mockserver.server.banner import WARNINGS_SHOWN, Occasion, banner_event, banner_text, try_lines
from mockserver.settings import Settings
from tests.server.asgi import contract_of

SECURED = """\
openapi: 3.1.0
info: {title: Orbit, version: 1.2.0}
components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}
paths:
  /health: {get: {responses: {'200': {description: OK}}}}
  /orbits:
    post:
      operationId: createOrbit
      security: [{bearer: []}]
      responses: {'201': {description: made}, '401': {description: who}}
"""
OPEN = """\
openapi: 3.0.3
info: {title: Open, version: 1.0.0}
paths:
  /health: {get: {responses: {'200': {description: OK}, '503': {description: ill}}}}
"""
FIXTURES = """\
version: 1
tokens:
  valid: {scheme: bearer, value: sk_valid, outcome: accept, live: "${env:LIVE_SECRET}"}
  expired: {scheme: bearer, value: sk_old, outcome: expired}
  missing: {scheme: bearer, outcome: missing}
cases:
  createOrbit:
    full: {when: {token: valid}, then: {status: 201}}
scenarios:
  elsewhere: {delay: 1ms}
  orbit-full: {use: {createOrbit: full}}
"""


def occasion(
    folder: Path, document: str, fixtures: str | None = None, *, reload: bool = True
) -> Occasion:
    contract = contract_of(folder, document, fixtures)
    return Occasion(contract, Settings(reload=reload), "s33d", "http://127.0.0.1:4010")


def test_the_banner_says_where_and_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = banner_text(occasion(tmp_path, SECURED, FIXTURES), color=False)
    lines = text.splitlines()
    assert lines[0].startswith("mockserver ")
    assert "  Orbit 1.2.0: 2 operations (openapi.yaml, OpenAPI 3.1" in text
    assert "  http://127.0.0.1:4010" in lines
    assert "  valid    sk_valid  accepted" in lines
    assert "  expired  sk_old    401, expired" in lines
    assert "  missing  -         401, no credential" in lines
    assert "  elsewhere, orbit-full" in lines
    assert "Seed s33d. Files are watched. Ctrl-C stops." in lines
    assert "LIVE_SECRET" not in text
    assert "\x1b" not in text


def test_thousands_of_names_are_not_all_listed(tmp_path: Path) -> None:
    many = "version: 1\ntokens:\n"
    many += "".join(
        f"  t{n}: {{scheme: bearer, value: v{n}, outcome: accept}}\n" for n in range(1000)
    )
    many += "scenarios:\n" + "".join(f"  s{n}: {{delay: 1s}}\n" for n in range(1000))
    text = banner_text(occasion(tmp_path, SECURED, many), color=False)
    lines = text.splitlines()
    assert "  … and 970 more" in lines
    assert any(line.endswith(", s29, … and 970 more: mockserver scenarios") for line in lines)
    assert len(text) < 4000


def test_colours_change_no_word(tmp_path: Path) -> None:
    here = occasion(tmp_path, SECURED + "sloppy: 1\n", FIXTURES)
    colored = banner_text(here, color=True)
    assert "\x1b[36m  http://127.0.0.1:4010\x1b[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == banner_text(here, color=False)


def test_three_lines_can_be_copied(tmp_path: Path) -> None:
    good, without, other = map(shlex.split, try_lines(occasion(tmp_path, SECURED, FIXTURES)))
    for words in (good, without, other):
        assert words[0] == "curl"
        assert "http://127.0.0.1:4010/orbits" in words
    assert any(word.lower() == "authorization: bearer sk_valid" for word in good)
    assert not any(word.lower().startswith("authorization") for word in without)
    assert any(word.lower() == "x-mock-scenario: orbit-full" for word in other)


def test_without_scenarios_another_status_is_tried(tmp_path: Path) -> None:
    lines = try_lines(occasion(tmp_path, OPEN))
    assert len(lines) == 2
    assert any(word.lower() == "prefer: code=503" for word in shlex.split(lines[1]))


def test_a_document_with_nothing_to_ask_has_nothing_to_try(tmp_path: Path) -> None:
    empty = "openapi: 3.0.3\ninfo: {title: Empty, version: 1.0.0}\npaths: {}\n"
    assert (try_lines(occasion(tmp_path, empty))) == []
    assert "\nTry" not in banner_text(occasion(tmp_path, empty), color=False)


def test_an_operation_with_one_answer_is_tried_once(tmp_path: Path) -> None:
    document = OPEN.replace(", '503': {description: ill}", "")
    assert len(try_lines(occasion(tmp_path, document))) == 1


def test_an_operation_that_cannot_be_asked_is_not_tried(tmp_path: Path) -> None:
    impossible = (
        "{name: q, in: query, required: true, schema: {type: string, minLength: 2, maxLength: 1}}"
    )
    document = OPEN.replace("{get: {", f"{{get: {{parameters: [{impossible}], ")
    assert try_lines(occasion(tmp_path, document)) == []


def test_without_token_fixtures_one_line_says_what_that_means(tmp_path: Path) -> None:
    text = banner_text(occasion(tmp_path, SECURED, reload=False), color=False)
    assert "every well-formed credential is accepted" in text
    assert "Seed s33d. Ctrl-C stops." in text
    assert "Tokens" not in banner_text(occasion(tmp_path, OPEN), color=False)


def test_warnings_are_shown_with_their_place_and_counted(tmp_path: Path) -> None:
    one = banner_text(occasion(tmp_path, OPEN + "sloppy: 1\n"), color=False)
    assert "\n1 warning\n" in one
    assert "openapi.yaml:5" in one
    sloppy = OPEN + "".join(f"sloppy{number}: 1\n" for number in range(WARNINGS_SHOWN + 3))
    many = banner_text(occasion(tmp_path, sloppy), color=False)
    assert f"\n{WARNINGS_SHOWN + 3} warnings\n" in many
    assert "… and 3 more: mockserver lint" in many


def test_many_tokens_are_counted(tmp_path: Path) -> None:
    tokens = "".join(
        f"  t{number}: {{scheme: bearer, value: v{number}, outcome: accept}}\n"
        for number in range(14)
    )
    text = banner_text(occasion(tmp_path, SECURED, f"version: 1\ntokens:\n{tokens}"), color=False)
    assert "… and 2 more\n" in text


def test_a_title_cannot_move_the_cursor(tmp_path: Path) -> None:
    text = banner_text(occasion(tmp_path, OPEN.replace("Open", '"a\\e[2J"')), color=False)
    assert "\\x1b[2J" in text
    assert "\x1b" not in text


def test_a_path_and_what_is_wrong_with_a_document_cannot_move_the_cursor(tmp_path: Path) -> None:
    odd = OPEN.replace("/health", '"/a\\e[2J"') + '"\\nx": {}\nservers: ["\\e[2J"]\n'
    text = banner_text(occasion(tmp_path, odd), color=False)
    assert "warning" in text
    assert text.replace("\n", "").isprintable()


def test_scripts_get_an_event(tmp_path: Path) -> None:
    event = banner_event(occasion(tmp_path, SECURED + "sloppy: 1\n", FIXTURES))
    assert (event["event"], event["url"], event["seed"]) == ("start", "http://127.0.0.1:4010", "s33d")  # fmt: skip
    assert (event["title"], event["version"], event["operations"]) == ("Orbit", "1.2.0", 2)
    assert event["tokens"] == ["valid", "expired", "missing"]
    assert event["scenarios"] == ["elsewhere", "orbit-full"]
    assert len(event["warnings"]) == 1  # type: ignore[arg-type]
