"""What a document may cost before it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets for documents and fixtures; each is named in the error that it causes, with what widens it.

    Attributes:
        file_bytes: Size of one file.
        files: Files behind the references of one document.
        depth: Levels of mappings and lists within each other.
        nodes: Values of one file, aliases and merge keys expanded.
    """

    file_bytes: int = 64 * 2**20
    files: int = 2000
    depth: int = 100
    nodes: int = 5_000_000

    def changed(self, named: Mapping[str, int]) -> "Limits":
        """Return these limits with others for some of the names that ``--limit`` knows."""
        return replace(self, **{_FIELDS[name]: number for name, number in named.items()})

    def hint(self, name: str) -> str:
        """Return what to do where a limit is met that is meant to be wider."""
        return f"--limit {name}=N allows more; the limit is {getattr(self, _FIELDS[name])}"


_FIELDS = {"bytes": "file_bytes", "files": "files", "depth": "depth", "values": "nodes"}
