"""What somebody forced on an operation of a session."""

import asyncio

import pytest

from mockserver.mocking.memory import Override, override_key, read_override
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build, header
from tests.mocking.test_states import DOCUMENT, FIXTURES, GOOD


def forced(override: Override, operation: str = "list") -> MemoryStore:
    store = MemoryStore()
    asyncio.run(store.put("default", {override_key(operation): override.as_value()}))
    return store


@pytest.mark.parametrize(
    "override", [Override(case="one", times=3), Override(status=401, example="x", force=True)]
)
def test_it_reads_back(override: Override) -> None:
    assert read_override(forced(override).session("default"), "list") == override


def test_a_case_is_answered_as_often_as_was_said(tmp_path) -> None:
    mock, store = build(tmp_path, DOCUMENT, FIXTURES), forced(Override(case="two", times=2))
    answers = [ask(mock, "GET /items", GOOD, store=store) for _ in range(3)]
    assert [answer.reasons.case for answer in answers] == ["two", "two", None]
    assert "override; case two, 1 left" in answers[0].reasons.why


def test_a_status_is_answered_until_reset(tmp_path) -> None:
    mock, store = build(tmp_path, DOCUMENT, FIXTURES), forced(Override(status=422), "create")
    for _ in range(3):
        assert ask(mock, "POST /items", GOOD, store=store).response.status == 422
    asyncio.run(store.reset("default"))
    assert ask(mock, "POST /items", GOOD, store=store).response.status == 201


def test_it_acts_after_authentication_unless_forced_and_before_scenarios(tmp_path) -> None:
    mock = build(tmp_path, DOCUMENT, FIXTURES)
    polite = forced(Override(case="two"))
    assert ask(mock, "GET /items", store=polite).response.status == 401
    assert (
        ask(mock, "GET /items", {**GOOD, "X-Mock-Scenario": "base"}, store=polite).reasons.case
        == "one"
    )
    shop = {**GOOD, "X-Mock-Scenario": "shop"}
    assert ask(mock, "GET /items", shop, store=polite).reasons.case == "two"
    rude = forced(Override(case="two", force=True))
    assert ask(mock, "GET /items", store=rude).reasons.case == "two"


def test_what_the_request_asks_for_goes_before_it(tmp_path) -> None:
    mock, store = build(tmp_path, DOCUMENT, FIXTURES), forced(Override(status=422), "create")
    wish = {**GOOD, "Prefer": "code=201"}
    assert ask(mock, "POST /items", wish, store=store).response.status == 201


def test_a_case_that_a_reload_took_away_is_named(tmp_path) -> None:
    mock, store = build(tmp_path, DOCUMENT, FIXTURES), forced(Override(case="gone"))
    decision = ask(mock, "GET /items", GOOD, store=store)
    assert (decision.response.status, header(decision, "x-mock-error")) == (404, "no-such-case")
