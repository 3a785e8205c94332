"""What each operation of a document is to the resources: found out once, from paths and methods alone."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from mockserver.fixtures.model import Resource
from mockserver.fixtures.resources import shape
from mockserver.mocking.resources_lists import Reading, fold, read_parameters
from mockserver.spec.compile import Api
from mockserver.spec.model import Operation

Act = Literal["list", "create", "read", "replace", "replace-named", "change", "delete", "below"]

_LISTS: Mapping[str, Act] = {"GET": "list", "HEAD": "list", "QUERY": "list"}
_COLLECTION: Mapping[str, Act] = {**_LISTS, "POST": "create", "PUT": "replace-named"}
_ITEM: Mapping[str, Act] = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "replace",
    "PATCH": "change",
    "POST": "change",
    "DELETE": "delete",
}


class Part(NamedTuple):
    """What an operation is to a resource.

    Attributes:
        act: ``below`` where it lies below an item and only needs that to be there.
        names: Of the operation's path parameters: those of the collection, then the item's.
        above: The same for the resources above, outermost first.
        reading: What the query parameters mean, where it lists.
    """

    resource: Resource
    act: Act
    names: tuple[str, ...]
    above: "tuple[Part, ...]" = ()
    reading: Reading = Reading({}, {})

    def parents(self) -> dict[str, str]:
        """Return the names of the collection's own parameters, each with the name that the operation has for it."""
        return dict(zip(parameter_names(self.resource.path), self.names, strict=False))


def find_parts(api: Api, resources: Iterable[Resource]) -> dict[str, Part]:
    """Return what the operations are, by their names; those that are nothing to a resource are not among them."""
    known = tuple(resources)
    found: dict[str, Part] = {}
    for operation in api.operations if known else ():
        names = parameter_names(operation.path)
        acts = [(resource, _act(operation, resource)) for resource in known]
        above = tuple(
            Part(resource, act, names)
            for resource, act in sorted(acts, key=lambda pair: len(pair[0].item_path))
            if act == "below"
        )
        own = next(((one, act) for one, act in acts if act not in (None, "below")), None)
        if own and own[1]:
            resource, act = own
            reading = read_parameters(operation, resource, api)
            found[operation.name] = Part(resource, act, names, above, reading)
        elif above:
            found[operation.name] = above[-1]._replace(above=above)
    return found


def parameter_names(path: str) -> tuple[str, ...]:
    """Return the names of a template's parameters, in order."""
    return tuple(re.findall(r"\{([^{}]*)\}", path))


def parent_names(resource: Resource, parameter: str) -> frozenset[str]:
    """Return the folded names by which an item may say what it lies below: of ``/users/{id}/orders`` ``userid``."""
    own = fold(resource.id[-1])
    before = resource.path.partition(f"/{{{parameter}}}")[0].rpartition("/")[2]
    word = fold(before)
    names = {fold(parameter), f"{word}id", f"{word.removesuffix('s')}id"}
    return frozenset(names - {own})


def _act(operation: Operation, resource: Resource) -> Act | None:
    """Return what an operation is to one resource, ``None`` where it is nothing."""
    path = shape(operation.path).rstrip("/")
    if path == shape(resource.path).rstrip("/"):
        return _COLLECTION.get(operation.method)
    if any(path == shape(listed).rstrip("/") for listed in resource.lists):
        return _LISTS.get(operation.method)
    item = shape(resource.item_path).rstrip("/")
    if item and path == item:
        return _ITEM.get(operation.method)
    return "below" if item and path.startswith(f"{item}/") else None
