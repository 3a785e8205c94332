"""A valid request for an operation: its required parameters, its body, and the credentials it is given."""

import re
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlencode

from mockserver.generation.chance import Chance
from mockserver.generation.contents import generate_content
from mockserver.generation.values import generate
from mockserver.messages import HeaderPair, HttpRequest
from mockserver.spec.compile import Api
from mockserver.spec.model import Example, Location, MediaType, Operation, Parameter, Requirement
from mockserver.spec.templates import route_hint, route_path
from mockserver.validation.deep import encode_percent
from mockserver.validation.judging import judge_example
from mockserver.validation.media_types import FORM, encode_body, essence, is_json
from mockserver.validation.parameters import write_parameter
from mockserver.validation.query_strings import write_query_string
from mockserver.validation.sequences import content_schema

_FORMS = (FORM, "multipart/form-data")
_PLACEHOLDERS = {"basic": "user:password"}


def build_request(
    api: Api,
    operation: Operation,
    *,
    chance: Chance | None,
    tokens: Mapping[str, str] | None = None,
    base_path: str = "",
    everything: bool = False,
) -> HttpRequest:
    """Return a request that the document accepts.

    A ``chance`` draws its values, ``None`` gives the same every time. ``tokens`` holds a credential by name of security
    scheme: one that it lacks is made up; ``None`` leaves credentials out. With ``everything`` optional parameters are
    sent too.

    Raises:
        Unsatisfiable: A required value cannot be generated.
        EncodeError: The body cannot be written in any of its media types.
    """
    maker = _Maker(api, chance)
    path = route_path(operation.path if base_path else operation.shortest_path)
    sign, pairs = route_hint(operation.path)
    query = [urlencode([pair]) for pair in pairs] if sign == "?" else []
    headers: list[HeaderPair] = []
    cookies: list[str] = []
    for parameter in operation.parameters:
        if not (parameter.required or everything):
            continue
        value = maker.value(parameter)
        if parameter.location == "querystring":
            query.append(write_query_string(parameter, value, api))
            continue
        wire = write_parameter(parameter, value)
        match parameter.location:
            case "path":
                path = path.replace("{" + parameter.name + "}", wire or "-")
            case "header":
                headers.append((parameter.name.lower().encode(), wire.encode("latin-1", "replace")))
            case "cookie":
                cookies.append(wire)
            case _:
                query.append(wire)
    if tokens is not None:
        for requirement in next(iter(operation.security), ()):
            _authenticate(requirement, tokens, query, headers, cookies)
    if cookies:
        headers.append((b"cookie", "; ".join(cookies).encode("latin-1", "replace")))
    body = b""
    if operation.request_body and operation.request_body.content:
        content_type, body = maker.body(operation.request_body.content)
        headers.append((b"content-type", content_type.encode("latin-1", "replace")))
    target = f"{base_path}{path}".encode("ascii", "replace")
    return HttpRequest(
        operation.method, target, "&".join(filter(None, query)).encode(), tuple(headers), body
    )


class _Maker:
    """Makes the values of one request."""

    def __init__(self, api: Api, chance: Chance | None) -> None:
        self._api = api
        self._chance = chance

    def value(self, parameter: Parameter) -> object:
        """Return a parameter's value: its example where that is valid, else a generated one."""
        schema = parameter.schema or (parameter.content.schema if parameter.content else None)
        if schema is None:
            return "string"
        content = parameter.content
        examples = parameter.examples or (content.examples if content else ())
        value = self._ready(examples, schema)
        if value is None:
            chance = self._chance.fork(parameter.location, parameter.name) if self._chance else None
            value = generate(self._api.schemas, schema, "request", chance=chance)
            validator = self._api.schemas.validator(schema, "request")
            if value in ({}, []) and validator.is_valid("string"):
                value = "string"  # an empty object leaves nothing on the wire
        if parameter.location == "path" and value == "":
            return "-"
        return value

    def body(self, content: tuple[MediaType, ...]) -> tuple[str, bytes]:
        """Return media type and body, in the media type that is easiest to read."""
        chosen = min(content, key=_readability)
        name = chosen.name
        if "*" in name:
            name = (
                "application/json"
                if is_json(essence(name))
                else re.sub(r"\*.*", "octet-stream", name)
            )
        if essence(name).startswith("multipart/") and "boundary" not in name:
            name = f"{name}; boundary=mockserver"
        ready = self._example(chosen)
        if ready is not None and ready.serialized is not None:
            return name, ready.serialized.encode("utf-8", "replace")
        if ready is not None:
            value = ready.value
        elif content_schema(chosen) is None:
            value = {} if is_json(essence(name)) else "string"
        else:
            chance = self._chance.fork("body") if self._chance else None
            value = generate_content(self._api, chosen, "request", chance=chance)
        return name, encode_body(value, chosen, self._api.schemas, "request")

    def _example(self, media_type: MediaType) -> Example | None:
        """Return the first example that is valid; ``None`` without one, or where values are drawn and a schema is there."""
        if content_schema(media_type) is None:
            return next(iter(media_type.examples), None)
        for example in () if self._chance else media_type.examples:
            if not judge_example(self._api, media_type, example, "request"):
                return example
        return None

    def _ready(self, examples: tuple[Example, ...], schema: Location) -> object:
        """Return the first example that is valid, ``None`` without one or where values are drawn."""
        if self._chance is not None:
            return None
        validator = self._api.schemas.validator(schema, "request")
        return next(
            (
                example.value
                for example in examples
                if example.serialized is None and validator.is_valid(example.value)
            ),
            None,
        )


def _readability(media: MediaType) -> int:
    name = essence(media.name)
    if is_json(name):
        return 0
    return 1 if name in _FORMS else 2


def _authenticate(
    requirement: Requirement,
    tokens: Mapping[str, str],
    query: list[str],
    headers: list[HeaderPair],
    cookies: list[str],
) -> None:
    """Add a credential as its scheme wants it."""
    scheme = requirement.scheme
    value = tokens.get(scheme.name, _PLACEHOLDERS.get(scheme.scheme, "token"))
    if scheme.type == "mutualTLS":
        return
    if scheme.type != "apiKey":
        name = (
            "Bearer" if scheme.type in ("oauth2", "openIdConnect") else scheme.scheme.capitalize()
        )
        told = b64encode(value.encode()).decode() if scheme.scheme == "basic" else value
        headers.append((b"authorization", f"{name} {told}".encode("latin-1", "replace")))
    elif scheme.parameter_in == "query":
        query.append(f"{encode_percent(scheme.parameter)}={encode_percent(value)}")
    elif scheme.parameter_in == "cookie":
        cookies.append(f"{scheme.parameter}={value}")
    else:
        headers.append((scheme.parameter.lower().encode(), value.encode("latin-1", "replace")))
