"""Which of several operations with equal templates a request means: the one whose parameters it fits best.

Real documents have them: ``/x`` beside ``/x?beta=true``, ``/{name}`` beside ``/{id}``, and every AWS action at ``/``.
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl

from mockserver.messages import HttpRequest, Violation
from mockserver.spec.routes import Route
from mockserver.spec.templates import route_hint
from mockserver.validation.validate import Judge

_MOST_BODIES = 20
"""Rivals whose bodies are compared: each takes a compiled schema."""


def choose_rival(route: Route, request: HttpRequest, judge: Judge) -> Route:
    """Return a route or one of its rivals, the first in the document among equals.

    What a document writes behind the path decides first: all of a query must be there. Then parameters, then the body.
    """
    sent = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)
    ranked = [(_rank(each, request, judge, sent), each) for each in (route, *route.rivals)]
    best = min(rank for rank, _ in ranked)
    left = [each for rank, each in ranked if rank == best]
    if len(left) > 1 and request.body:
        return min(left[:_MOST_BODIES], key=lambda each: _errors(_judged(each, request, judge)))
    return left[0]


def _rank(
    route: Route, request: HttpRequest, judge: Judge, sent: list[tuple[str, str]]
) -> tuple[int, int, int]:
    """Return what speaks against a route, in the order of its weight."""
    sign, pairs = route_hint(route.operation.path)
    found = sum(1 for pair in pairs if pair in sent)
    missing = len(pairs) - found if sign == "?" else 0
    violations = judge.judge_parameters(route.operation, request, route.path_values)
    return missing, -found, _errors(violations)


def _judged(route: Route, request: HttpRequest, judge: Judge) -> Iterator[Violation]:
    yield from judge.judge_request(route.operation, request, route.path_values).violations


def _errors(violations: Iterator[Violation] | list[Violation]) -> int:
    return sum(violation.severity == "error" for violation in violations)
