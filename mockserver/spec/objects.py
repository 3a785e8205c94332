"""Which functions read the objects of a document into the model: what a version of OpenAPI may do in a way of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mockserver.spec import parameters, responses, security, servers
from mockserver.spec.model import Parameter, ParameterLocation, RequestBody, Response
from mockserver.spec.reading import Node, Reading


@dataclass(frozen=True, slots=True)
class Objects:
    """The readers of one family of versions.

    Attributes:
        servers: Gives the servers that a document, path item or operation names, as a ``servers`` list.
        security_schemes: Gives name and node of each security scheme, with the keys of OpenAPI 3.
        describe: Gives a parameter or response header from the node, its name and where it is sent.
        read_request_body: Gives what the operation at the second node takes, whose path item is the first.
        read_response: Gives the answer of a node and its key, documented by the operation at the second node.
        body_places: Values of a parameter's ``in`` that ``read_request_body`` reads.
    """

    servers: Callable[[Mapping[str, object]], list[object]]
    security_schemes: Callable[[Reading, Node], Iterator[tuple[str, Node]]]
    describe: Callable[[Reading, Node, str, ParameterLocation], Parameter]
    read_request_body: Callable[[Reading, Node, Node], RequestBody | None]
    read_response: Callable[[Reading, Node, str, Node], Response]
    body_places: frozenset[str] = frozenset()


OPENAPI_3 = Objects(
    servers=servers.servers,
    security_schemes=security.security_schemes,
    describe=parameters.describe,
    read_request_body=responses.read_request_body,
    read_response=responses.read_response,
)
