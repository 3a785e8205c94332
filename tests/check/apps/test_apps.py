"""The test bed of the checker is tested itself: correct apps are correct, and each fault shows itself."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import jsonschema  # type: ignore[import-untyped]  # a test's tool; its stubs are one package more
import pytest
import yaml
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.check.apps import items_api, seed_api
from tests.check.apps.exchange import Fault, Sent
from tests.check.apps.items_reference import DOCUMENT
from tests.check.apps.probing import Seen, encode, observe, read
from tests.check.apps.serving import running
from tests.running import ROOT, command, environment

APPS: Mapping[str, tuple[ModuleType, Path, str, int]] = {
    "seed": (seed_api, ROOT / "openapi.yaml", "Bearer sk_test_valid", 60),
    "items": (items_api, DOCUMENT, items_api.AUTHORIZATION, 40),
}
EXAMPLES = 25
"""Generated cases for each operation and phase."""


class Switch:
    """One server for many apps, one after another."""

    current: ASGIApp = seed_api.create()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.current(scope, receive, send)


SWITCH = Switch()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running(SWITCH) as port:
        yield port


@contextmanager
def client(port: int, app: ASGIApp, token: str | None) -> Iterator[httpx2.Client]:
    SWITCH.current = app
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as found:
        yield found


def judge(document: Path, pointer: str, value: object) -> None:
    """Hold a body to a schema of a document, formats included, by a foreign validator."""
    schemas = yaml.safe_load(document.read_text("utf-8"))["components"]["schemas"]
    schema: dict[str, Any] = {
        "components": {"schemas": schemas},
        "$ref": f"#/components/schemas/{pointer}",
    }
    checker = jsonschema.FormatChecker()
    jsonschema.Draft202012Validator(schema, format_checker=checker).validate(value)


@pytest.mark.parametrize(
    ("token", "status", "schema"),
    [
        ("sk_test_valid", 201, "SetupIntent"),
        ("sk_test_unknown_user", 404, "Error"),
        ("sk_test_expired", 401, "Error"),
        ("sk_test_invalid", 401, "Error"),
        ("anything", 401, "Error"),
        (None, 401, "Error"),
    ],
)
def test_the_seed_api_answers_each_token_as_documented(
    token: str | None, status: int, schema: str, port: int
) -> None:
    with client(port, seed_api.create(), token) as sender:
        answer = sender.post("/api/setup-intent")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    judge(ROOT / "openapi.yaml", schema, answer.json())
    named = 'error="invalid_token"' in answer.headers.get("www-authenticate", "")
    assert named == (status == 401 and token is not None)


def test_the_seed_api_makes_another_secret_at_each_call(port: int) -> None:
    with client(port, seed_api.create(), "sk_test_valid") as sender:
        secrets = [sender.post("/api/setup-intent").json()["clientSecret"] for _ in range(50)]
    assert len(set(secrets)) == 50


def test_the_life_of_an_item_is_as_documented(port: int) -> None:
    with client(port, items_api.create(), "tk_writer") as sender:
        body = {"sku": "NEW-0001", "name": "Lamp", "quantity": 7, "pin": "1234"}
        created = sender.post("/items", json=body)
        assert created.status_code == 201
        judge(DOCUMENT, "Item", created.json())
        path = created.headers["location"]
        assert sender.get(path).json() == created.json()
        assert "pin" not in created.json()
        assert sender.post("/items", json=body).status_code == 409
        tag = created.headers["etag"]
        patched = sender.patch(
            path,
            content=b'{"quantity":0}',
            headers={"Content-Type": "application/merge-patch+json", "If-Match": tag},
        )
        assert patched.status_code == 200
        assert patched.json() == {
            **created.json(),
            "quantity": 0,
            "updatedAt": patched.json()["updatedAt"],
        }
        assert sender.delete(path, headers={"If-Match": tag}).status_code == 412
        page = sender.get("/items", params={"limit": 2, "offset": 2}).json()
        judge(DOCUMENT, "Page", page)
        assert page["total"] == 4
        assert [item["id"] for item in page["items"]] == ["itm_000000000003", "itm_000000000005"]
        assert sender.delete(path).status_code == 204
        for answer in (sender.get(path), sender.delete(path), sender.get("/items/nothing")):
            assert answer.status_code == 404
            judge(DOCUMENT, "Problem", answer.json())


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer sk_test_valid", 201),
        ("bEaReR   sk_test_valid", 201),
        ("\tBearer sk_test_valid \t", 201),  # RFC 9110 §5.5: white space around a value
        ("Bearer\tsk_test_valid", 401),
        ("Bearer sk_test_valid=", 401),
        (" ", 401),
    ],
)
def test_the_seed_api_reads_credentials_as_the_rfcs_write_them(
    authorization: str, status: int, port: int
) -> None:
    SWITCH.current = seed_api.create()
    assert read(port, encode(Sent("POST", "/api/setup-intent", authorization), "")).status == status


@pytest.mark.parametrize(
    ("name", "target", "media_type"),
    [
        ("seed", "/a%0Ab", "application/json"),
        ("items", "/items/a%0Ab", "application/problem+json"),
    ],
)
def test_a_path_with_a_line_feed_is_not_found_as_any_other(
    name: str, target: str, media_type: str, port: int
) -> None:
    module, _, authorization, _ = APPS[name]
    SWITCH.current = module.create()
    seen = read(port, encode(Sent("GET", target), authorization))
    assert seen.status == 404
    assert f"content-type: {media_type}" in seen.headers


def odd_bodies() -> Iterator[tuple[bytes, int]]:
    for depth in (300, 900, 1500, 50_000):
        deep = b"[" * depth + b"]" * depth
        yield deep, 0
        yield b'{"tags":[%s,%s]}' % (deep, deep), 0
    for body in (
        b"",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'{"a":1,"a":2}',
        b'{"a":"\\ud800"}',
    ):
        yield body, 400
    whole = b'{"sku":"ABC-0001","name":"x","quantity":1,"price":1,"dueOn":"2024-02-29"}'
    for good, bad in (
        (b'"quantity":1', b'"quantity":1e400'),
        (b'"quantity":1', b'"quantity":true'),
        (b"ABC-0001", b"ABC-0001\\n"),
        (b"2024-02-29", b"2026-02-29"),
        (b"2024-02-29", b"20240229"),
        (b'"price":1', b'"price":1e5'),
    ):
        yield whole.replace(good, bad), 422
    yield b'{"sku":"ABC-0001","name":"x","quantity":1e3,"dueOn":"2024-02-29","price":-0.0}', 201


def test_the_items_api_judges_odd_bodies(port: int) -> None:
    SWITCH.current = items_api.create()
    for body, status in odd_bodies():
        sent = Sent("POST", "/items", "", (("Content-Type", "application/json"),), body)
        seen = read(port, encode(sent, items_api.AUTHORIZATION))
        # Of a body that is too deep it may say either.
        assert seen.status in ([status] if status else [400, 422]), body[:80]


@pytest.mark.parametrize("name", APPS)
def test_a_table_has_enough_faults_and_each_says_what_it_breaks(name: str) -> None:
    module, _, _, least = APPS[name]
    assert len(module.FAULTS) >= least
    assert len(module.FAULTS) == sum(map(len, module.KINDS.values())), "each name stands once"
    for fault in module.FAULTS.values():
        assert fault.name == fault.name.lower()
        assert " " not in fault.name
        assert fault.clause.endswith(".")


TABLE = [
    pytest.param(name, fault, id=f"{name}-{fault.name}")
    for name, (module, *_) in APPS.items()
    for fault in module.FAULTS.values()
]


@pytest.mark.parametrize(("name", "fault"), TABLE)
def test_a_fault_shows_itself_in_its_probe(name: str, fault: Fault, port: int) -> None:
    module, _, authorization, _ = APPS[name]
    SWITCH.current = module.create()
    correct = observe(port, fault, authorization)
    SWITCH.current = module.create()
    assert observe(port, fault, authorization) == correct, "the correct app always answers alike"
    statuses = [seen.status for seen in correct if isinstance(seen, Seen)]
    assert all(status is not None and status < 500 for status in statuses)
    SWITCH.current = module.create(fault.name)
    assert observe(port, fault, authorization) != correct


@pytest.mark.no_cover  # none of our code runs
@pytest.mark.parametrize("name", APPS)
@pytest.mark.parametrize("seed", [1, 2])
def test_schemathesis_finds_nothing_in_a_correct_app(
    name: str, seed: int, port: int, tmp_path: Path
) -> None:
    module, document, authorization, _ = APPS[name]
    SWITCH.current = module.create()
    config = tmp_path / "schemathesis.toml"
    config.write_text('[cache]\nenabled = false\n[generation]\ndatabase = "none"\n')
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", str(document), "--url", f"http://127.0.0.1:{port}"),
            *("--checks", "all", "-H", f"Authorization: {authorization}"),
            *("--seed", str(seed), "--max-examples", str(EXAMPLES), "--continue-on-failure"),
        ],
        cwd=tmp_path,
        env=environment({"PYTHONWARNINGS": "ignore", "SCHEMATHESIS_HOOKS": ""}),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, f"{finished.stdout[-12000:]}\n{finished.stderr[-3000:]}"


@pytest.mark.parametrize("name", ["seed_api", "items_api"])
def test_an_app_runs_by_its_command(name: str) -> None:
    module = f"tests.check.apps.{name}"
    finished = subprocess.run(
        [sys.executable, "-m", module, "--list"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "expired-token-accepted" in finished.stdout.split()


def test_the_fixtures_of_the_items_fit_their_document() -> None:
    folder = DOCUMENT.with_name("items-fixtures")
    finished = subprocess.run(
        command("lint", DOCUMENT, "--fixtures", folder),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
