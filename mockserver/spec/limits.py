"""What a document may cost before it is refused."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets for documents and fixtures; each is named in the error that it causes.

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
