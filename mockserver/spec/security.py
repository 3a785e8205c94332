"""Security schemes, and which of them an operation asks for."""

from collections.abc import Iterator, Mapping

from mockserver.errors import SpecError, did_you_mean
from mockserver.spec.model import Requirement, SecurityScheme
from mockserver.spec.reading import Node, Reading

_TYPES = ("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect")
_API_KEY_PLACES = ("cookie", "header", "query")


def read_security_schemes(reading: Reading, root: Node) -> Mapping[str, SecurityScheme]:
    """Return the schemes of a document by name, save those that nobody could satisfy."""
    return {
        name: scheme
        for name, node in reading.version.objects.security_schemes(reading, root)
        if (scheme := _scheme(reading, node, name))
    }


def security_schemes(reading: Reading, root: Node) -> Iterator[tuple[str, Node]]:
    """Yield what a document has under ``securitySchemes``."""
    components = reading.child(root, "components")
    reading.check_keys(components, "components")
    return reading.members(reading.child(components, "securitySchemes"))


def read_security(
    reading: Reading, root: Node, operation: Node, schemes: Mapping[str, SecurityScheme]
) -> tuple[tuple[Requirement, ...], ...]:
    """Return what an operation asks for, its own before the document's: alternatives (OR) of requirements (AND).

    A scheme that does not exist is not asked for. An alternative of nothing else goes with it: it must not become
    ``{}``, which asks for nothing.
    """
    holder = operation if "security" in operation.value else root
    alternatives = []
    for index, alternative in enumerate(holder.list("security")):
        if isinstance(alternative, dict):
            at = Node(holder.at.child("security", index), alternative)
            requirements = tuple(_requirements(reading, at, schemes))
            if requirements or not alternative:
                alternatives.append(requirements)
    return tuple(alternatives)


def _scheme(reading: Reading, node: Node, name: str) -> SecurityScheme | None:
    reading.check_keys(node, "security scheme")
    scheme = SecurityScheme(
        name=name,
        type=node.text("type"),
        location=node.at,
        scheme=node.text("scheme").lower(),
        parameter=node.text("name"),
        parameter_in=node.text("in"),
    )
    hint = ""
    if scheme.type not in _TYPES:
        problem = f"has the unknown type {scheme.type[:40]!r}"
        hint = did_you_mean(scheme.type, _TYPES)
    elif scheme.type == "http" and not scheme.scheme:
        problem = "needs a 'scheme' such as bearer"
    elif scheme.type == "apiKey" and not (
        scheme.parameter and scheme.parameter_in in _API_KEY_PLACES
    ):
        problem = f"needs a 'name' and, as 'in', one of {', '.join(_API_KEY_PLACES)}"
    else:
        return scheme
    message = f"the security scheme {name[:60]!r} {problem}; it is not asked for"
    reading.warn("bad-security-scheme", message, node.at, hint)
    return None


def _requirements(
    reading: Reading, alternative: Node, schemes: Mapping[str, SecurityScheme]
) -> Iterator[Requirement]:
    for name in alternative.value:
        if scheme := schemes.get(name) or _by_uri(reading, alternative, name, schemes):
            scopes = tuple(scope for scope in alternative.list(name) if isinstance(scope, str))
            yield Requirement(scheme, scopes)
        else:
            message = f"there is no security scheme {name[:60]!r}; it is not asked for"
            hint = did_you_mean(name, schemes)
            reading.warn("unknown-security-scheme", message, alternative.at.child(name), hint)


def _by_uri(
    reading: Reading, alternative: Node, uri: str, schemes: Mapping[str, SecurityScheme]
) -> SecurityScheme | None:
    """Return the scheme that a URI names (OpenAPI 3.2.0 §4.30); a name of a component is none."""
    if "#" not in uri and "/" not in uri:
        return None
    try:
        at = reading.document.follow(reading.document.resolve(uri, alternative.at))
    except SpecError:
        return None
    known = next((scheme for scheme in schemes.values() if scheme.location == at), None)
    value = reading.document.value(at)
    if known or not isinstance(value, dict):
        return known
    return _scheme(reading, Node(at, value), uri.rpartition("/")[2])
