import pytest

from mockserver.spec.model import Location, Operation, Response, find_response, success_response


def operation(*keys: str) -> Operation:
    at = Location("/openapi.yaml")
    responses = {key: Response(key, at) for key in keys}
    return Operation("a", "GET", "/a", at, (), None, responses, ())


def test_a_child_escapes_its_tokens():
    at = Location("/a.yaml", "/paths").child("/pets/{a~b}", "get", 0)
    assert at == Location("/a.yaml", "/paths/~1pets~1{a~0b}/get/0")
    assert at.child() == at


@pytest.mark.parametrize(
    ("keys", "status", "found"),
    [
        (["404", "4XX", "default"], 404, "404"),
        (["4XX", "default"], 404, "4XX"),
        (["200", "default"], 404, "default"),
        (["200"], 404, None),
    ],
)
def test_a_status_is_found_as_itself_then_its_range_then_default(keys, status, found):
    response = find_response(operation(*keys), status)
    assert (response.key if response else None) == found


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["default", "204", "201", "404"], (201, "201")),
        (["404", "default", "2XX"], (200, "2XX")),
        (["404", "default"], (200, "default")),
        (["5XX", "404"], (500, "5XX")),
        (["304"], (304, "304")),
        ([], None),
    ],
)
def test_the_answer_to_a_valid_request_is_the_lowest_success(keys, expected):
    chosen = success_response(operation(*keys))
    assert (chosen and (chosen[0], chosen[1].key)) == expected
