"""The command: what it takes, how it ends, and what it says where it cannot run."""

import json
import os
import re
from pathlib import Path
from textwrap import dedent
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mockserver import cli
from tests.check.apps import items_api, seed_api
from tests.check.apps.serving import running
from tests.running import ROOT

SPEC = ["--spec", str(ROOT / "openapi.yaml"), "--fixtures", str(ROOT / "fixtures")]
OWN = [*SPEC, "--fixture-credentials", "--assume-states", "--skip", "schemathesis"]


@pytest.fixture(scope="module")
def broken():
    with running(seed_api.create("expired-token-accepted")) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def correct():
    with running(seed_api.create()) as port:
        yield f"http://127.0.0.1:{port}"


def run(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.run(["check", *arguments])
    out, err = capfd.readouterr()
    return status, out, err


def test_a_correct_server(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capfd, correct, *OWN)
    assert (status, err) == (0, "")
    assert "createSetupIntent   ✓    ✓    ✓" in out
    assert re.search(
        r"no faults: \d+ passed, 0 failed; coverage 100 % \(8 of 8\); \d+ requests", out
    )


def test_a_broken_one_is_described(broken: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capfd, broken, *OWN, "--only", "cases", "--color")
    assert status == 1
    out = re.sub("\x1b\\[[0-9;]*m", "", out)
    assert "✗ createSetupIntent case-status" in out
    assert "expected status 401" in out
    assert "fixtures/cases.yaml" in out
    assert "curl -X POST" in out


def test_every_report(broken: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    forms = ("text", "json", "junit", "html", "sarif", "github", "summary")
    files = {form: tmp_path / "reports" / form for form in forms}
    reports = [f"--report={form}={path}" for form, path in files.items()]
    status, _, _ = run(capfd, broken, *OWN, "--only", "cases", "--only", "policy", *reports)
    assert status == 1
    texts = {form: path.read_text("utf-8") for form, path in files.items()}
    assert "cases/createSetupIntent/expired: case-status" in texts["text"]
    data = json.loads(texts["json"])
    assert data["counts"]["failed"] == 1
    failed = next(test for test in data["tests"] if test["state"] == "failed")
    assert failed["failures"][0]["place"]["file"].endswith("cases.yaml")
    suites = ElementTree.fromstring(texts["junit"])
    assert suites.attrib["failures"] == "1"
    (failure,) = suites.findall(".//failure")
    assert failure.attrib["type"] == "case-status"
    assert "curl -X POST" in str(failure.text)
    assert "<script" not in texts["html"]
    assert "case-status" in texts["html"]
    sarif = json.loads(texts["sarif"])
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "case-status"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] > 1
    assert texts["github"].startswith("::error title=createSetupIntent%3A case-status,file=")
    assert "| createSetupIntent | 201 401 404 |" in texts["summary"]


def test_a_test_is_asked_for_by_the_name_that_reports_give_it(
    correct: str, capfd: pytest.CaptureFixture[str]
) -> None:
    name = "cases/createSetupIntent/created"
    _, out, _ = run(capfd, correct, *OWN, "--only", name, "--report", "json=-")
    assert [test["id"] for test in json.loads(out)["tests"]] == [name]


def test_a_report_on_stdout_stands_alone(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capfd, correct, *OWN, "--only", "cases", "--report", "json=-")
    assert status == 0
    assert json.loads(out)["counts"] == {"passed": 5, "failed": 0, "skipped": 0}


def test_progress(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(capfd, correct, *OWN, "--only", "cases", "-v")
    assert re.search(r"^ {3}1 +\d+ requests  ✓ cases/createSetupIntent/created$", err, re.MULTILINE)


def test_shards_are_together_the_whole(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    def ids(*more: str) -> list[str]:
        _, out, _ = run(capfd, correct, *OWN, "--only", "cases", "--only", "credentials", "--report", "json=-", *more)  # fmt: skip
        return [test["id"] for test in json.loads(out)["tests"]]

    whole = ids()
    parts = [ids("--shard", f"{index}/3") for index in (1, 2, 3)]
    assert sorted(whole) == sorted(one for part in parts for one in part)
    assert all(parts)


def test_a_baseline_accepts_what_it_knows_and_names_what_is_gone(
    broken: str, correct: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    known = ["--baseline", str(tmp_path / "known.json")]
    assert run(capfd, broken, *OWN, "--only", "cases", *known, "--update-baseline")[0] == 0
    status, out, _ = run(capfd, broken, *OWN, "--only", "cases", *known)
    assert (status, "1 known failures" in out) == (0, True)
    status, out, _ = run(capfd, correct, *OWN, "--only", "cases", *known)
    assert status == 0
    assert "gone: the baseline has cases/createSetupIntent/expired: case-status" in out
    (tmp_path / "known.json").write_text('{"failures": []}')
    assert run(capfd, broken, *OWN, "--only", "cases", *known)[0] == 1


def test_coverage_that_is_required(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capfd, correct, *OWN, "--only", "created", "--require-coverage", "100")
    assert status == 1
    assert "% is required; not reached: createSetupIntent" in err


def test_what_has_no_means_is_skipped_and_no_success(
    correct: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ORBITKIT_TOKEN_VALID", "ORBITKIT_JWT_KEY", "ORBITKIT_TOKEN_UNKNOWN_USER"):
        monkeypatch.delenv(name, raising=False)
    live = [*SPEC, "--only", "cases"]
    status, out, err = run(capfd, correct, *live)
    assert status == 1
    assert "of valid cannot be had: ORBITKIT_TOKEN_VALID is not set  cases/" in out  # unfolded
    assert "cases were skipped" in err
    assert run(capfd, correct, *live, "--allow-skipped")[0] == 0


def test_live_secrets_are_shown_as_their_variables(
    broken: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "sk_live_that_nobody_may_see"
    monkeypatch.setenv("ORBITKIT_TOKEN_VALID", secret)
    monkeypatch.setenv("ORBITKIT_JWT_KEY", "a key")
    forms = ("text", "json", "junit", "html", "sarif", "github", "summary")
    reports = [f"--report={form}={tmp_path / form}" for form in forms]
    options = ["--assume-states", "--only", "cases", "--only", "credentials", *reports]
    status, out, err = run(capfd, broken, *SPEC, *options)
    assert status == 2  # the good one is refused, everywhere
    assert "are the live tokens set?" in err
    assert out == ""  # nobody would find the sentence below a hundred faults
    assert "$ORBITKIT_TOKEN_VALID" in (tmp_path / "text").read_text("utf-8")
    for text in (out, err, *(path.read_text("utf-8") for path in tmp_path.iterdir())):
        assert secret not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://127.0.0.1:1"], "127.0.0.1:1 is not reachable"),
        (["nonsense"], "is not a URL"),
        (["http://127.0.0.1:1", "--self"], "exclude each other"),
        (["http://127.0.0.1:1", "--report", "jsn=x"], "did you mean 'json'?"),
        (["http://127.0.0.1:1", "--report", "json"], "FORMAT=FILE"),
        (["http://127.0.0.1:1", "--shard", "3/2"], "I/N"),
        (["http://127.0.0.1:1", "--update-baseline"], "--baseline FILE"),
        (["http://127.0.0.1:1", "--baseline", "/nowhere.json"], "cannot be read"),
        (["--self", "--only", "no such test"], "no test is called 'no such test'"),
        (
            ["--self", "--only", "resorces"],
            "no test is called 'resorces': did you mean 'resources'?",
        ),
        (["--self", "--only", "conduct", "--skip", "schematesis"], "did you mean 'schemathesis'?"),
        (
            ["--self", "--only", "created", "--skip", "cases", "--effort", "quick"],
            "nothing was tested",
        ),
        (["--self", "--timeout", "0"], "not in the range x>0"),
        (["--self", "--max-time", "-1"], "not in the range x>0"),
        (["--self", "--rate", "0"], "not in the range x>0"),
        (["--self", "--require-coverage", "101"], "not in the range 0<=x<=100"),
    ],
)
def test_what_cannot_run_is_said_in_a_sentence(
    arguments: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capfd, *SPEC, *arguments)
    assert status == 2
    assert said in err
    assert "Traceback" not in err


def test_the_target_of_the_fixtures(
    correct: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ORBITKIT_URL", raising=False)
    status, _, err = run(capfd, *OWN)
    assert (status, "ORBITKIT_URL is not set" in err) == (2, True)
    monkeypatch.setenv("ORBITKIT_URL", correct)
    assert run(capfd, *OWN, "--only", "created")[0] == 0
    status, _, err = run(capfd, "--spec", str(ROOT / "openapi.yaml"), "--fixtures", str(tmp_path))
    assert (status, "there is no URL to check" in err) == (2, True)


def test_a_wrong_base_path(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capfd, f"{correct}/v2", *OWN, "--only", "cases")
    assert status == 2
    assert "below another path?" in err


def test_a_documented_404_is_no_wrong_base_path(capfd: pytest.CaptureFixture[str]) -> None:
    body = {"error": {"code": "NOT_FOUND", "message": "Gone", "docUrl": "https://orbitkit.io/api/errors/#not-found"}}  # fmt: skip

    async def nobody(_: Request) -> JSONResponse:
        return JSONResponse(body, 404)

    app = Starlette(routes=[Route("/api/setup-intent", nobody, methods=["POST"])])
    with running(app) as port:
        status, out, err = run(capfd, f"http://127.0.0.1:{port}", *OWN, "--only", "created")
    assert (status, err) == (1, "")
    assert "found    it is 404" in out


@pytest.mark.parametrize("kind", ["credentials", "resources", "validation", "schemathesis"])
def test_a_server_that_refuses_everybody_is_told_whatever_is_asked(
    kind: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        answer = JSONResponse({}, 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        if scope["type"] == "http":
            await answer(scope, receive, send)

    with running(refuse) as port:
        asked = [f"http://127.0.0.1:{port}", *items(tmp_path), "--only", kind, "--effort", "quick"]
        status, out, err = run(capfd, *asked, "--fixture-credentials")
    assert (status, out) == (2, "")
    assert err == "error: every request was refused with 401: does it know the values of the fixtures?\n"  # fmt: skip


def items(folder: Path, live: str = "") -> list[str]:
    """Return the options for the items API with one token."""
    token = f"{{scheme: bearerAuth, value: tk_writer, outcome: accept{live}}}"
    (folder / "fixtures.yaml").write_text(f"version: 1\ntokens: {{writer: {token}}}\n")
    apps = ROOT / "tests" / "check" / "apps"
    return ["--spec", str(apps / "items.yaml"), "--fixtures", str(folder / "fixtures.yaml")]


def test_no_green_without_a_credential(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("ITEMS_TOKEN", raising=False)
    spec = items(tmp_path, ', live: "${env:ITEMS_TOKEN}"')
    (tmp_path / "none").mkdir()
    options = ["--only", "conduct"]
    with running(items_api.create()) as port:
        url = f"http://127.0.0.1:{port}"
        status, _, err = run(capfd, url, *spec, *options)
        assert (status, "more could not be asked with a credential: " in err) == (1, True)
        assert "ITEMS_TOKEN is not set; --allow-skipped accepts that" in err
        assert run(capfd, url, *spec, *options, "--allow-skipped")[0] == 0
        status, _, err = run(capfd, url, *spec[:2], "--fixtures", str(tmp_path / "none"), *options)
        assert (status, "no token of the fixtures is accepted here" in err) == (1, True)


def test_no_green_when_time_was_over(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capfd, correct, *OWN, "--only", "conduct", "--max-time", "0.01")
    assert status == 1
    assert re.search(
        r"^\d+ tests were left out: the check has taken 0.01 s \(--max-time\); --allow", err
    )
    assert run(capfd, correct, *OWN, "--max-time", "0.01", "--allow-skipped")[0] == 0


def test_a_report_that_cannot_be_written(correct: str, capfd: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capfd, correct, *OWN, "--only", "created", "--report", "json=/proc/x/y")
    assert status == 2
    assert "cannot be written" in err


def test_the_mock_passes_its_own_check(capfd: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capfd, "--self", *SPEC, "--require-coverage", "100")
    assert status == 0, out + err


@pytest.mark.parametrize("name", ["petstore.yaml", "museum.yaml", "spotify.yml"])
def test_so_it_does_for_other_documents(
    name: str, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = Path(os.environ.get("MOCKSERVER_SPECS", ROOT.parent / "shared" / "specs")) / name
    if not spec.exists():
        pytest.skip(f"{spec} is not there")
    options = ["--effort", "quick", "--require-coverage", "100"]
    if name == "spotify.yml":
        options += ["--only", "cases"]
    status, out, err = run(capfd, "--self", "--spec", str(spec), "--fixtures", str(tmp_path), *options)  # fmt: skip
    assert status == 0, out + err


def in_words(document: str, base: str) -> str:
    """Return a document whose one operation answers below a base path, by files that lie beside it."""
    return dedent(f"""
        openapi: 3.1.0
        info: {{title: {document}, version: "1"}}
        servers: [{{url: "https://words.example{base}"}}]
        paths:
          /words/{{word}}:
            get:
              operationId: {document}
              parameters: [{{name: word, in: path, required: true, schema: {{type: string, minLength: 1}}}}]
              responses:
                "200": {{description: a word, content: {{application/json: {{schema: {{$ref: "parts/word.yaml"}}}}}}}}
                "418": {{description: tea}}
    """)


def write_words(folder: Path) -> list[str]:
    (folder / "parts").mkdir()
    (folder / "none").mkdir()
    (folder / "parts" / "word.yaml").write_text("type: string\n")
    for name, base in (("old", "/v1"), ("new", "/v2")):
        (folder / f"{name}.yaml").write_text(in_words(name, base))
    return ["--self", "--spec", str(folder / "old.yaml"), "--fixtures", str(folder / "none")]


def test_several_documents_are_checked_below_their_base_paths(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = [*write_words(tmp_path), "--also", str(tmp_path / "new.yaml"), "--effort", "quick"]
    status, out, err = run(capfd, *asked, "--report", "json=-")
    report = json.loads(out)
    assert (status, report["counts"]["failed"], err) == (0, 0, "")
    passed = {test["id"] for test in report["tests"] if test["state"] == "passed"}
    assert {f"schemathesis/{name}/generated requests" for name in ("old", "new")} <= passed


def test_what_overlays_change_is_what_everybody_reads(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = write_words(tmp_path)
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: o, version: '1'}\nactions:\n"
        "  - {target: '$.paths.*.get.responses[\"418\"]', remove: true}\n"
        "  - {target: '$.paths.*.get.responses[\"200\"]', update: {content: {text/plain: {schema: {type: string}}}}}\n"
        '  - {target: \'$.paths.*.get.responses["200"].content["application/json"]\', remove: true}\n'
    )
    status, out, _ = run(capfd, *asked, "--overlay", str(overlay), "--report", "json=-")
    report = json.loads(out)
    assert (status, report["counts"]["failed"]) == (0, 0)
    passed = {test["id"] for test in report["tests"] if test["state"] == "passed"}
    assert "schemathesis/old/generated requests" in passed


def test_a_baseline_that_cannot_be_written(
    broken: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    known = ["--baseline", str(tmp_path / "no" / "known.json"), "--update-baseline"]
    status, _, err = run(capfd, broken, *OWN, "--only", "cases", *known)
    assert status == 2
    assert "known.json cannot be written: No such file or directory" in err
