"""What differs between the versions of OpenAPI: one row for each, and nothing else asks for the version.

A new version is a row of ``VERSIONS``, and where it writes schemas in a way of its own, a rule in ``SchemaRules``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.errors import Finding, SpecError
from mockserver.schemas import Schema
from mockserver.spec.conversion import convert, original_path
from mockserver.spec.document import Document
from mockserver.spec.keys import KEYS_2_0, KEYS_3_0, KEYS_3_1, KEYS_3_2
from mockserver.spec.keywords import Conversion, Path, Report, SchemaRules
from mockserver.spec.model import Direction
from mockserver.spec.objects import OPENAPI_3, Objects
from mockserver.spec.swagger2 import SWAGGER_2

SUPPORTED = "2.0, 3.0, 3.1 and 3.2"


def _nothing(_reference: str) -> object:
    return None


def _unheard(_path: Path, _rule: str, _message: str) -> None:
    pass


_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))


@dataclass(frozen=True, slots=True)
class Version:
    """One minor version of OpenAPI.

    Attributes:
        name: Major and minor, as in ``3.1``.
        keys: By kind of object (``operation``, ``parameter``, …): the names that the version defines in it.
        methods: Keys of a path item that are operations, in lower case.
        more_methods: Key of a path item that holds operations by further methods, written as on the wire.
        objects: How its objects are read into the model.
        key: What a document names its version under.
        specification: What people call it, beside the version.
        schemas_at: Where it defines schemas by name: a pointer with a slash at its end.
        schema_rules: How its schemas differ from JSON Schema 2020-12.
    """

    name: str
    keys: Mapping[str, frozenset[str]]
    schema_rules: SchemaRules
    methods: frozenset[str] = _METHODS
    more_methods: str = ""
    objects: Objects = OPENAPI_3
    key: str = "openapi"
    specification: str = "OpenAPI"
    schemas_at: str = "/components/schemas/"

    def convert_schema(
        self,
        schema: object,
        direction: Direction,
        rewrite_ref: Callable[[str], str],
        *,
        own_ref: str = "#",
        name: str = "",
        look_up: Callable[[str], object] = _nothing,
        report: Report = _unheard,
    ) -> Schema:
        """Return the JSON Schema 2020-12 form of a schema of the document, annotations kept.

        The form has the same pointers wherever that is possible; ``original_path`` undoes the rest. What has no
        meaning is left out and reported; nothing raises.

        Args:
            schema: As the document has it; never changed, but parts of it are shared by the result.
            direction: ``readOnly`` properties need not be in requests, ``writeOnly`` ones not in responses.
            rewrite_ref: Gives the ``$ref`` of the result for one of the document.
            own_ref: The ``$ref`` that leads to this schema.
            name: Of its definition, where it has one of its own.
            look_up: Gives the document's schema behind a ``$ref``, anything else where there is none.
            report: Hears path, rule and message of what was left out.
        """
        conversion = Conversion(
            self.schema_rules, direction, rewrite_ref, own_ref, look_up, report, name
        )
        return convert(conversion, schema)

    def original_path(self, schema: object, direction: Direction, path: Path) -> Path:
        """Return where in a schema of the document stands what the converted one has at ``path``.

        The longest part of the path that exists; the keyword responsible where the conversion added one.
        """
        return original_path(self.schema_rules, direction, schema, path)


VERSIONS: Mapping[str, Version] = {
    "2.0": Version(
        "2.0",
        keys=KEYS_2_0,
        # 2.0 cannot allow null; who needs it writes an extension, or the keyword of 3.0.
        schema_rules=SchemaRules(
            ref_siblings=False,
            nullable=frozenset(("request", "response")),
            nullable_keys=("x-nullable", "nullable"),
            parameters_are_schemas=True,
            discriminator_is_name=True,
        ),
        methods=frozenset(("get", "put", "post", "delete", "options", "head", "patch")),
        objects=SWAGGER_2,
        key="swagger",
        specification="Swagger",
        schemas_at="/definitions/",
    ),
    "3.0": Version(
        "3.0",
        keys=KEYS_3_0,
        schema_rules=SchemaRules(ref_siblings=False, nullable=frozenset(("request", "response"))),
    ),
    "3.1": Version(
        "3.1",
        keys=KEYS_3_1,
        # ``nullable`` is gone in 3.1 and still written: believed when others send null, never a reason to send it.
        schema_rules=SchemaRules(
            ref_siblings=True, nullable=frozenset(("request",)), nullable_is_foreign=True
        ),
    ),
    "3.2": Version(
        "3.2",
        keys=KEYS_3_2,
        schema_rules=SchemaRules(
            ref_siblings=True, nullable=frozenset(("request",)), nullable_is_foreign=True
        ),
        methods=_METHODS | {"query"},
        more_methods="additionalOperations",
    ),
}


def detect_version(document: Document) -> Version:
    """Return the version that a document says it has.

    Raises:
        SpecError: It is no OpenAPI document (``not-openapi``), or one of a version that is not read (``unsupported-version``).
    """
    root = document.value(document.root)
    if not isinstance(root, dict):
        raise _refusal(document, "not-openapi", "this is no OpenAPI document: no mapping", "")
    for key in ("openapi", "swagger"):
        if key in root:
            minor = ".".join(str(root[key]).strip().split(".")[:2])
            # An unquoted ``openapi: 3.1`` is a number in YAML; it says what it means.
            version = VERSIONS.get(minor)
            if version and version.key == key:
                return version
            kind = "OpenAPI" if key == "openapi" else "Swagger"
            message = f"{kind} {str(root[key])[:40]} is not read; {SUPPORTED} are"
            raise _refusal(document, "unsupported-version", message, key)
    message = "this is no OpenAPI document: it has no key 'openapi'"
    raise _refusal(document, "not-openapi", message, "")


def _refusal(document: Document, rule: str, message: str, key: str) -> SpecError:
    at = document.root.child(key) if key else document.root
    hint = f"write openapi: 3.1.0 at its top; {SUPPORTED} are read" if rule == "not-openapi" else ""
    return SpecError(Finding(rule, message, document.place(at), hint))
