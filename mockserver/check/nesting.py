"""Collections within an item of another: what stands below one item is not below its neighbour, nor below nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from mockserver.check.collections import Collection, Made, status_of
from mockserver.check.model import Exchange, Skip
from mockserver.check.requests import succeeded
from mockserver.spec.model import Operation
from mockserver.spec.templates import parameter_names

_GONE = (404, 410)


def _parent(collection: Collection) -> Collection:
    if collection.parent is None:
        raise Skip("the collection stands in no other")
    return collection.parent


def _documents_absence(operation: Operation | None) -> bool:
    return operation is not None and ("404" in operation.responses or "410" in operation.responses)


def _ask_below(collection: Collection, operation: Operation, parent: Made, own: object = None) -> Exchange:  # fmt: skip
    """Send a good request for an operation of the collection, or of its item, below a certain parent."""
    run = collection.run
    ids = [*_parent(collection).above(), parent.id, *([own] if own is not None else [])]
    names = parameter_names(operation.shortest_path)
    values: dict[tuple[str, str], object] = {
        ("path", name): one for name, one in zip(names, ids, strict=False)
    }
    request = run.requests.set(operation, run.requests.draw(operation), values)
    return collection.ask(operation, request, alien=True)


def _below_its_own(collection: Collection) -> None:
    """An item is not found below another parent."""
    parent = _parent(collection)
    reading = collection.items.get("GET")
    if reading is None or not _documents_absence(reading):
        raise Skip("items cannot be read, or their absence is not documented")
    made, elsewhere = collection.make(), parent.make()
    if not succeeded(collection.of("GET", made.id)):
        raise Skip("the item cannot be read")
    exchange = _ask_below(collection, reading, elsewhere, made.id)
    collection.run.expect(
        not succeeded(exchange), exchange, "other-parent", "an item is found below its own parent only",
        f"below another one the status is {status_of(exchange)}", "OWASP API1:2023", reading.place,
    )  # fmt: skip


def _below_nothing(collection: Collection) -> None:
    """Nothing is created, listed or read below what was deleted."""
    parent = _parent(collection)
    if "DELETE" not in parent.items:
        raise Skip("the parent cannot be deleted")
    gone = parent.make()
    own: object = None
    reading = collection.items.get("GET")
    if _documents_absence(reading):
        exchange = _ask_below(collection, collection.create, gone)
        made = replace(collection, home=gone).read_made(exchange)
        own = made.id if made else None
    if not succeeded(parent.of("DELETE", gone.id)):
        raise Skip("the parent is not deleted")
    for operation in (collection.create, collection.listing, reading if own is not None else None):
        if operation is None or not _documents_absence(operation):
            continue
        exchange = _ask_below(collection, operation, gone, own if operation is reading else None)
        collection.run.expect(
            not succeeded(exchange), exchange, "below-nothing", f"{operation.method} below what was deleted finds nothing",
            f"the status is {status_of(exchange)}", "RFC 9110 §15.5.5", operation.place,
        )  # fmt: skip


NESTING_PROBES: Mapping[str, Callable[[Collection], None]] = {
    "an item is below its own parent": _below_its_own,
    "nothing is below what was deleted": _below_nothing,
}
