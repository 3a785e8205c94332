"""The requests that are timed: what is asked, of which document, and the bytes that a bare server answers with."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.servers import Ask

SPECS = Path(os.environ.get("MOCKSERVER_SPECS", "specs"))
"""Where ``petstore.yaml`` and ``stripe.json`` are; their workloads are left out where they are not."""

_TOKEN = {"Authorization": "Bearer sk_test_valid"}
_SECRET = b'{"clientSecret": "seti_1PxYzAbCdEfGhIjKlMnOpQrS_secret_Ab1Cd2Ef3Gh4Ij5Kl6Mn7Op8Qr9StU"}'
_REFUSED = (
    b'{"error": {"code": "UNAUTHORIZED", "message": "Invalid or expired token",'
    b' "docUrl": "https://orbitkit.io/api/errors/#unauthorized"}}'
)
_PET = {
    "id": 10,
    "name": "doggie",
    "category": {"id": 1, "name": "Dogs"},
    "photoUrls": [f"https://images.example/pets/{number:040}.jpeg" for number in range(11)],
    "tags": [{"id": 1, "name": "friendly"}, {"id": 2, "name": "small"}],
    "status": "available",
}


@dataclass(frozen=True)
class Workload:
    """One request, and how to ask it.

    Attributes:
        constant: What bare uvicorn answers with.
        document: ``None`` for this project's own, with its fixtures.
    """

    name: str
    ask: Ask
    constant: bytes
    document: Path | None = None


def workloads(part: str | None = None) -> Iterator[Workload]:
    """Yield the workloads whose documents are here and whose name holds a text."""
    for workload in _all():
        here = workload.document is None or workload.document.exists()
        if here and (part is None or part in workload.name):
            yield workload


def _all() -> Iterator[Workload]:
    path = "/api/setup-intent"
    yield Workload("accepted", Ask("POST", path, 201, b'"clientSecret"', _TOKEN), _SECRET)
    yield Workload("refused", Ask("POST", path, 401, b'"UNAUTHORIZED"'), _REFUSED)
    preferred = Ask("POST", path, 404, b'"NOT_FOUND"', {**_TOKEN, "Prefer": "code=404"})
    yield Workload("preferred", preferred, _REFUSED)
    petstore, stripe = SPECS / "petstore.yaml", SPECS / "stripe.json"
    body, key, bearer = json.dumps(_PET).encode(), {"api_key": "k"}, {"Authorization": "Bearer t"}
    pet = Ask("GET", "/api/v3/pet/10", 200, b'"doggie"', key)
    yield Workload("petstore GET", pet, body[:200], petstore)
    yield Workload("petstore GET, varied", _varied(pet, "10"), body[:200], petstore)
    json_bearer = {"Content-Type": "application/json", **bearer}
    added = Ask("POST", "/api/v3/pet", 200, b'"doggie"', json_bearer, body)
    yield Workload("petstore POST 1 kB", added, body[:200], petstore)
    added = replace(added, path="/api/v3/pet?n={n}")
    yield Workload("petstore POST 1 kB, varied", added, body[:200], petstore)
    customer = Ask("GET", "/v1/customers/cus_123", 200, b'"customer"', bearer)
    yield Workload("stripe GET", customer, b"x" * 1500, stripe)
    yield Workload("stripe GET, varied", _varied(customer, "123"), b"x" * 1500, stripe)


def _varied(ask: Ask, part: str) -> Ask:
    return replace(ask, path=ask.path.replace(part, "{n}"))
