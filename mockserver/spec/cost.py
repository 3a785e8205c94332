"""How much work one value can make for a schema's judge: references that fan out would keep it busy for ever.

Twenty definitions of which each combines the next one ten times are two kilobytes, and ask for 10^20 looks at every
value. What counts is what a judge applies to the same value: references and combinations, not properties and items.
"""

from collections.abc import Callable, Iterator

from mockserver.schemas import Schema

MOST_LOOKS = 200_000
"""Real documents stay far below: the costliest schema of Stripe's has a few hundred looks."""

_DEEPEST = 200
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")


class Looks:
    """Counts looks at one value, those below it left out: each referenced schema once, nothing for what leads back.

    Args:
        resolve: Finds the converted schema that a ``$ref`` names.
    """

    def __init__(self, resolve: Callable[[str], Schema]) -> None:
        self._resolve = resolve
        self._counted: dict[str, int] = {}

    def are_bearable(self, reference: str) -> bool:
        """Tell whether a value can be judged by what a reference names."""
        return self._behind(reference, 0) <= MOST_LOOKS

    def _behind(self, reference: str, depth: int) -> int:
        if reference not in self._counted:
            self._counted[reference] = 0
            self._counted[reference] = self._count(self._resolve(reference), depth + 1)
        return self._counted[reference]

    def _count(self, schema: Schema, depth: int) -> int:
        """Return how many schemas are applied to one value, at most one more than is bearable."""
        looks = 1 if depth < _DEEPEST else MOST_LOOKS + 1
        for reference, inner in _applied(schema):
            if looks > MOST_LOOKS:
                return MOST_LOOKS + 1
            looks += (
                self._count(inner, depth + 1)
                if reference is None
                else self._behind(reference, depth)
            )
        return looks


def _applied(schema: Schema) -> Iterator[tuple[str | None, Schema]]:
    """Yield what is applied to the same value: references by name, combined schemas as they are."""
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield reference, True
    parts = [
        part for key in _LISTS if isinstance(listed := schema.get(key), list) for part in listed
    ]
    parts += [schema[key] for key in _SINGLE if key in schema]
    dependent = schema.get("dependentSchemas")
    parts += dependent.values() if isinstance(dependent, dict) else ()
    for part in parts:
        if isinstance(part, dict):
            yield None, part
