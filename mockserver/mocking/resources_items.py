"""Items as they are kept and as they are answered: with an identifier, complete, and fit for the schema of an answer."""

from collections.abc import Collection as Container, Mapping, Sequence
from copy import deepcopy
from itertools import chain
from typing import NamedTuple

from mockserver.fixtures.carriers import Carrier, flat_of, properties_of
from mockserver.fixtures.resources import id_text, value_at
from mockserver.generation.chance import Chance
from mockserver.generation.fitting import fits
from mockserver.generation.flatten import schema_in, types_of
from mockserver.generation.formats import FORMATS
from mockserver.generation.making import Path, Unsatisfiable
from mockserver.generation.scalars import make_string
from mockserver.generation.values import generate
from mockserver.schemas import Schema, SchemaViolation
from mockserver.spec.compile import Api
from mockserver.spec.model import Location

_MOST_TRIES = 5
_MOST_IDS = 100


class Samples(NamedTuple):
    """What a schema's value looks like.

    Attributes:
        full: With everything that it may hold.
        bare: With what it must hold.
    """

    full: object
    bare: object


class Items:
    """Makes the items of one document fit; what it keeps depends on schemas alone."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._samples: dict[Location, Samples] = {}

    def samples(self, location: Location) -> Samples:
        """Return a schema's samples; empty objects where no value can be made."""
        if (kept := self._samples.get(location)) is None:
            kept = self._samples[location] = Samples(
                self._sample(location, fill=True), self._sample(location, fill=False)
            )
        return kept

    def _sample(self, location: Location, *, fill: bool) -> object:
        try:
            return generate(
                self._api.schemas, location, "response", chance=None, fill_properties=fill
            )
        except Unsatisfiable:
            return {}

    # As they are kept

    def completed(self, item: Mapping[str, object], carrier: Carrier | None) -> dict[str, object]:
        """Return a new item with the document's defaults, what only a server sets (``readOnly``), and what must be there.

        Once it is kept so, every answer says the same of it.
        """
        if carrier is None:
            return dict(item)
        path: Path = (*carrier.path, 0) if carrier.many else carrier.path
        sample = _node(self.samples(carrier.location).full, path)
        completed = self._complete(item, carrier.item, sample)
        assert isinstance(completed, dict)
        shown = self.shown(completed, carrier.item, None)
        try:
            whole = self.mended(
                self.wrapped([shown] if carrier.many else shown, carrier), carrier.location
            )
        except Unsatisfiable:
            return completed
        found = _node(whole, path)
        if not isinstance(found, dict):
            return completed
        hidden = {name: member for name, member in completed.items() if name not in shown}
        return {**hidden, **found}

    def _complete(self, value: object, schema: Schema, sample: object) -> object:
        if isinstance(value, list):
            inner = schema_in(flat_of(self._api, schema).keywords.get("items", True))
            shown = sample[0] if isinstance(sample, list) and sample else None
            return [self._complete(item, inner, shown) for item in value]
        if not isinstance(value, dict):
            return value
        found = dict(value)
        shown = sample if isinstance(sample, dict) else {}
        for name, member in self._members(schema).items():
            if name in found:
                found[name] = self._complete(found[name], member, shown.get(name))
                continue
            flat = flat_of(self._api, member)
            default = next((each for each in flat.defaults if self.fits(each, member)), None)
            if default is not None:
                found[name] = deepcopy(default)
            elif flat.keywords.get("readOnly") is True and name in shown:
                found[name] = deepcopy(shown[name])
        return found

    def _members(self, schema: Schema) -> dict[str, Schema]:
        """Return what a schema describes outside its alternatives: which of those is meant is the client's to say."""
        return {
            name: schema_in(inner) for name, inner in flat_of(self._api, schema).properties.items()
        }

    def fits(self, value: object, schema: Schema) -> bool:
        """Tell whether a value fits a schema."""
        return fits(
            value, schema, lambda reference: self._api.schemas.resolve(reference, "response")
        )

    def own(self, item: Mapping[str, object], schema: Schema) -> dict[str, object]:
        """Return the members that only a server sets."""
        members = self._members(schema)
        return {
            name: member
            for name, member in item.items()
            if name in members
            and flat_of(self._api, members[name]).keywords.get("readOnly") is True
        }

    def at(self, schema: Schema, tokens: Sequence[str]) -> Schema | None:
        """Return the schema of what stands at a path of members; ``None`` where none is described."""
        for token in tokens:
            members = properties_of(self._api, schema)
            if token not in members:
                return None
            schema = members[token]
        return schema

    def new_id(
        self,
        carrier: Carrier | None,
        tokens: Sequence[str],
        taken: frozenset[str],
        made: int,
        chance: Chance,
    ) -> str | int:
        """Return an identifier that no item has: numbers count up, text is drawn as its schema says.

        Raises:
            Unsatisfiable: The schema allows no more.
        """
        schema = (self.at(carrier.item, tokens) if carrier else None) or True
        keywords = flat_of(self._api, schema).keywords
        types = types_of(keywords) or []
        number = max(made + 1, _least(keywords))
        if not types or "integer" in types or "number" in types:
            again = range(_least(keywords), _least(keywords) + len(taken) + 1)
            for candidate in chain(range(number, number + _MOST_IDS), again):
                if str(candidate) not in taken and self.fits(candidate, schema):
                    return candidate
        if not types or "string" in types:
            is_plain = keywords.get("format") not in FORMATS and "pattern" not in keywords
            if is_plain and str(number) not in taken and self.fits(str(number), schema):
                return str(number)
            for attempt in range(_MOST_IDS):
                drawn = make_string(keywords, tokens[-1], chance.fork(attempt), dynamic=True)
                if drawn and drawn not in taken and self.fits(drawn, schema):
                    return drawn
        raise Unsatisfiable("the document allows no further identifier")

    # As they are answered

    def wrapped(self, value: object, carrier: Carrier) -> object:
        """Return a whole answer that holds an item or a list of items, with what its envelope must have."""
        if not carrier.path:
            return value
        bare = self.samples(carrier.location).bare
        whole = deepcopy(bare) if isinstance(bare, dict) else {}
        put(whole, carrier.path, value)
        return whole

    def mended(self, whole: object, location: Location) -> object:
        """Return a value that fits a schema: what is missing comes from the schema, what does not fit as well.

        Raises:
            Unsatisfiable: It cannot be made to fit.
        """
        validator = self._api.schemas.validator(location, "response")
        if validator.is_valid(whole):
            return whole
        samples = self.samples(location)
        root = [deepcopy(whole)]
        for _ in range(_MOST_TRIES):
            for violation in validator.violations(root[0]):
                _mend(root, violation, samples)
            if validator.is_valid(root[0]):
                return root[0]
        raise Unsatisfiable("what is kept cannot be made to fit the schema of the answer")

    def shown(
        self, item: Mapping[str, object], schema: Schema, known: Carrier | None
    ) -> dict[str, object]:
        """Return what an answer's schema shows of an item, in its order: nothing that only clients send (``writeOnly``).

        What items are known to have, but not in this answer, is left out as well.
        """
        shown = self._visible(item, schema)
        assert isinstance(shown, dict)
        described = properties_of(self._api, schema)
        order = [name for name in described if name in shown]
        order += [name for name in shown if name not in described]
        other: Container[str] = ()
        if known is not None and described:
            other = properties_of(self._api, known.item).keys() - described.keys()
        return {name: shown[name] for name in order if name not in other}

    def _visible(self, value: object, schema: Schema) -> object:
        if isinstance(value, list):
            inner = schema_in(flat_of(self._api, schema).keywords.get("items", True))
            return value if inner is True else [self._visible(item, inner) for item in value]
        if not isinstance(value, dict):
            return value
        members = properties_of(self._api, schema)
        return {
            name: self._visible(member, members[name]) if name in members else member
            for name, member in value.items()
            if name not in members
            or flat_of(self._api, members[name]).keywords.get("writeOnly") is not True
        }


def put(whole: dict[str, object], path: Sequence[str], value: object) -> None:
    """Set what stands at a path of members; objects on the way are made."""
    for token in path[:-1]:
        inner = whole.get(token)
        if not isinstance(inner, dict):
            inner = whole[token] = {}
        whole = inner
    whole[path[-1]] = value


def with_id(item: Mapping[str, object], tokens: Sequence[str], value: object) -> dict[str, object]:
    """Return an item that has an identifier."""
    found = deepcopy(dict(item))
    put(found, tokens, value)
    return found


def id_of(item: Mapping[str, object], tokens: Sequence[str]) -> str | None:
    """Return an item's identifier as text, ``None`` where it has none that can stand in a path."""
    value = value_at(item, tokens)
    is_id = isinstance(value, str | int | float) and not isinstance(value, bool)
    return (id_text(value) or None) if is_id else None


def _least(keywords: Mapping[str, object]) -> int:
    """Return the smallest number to count from."""
    low = keywords.get("minimum", 1)
    if "exclusiveMinimum" in keywords and isinstance(keywords["exclusiveMinimum"], int | float):
        low = keywords["exclusiveMinimum"] + 1
    return max(int(low), 1) if isinstance(low, int | float) else 1


def _mend(root: list[object], violation: SchemaViolation, samples: Samples) -> None:
    """Mend one thing in the value that stands in a list of one: what is missing is added, what breaks is replaced."""
    path: Path = (0, *violation.instance_path)
    here, bare, full = (_node(value, path) for value in (root, [samples.bare], [samples.full]))
    if violation.keyword == "required" and isinstance(here, dict):
        sample = bare if isinstance(bare, dict) else full
        for name, member in sample.items() if isinstance(sample, dict) else ():
            if f'"{name}"' in violation.message:
                here.setdefault(name, deepcopy(member))
        return
    if violation.keyword in _CLOSED and isinstance(here, dict) and isinstance(full, dict):
        for name in here.keys() - full.keys():
            del here[name]
        return
    parent = _node(root, path[:-1])
    if isinstance(parent, dict) and len(path) > 1:
        name = str(path[-1])
        parent.pop(name, None)
        if full is not None:
            parent[name] = deepcopy(full)


_CLOSED = ("additionalProperties", "unevaluatedProperties", "falseSchema")


def _node(value: object, path: Path) -> object:
    """Return what stands at a path; of a list that is too short its first item; ``None`` where nothing does."""
    for token in path:
        if isinstance(value, dict):
            value = value.get(str(token))
        elif isinstance(value, list) and isinstance(token, int) and value:
            value = value[token] if token < len(value) else value[0]
        else:
            return None
    return value
