"""Headers that explain: bounded, whatever is in them."""

import json

from mockserver.messages import HttpResponse, Violation
from mockserver.mocking.answers import Answer
from mockserver.mocking.explain import VIOLATIONS_LIMIT, Explainer, violations_header


def test_as_many_violations_as_fit_are_told():
    found = [Violation(("body", number), "type", "m" * 200, None) for number in range(100)]
    told = violations_header(found, found)
    assert len(told) <= VIOLATIONS_LIMIT
    assert 5 < len(json.loads(told)) < 100


def test_a_violation_says_which_side_it_is_of():
    found = [Violation(("body", 0), "type", "m", None)]
    locations = [each["location"] for each in json.loads(violations_header(found, found))]
    assert locations == [["request", "body", "0"], ["response", "body", "0"]]


def test_ever_new_explanations_are_not_kept_for_ever():
    explainer = Explainer(enabled=True)
    answer = Answer(HttpResponse(404, ()), "none")
    for number in range(10_000):
        response = explainer.explained(answer, why=f"no such path /{number}")
    assert response.headers == ((b"x-mock-why", b"no such path /9999"),)
    assert len(explainer._explained) <= Explainer._LIMIT
