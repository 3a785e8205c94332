"""Requests that we build for real documents are judged valid: what is written is what is read."""

import pytest

from mockserver.generation.chance import Chance
from mockserver.generation.requests import build_request
from mockserver.spec.compile import compile_document
from mockserver.spec.document import load_document
from mockserver.spec.routes import Route, Router
from mockserver.validation.validate import Judge
from tests.specs import spec
from tests.validation.building import found

DOCUMENTS = [
    "adyen-checkout-v71.yaml",
    "discord.json",
    "figma.yaml",
    "github.json",
    "openai.yaml",
    "petstore.yaml",
    "spotify.yml",
    "stripe.json",
    "twilio_api_v2010.yaml",
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_requests_with_every_parameter_and_property_are_valid(name):
    api = compile_document(load_document(spec(name)))
    router, judge, chance = Router(api.operations), Judge(api), Chance(b"a seed for tests")
    judged = 0
    for operation in api.operations:
        draws = chance.fork(operation.name)
        request = build_request(api, operation, chance=draws, everything=True)
        route = router.match(request.method, request.path)
        if isinstance(route, Route) and route.operation is operation:
            violations = judge.judge_request(operation, request, route.path_values).violations
            errors = [violation for violation in violations if violation.severity == "error"]
            assert found(errors) == [], operation.name
            judged += 1
    assert judged > 0.95 * len(api.operations)


def test_a_list_is_unset_by_an_empty_string_as_stripe_has_it():
    api = compile_document(load_document(spec("stripe.json")))
    operation = api.by_name["PostInvoiceitems"]
    request = build_request(api, operation, chance=None)
    request = request._replace(body=request.body + b"&discounts=&metadata=")
    judgement = Judge(api).judge_request(operation, request, {})
    assert judgement.violations == ()
    assert isinstance(judgement.values.body, dict)
    assert judgement.values.body["discounts"] == ""
