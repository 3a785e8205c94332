"""How much of a document and its fixtures was served, as the control API tells it: a share, and what is missing.

Read alike by ``serve`` at its end, by the Python client, and by the pytest plugin, which adds up several processes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = ("tokens", "scenarios")


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was served, how often.

    Attributes:
        answers: Documented answers, as ``getBook 404``, less those that the fixtures exclude.
        cases: Cases of the fixtures, as ``getBook/lent``, less those that give such an answer.
        unused: Names of tokens and of scenarios that nobody used, by ``tokens`` and ``scenarios``.
    """

    answers: Mapping[str, int]
    cases: Mapping[str, int]
    unused: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> "Coverage":
        """Return it from what ``GET /coverage`` answers."""
        rows = found["operations"]
        return cls(
            {f"{row['name']} {one['status']}": one["served"] for row in rows for one in row["answers"] if "excluded" not in one},
            {f"{row['name']}/{one['name']}": one["served"] for row in rows for one in row["cases"] if "excluded" not in one},
            {kind: tuple(found["unused"][kind]) for kind in KINDS},
        )  # fmt: skip

    def as_json(self) -> dict[str, object]:
        """Return JSON values for ``of_json``, in another process."""
        unused = {kind: list(names) for kind, names in self.unused.items()}
        return {"answers": dict(self.answers), "cases": dict(self.cases), "unused": unused}

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "Coverage":
        """Return what ``as_json`` made JSON of."""
        unused = {kind: tuple(names) for kind, names in found["unused"].items()}
        return cls(found["answers"], found["cases"], unused)

    def __add__(self, other: "Coverage") -> "Coverage":
        """Return what both served; unused is what neither used."""
        unused = {
            kind: tuple(name for name in names if name in other.unused[kind])
            for kind, names in self.unused.items()
        }
        return Coverage(
            _sum(self.answers, other.answers), _sum(self.cases, other.cases), unused
        )  # fmt: skip

    @property
    def served(self) -> int:
        """Return how many answers and cases were served at least once."""
        return sum(map(bool, (*self.answers.values(), *self.cases.values())))

    @property
    def of(self) -> int:
        """Return how many answers and cases there are."""
        return len(self.answers) + len(self.cases)

    @property
    def percent(self) -> float:
        """Return the share of answers and cases that were served; 100 where there are none."""
        return 100.0 * self.served / self.of if self.of else 100.0

    def summary(self) -> dict[str, object]:
        """Return JSON values: the share, and by kind the names of what was never served or used."""
        return {
            "percent": round(self.percent, 1),
            "answers": [name for name, times in self.answers.items() if not times],
            "cases": [name for name, times in self.cases.items() if not times],
            **{kind: list(names) for kind, names in self.unused.items()},
        }

    def report(self, least: float) -> str:
        """Return in lines what was never served, under a headline that names both shares."""
        lines = [f"served {self.percent:.1f} % of {self.of} answers and cases, {least:g} % are asked for"]  # fmt: skip
        lines += [f"  never served: {name}" for name, times in self.answers.items() if not times]
        lines += [f"  never served: case {name}" for name, times in self.cases.items() if not times]
        lines += [
            f"  never used: {kind[:-1]} {name}"
            for kind, names in self.unused.items()
            for name in names
        ]
        return "\n".join(lines)


def _sum(ours: Mapping[str, int], theirs: Mapping[str, int]) -> dict[str, int]:
    return {name: ours.get(name, 0) + theirs.get(name, 0) for name in (*ours, *theirs)}
