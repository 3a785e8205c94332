"""Whole answers: every golden case in process and over a socket."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.golden.cases import (
    Case,
    Exchange,
    Setup,
    cases,
    differences,
    fits,
    observed,
    updated,
)
from tests.golden.in_process import application
from tests.running import Answered, serving

Send = Callable[[Exchange], Answered]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Setup, str], Send]]:
    """Return the sender for a golden file, in process or over a socket; each is made once."""
    kept: dict[tuple[str, str], Send] = {}
    with ExitStack() as stack:

        def sender(setup: Setup, way: str) -> Send:
            if (setup.name, way) not in kept:
                arguments = setup.write(tmp_path_factory.mktemp(setup.name))
                if way == "socket":
                    server = stack.enter_context(serving(*arguments))
                    kept[setup.name, way] = lambda asked: server.send(*asked)
                else:
                    app = stack.enter_context(application(arguments))
                    kept[setup.name, way] = lambda asked: app.send(*asked)
            return kept[setup.name, way]

        yield sender


@pytest.mark.parametrize("way", ["in process", "socket"])
@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case.setup.name}: {case.name}")
def test_golden(
    case: Case,
    way: str,
    servers: Callable[[Setup, str], Send],
    request: pytest.FixtureRequest,
) -> None:
    send = servers(case.setup, way)
    answers = [send(case.exchange) for _ in case.answers]
    found = [
        line
        for expected, answer in zip(case.answers, answers, strict=True)
        for line in differences(expected, answer)
    ]
    if found and request.config.getoption("--update-golden"):
        _update(case, answers)
        pytest.skip("rewritten: " + found[0])
    assert not found, "\n".join(found)


def _update(case: Case, answers: list[Answered]) -> None:
    """Write what is answered now where it is not what was expected."""
    new = []
    for expected, answer in zip(case.answers, answers, strict=True):
        actual = observed(expected, answer)
        for key in ("headers", "includes"):
            if isinstance(wanted := expected.get(key), Mapping):
                got = actual[key]
                assert isinstance(got, Mapping)
                actual[key] = {
                    name: value if fits(value, got[name]) else got[name]
                    for name, value in wanted.items()
                }
        new.append(actual)
    case.setup.file.write_text(updated(case.setup.file.read_text(), case.name, new))


GOLDEN = """\
document: {paths: {}}
cases:
  # a comment that stays
  first:
    request: GET /a
    answer: {status: 200, headers: {x: y}}
  second:
    request: GET /b
    answer:
      status: 404

  third:
    request: GET /c
    answers:
      - {status: 200}
"""


def test_updating_rewrites_one_answer_and_nothing_else() -> None:
    text = updated(GOLDEN, "first", [{"status": 201, "headers": {"x": None}}])
    text = updated(text, "second", [{"status": 405}])
    assert text == GOLDEN.replace(
        "    answer: {status: 200, headers: {x: y}}",
        "    answer:\n      status: 201\n      headers:\n        x: null",
    ).replace("      status: 404", "      status: 405")


def test_updating_keeps_the_number_of_answers() -> None:
    text = updated(GOLDEN, "third", [{"status": 200}, {"status": 401}])
    assert text.endswith("    answers:\n      - status: 200\n      - status: 401\n")


def test_a_difference_is_named() -> None:
    answer = Answered(200, {"a": "1"}, b'{"b": [true]}')
    expected = {
        "status": 201,
        "headers": {"a": "/2/", "c": None},
        "includes": {"/b/0": 1, "/b/9": "(nothing there)"},
        "empty": True,
    }
    assert differences(expected, answer)[:-1] == [
        "status: 200 instead of 201",
        "header a: '1' instead of '/2/'",
        "body at /b/0: True instead of 1",
        "empty: False instead of True",
    ]


def test_every_golden_file_is_a_file_of_cases() -> None:
    names = [case.name for case in cases()]
    assert len(names) > 40
    assert all(Path(case.setup.file).suffix == ".yaml" for case in cases())
