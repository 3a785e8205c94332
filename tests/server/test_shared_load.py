"""Many sessions on two workers and one Redis, which is killed meanwhile: the small form of ``python -m tests.shared_load``."""

from pathlib import Path

import pytest

from tests.shared_load import run


@pytest.mark.parametrize("kill", [False, True], ids=["redis stays", "redis is killed"])
def test_no_session_sees_anothers_place_and_every_answer_is_in_the_journal_once(
    tmp_path: Path, kill: bool
) -> None:
    outcome = run(tmp_path, 40, 25, kill=kill)
    assert outcome.wrong == []
    assert len(outcome.traces) == 1000
    assert (outcome.degraded > 0, outcome.refused > 0) == (kill, kill)
    assert outcome.recovered < 5
    assert outcome.slowest < 10
