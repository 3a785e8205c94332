"""What differs between the versions of OpenAPI: one row for each, and nothing else asks for the version.

A new version is a row of ``VERSIONS``, and where it writes schemas in a way of its own, a rule in ``SchemaRules``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from mockserver.errors import Finding, SpecError
from mockserver.schemas import Schema
from mockserver.spec.conversion import convert, original_path
from mockserver.spec.dialects import find_dialect
from mockserver.spec.document import Document
from mockserver.spec.keys import KEYS_2_0, KEYS_3_0, KEYS_3_1, KEYS_3_2
from mockserver.spec.keywords import Conversion, Path, Report, SchemaRules
from mockserver.spec.model import Direction, ParameterLocation
from mockserver.spec.objects import OPENAPI_3, Objects
from mockserver.spec.parameters import STYLES, STYLES_3_2
from mockserver.spec.swagger2 import SWAGGER_2

SUPPORTED = "2.0, 3.0, 3.1 and 3.2"
_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
_WRITTEN = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?")


def _nothing(_reference: str) -> object:
    return None


def _unheard(_path: Path, _rule: str, _message: str) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Version:
    """One minor version of OpenAPI.

    Attributes:
        name: Major and minor, as in ``3.1``.
        keys: By kind of object (``operation``, ``parameter``, …): the names that the version defines in it.
        methods: Keys of a path item that are operations, in lower case.
        more_methods: Key of a path item under which operations stand by methods of any name; empty where there is none.
        styles: Where parameters may be sent, and how: the default of each place first.
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
    styles: Mapping[ParameterLocation, tuple[str, ...]] = field(default_factory=lambda: STYLES)
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
            ref_siblings=True,
            nullable=frozenset(("request",)),
            nullable_is_foreign=True,
            dialects=True,
        ),
    ),
    "3.2": Version(
        "3.2",
        keys=KEYS_3_2,
        schema_rules=SchemaRules(
            ref_siblings=True,
            nullable=frozenset(("request",)),
            nullable_is_foreign=True,
            dialects=True,
        ),
        methods=_METHODS | {"query"},
        more_methods="additionalOperations",
        styles=STYLES_3_2,
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
            # An unquoted ``openapi: 3.1`` is a number in YAML; it says what it means.
            minor = ".".join(re.findall(r"\d+", str(root[key]))[:2])
            version = VERSIONS.get(minor) if isinstance(root[key], str | int | float) else None
            if version and version.key == key:
                return version
            kind = "OpenAPI" if key == "openapi" else "Swagger"
            message = f"{kind} {str(root[key])[:40]} is not read; {SUPPORTED} are"
            raise _refusal(document, "unsupported-version", message, key)
    message = "this is no OpenAPI document: it has no key 'openapi'"
    raise _refusal(document, "not-openapi", message, "")


def sloppy_version(document: Document, version: Version) -> list[Finding]:
    """Return a warning where a document does not write its version as its specification does: ``3.1.0``."""
    root = document.value(document.root)
    written = root[version.key] if isinstance(root, dict) else ""
    known = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if known and (version.key == "swagger" or written.count(".") == 2):
        return []
    if version.key == "swagger" and not isinstance(written, str):
        return []  # ``swagger: 2.0`` without quotes is what most people write, and there is nothing else it could be
    meant = version.name if version.key == "swagger" else f"{version.name}.0"
    message = f"the version {str(written)[:40]!r} is read as {meant}"
    place = document.place(document.root.child(version.key))
    hint = f'write {version.key}: "{meant}"'
    return [Finding("sloppy-version", message, place, hint, "warning")]


def with_dialect(document: Document, version: Version) -> tuple[Version, list[Finding]]:
    """Return a version as a document's ``jsonSchemaDialect`` changes it, and a warning where that is not known."""
    root = document.value(document.root)
    uri = root.get("jsonSchemaDialect") if isinstance(root, dict) else None
    if uri is None or not version.schema_rules.dialects:
        return version, []
    dialect = find_dialect(uri)
    if dialect is None:
        message = (
            f"the dialect {str(uri)[:80]!r} is not known; schemas are read as JSON Schema 2020-12"
        )
        place = document.place(document.root.child("jsonSchemaDialect"))
        return version, [Finding("unknown-dialect", message, place, "", "warning")]
    rules = replace(version.schema_rules, ref_siblings=dialect.ref_siblings)
    return replace(version, schema_rules=rules), []


def _refusal(document: Document, rule: str, message: str, key: str) -> SpecError:
    at = document.root.child(key) if key else document.root
    hint = f"write openapi: 3.1.0 at its top; {SUPPORTED} are read" if rule == "not-openapi" else ""
    if rule == "unsupported-version" and key == "openapi":
        hint = "write openapi: 3.2.0 if the document uses nothing newer"
    return SpecError(Finding(rule, message, document.place(at), hint))
