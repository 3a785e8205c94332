"""The fixed fields of every OpenAPI object, by version: what is not here and no ``x-`` key is likely a typo."""

from collections.abc import Mapping

_PLAIN_SCHEMA = "type format items collectionFormat default maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems uniqueItems enum multipleOf"

_NAMES_2_0 = {
    "document": "swagger info host basePath schemes consumes produces paths definitions parameters responses securityDefinitions security tags externalDocs",
    "info": "title description termsOfService contact license version",
    "path item": "$ref get put post delete options head patch parameters",
    "operation": "tags summary description externalDocs operationId consumes produces parameters responses schemes deprecated security",
    # ``example`` here, and ``scheme`` below, are no keys of 2.0, and so often written that they are read.
    "parameter": f"name in description required schema allowEmptyValue example {_PLAIN_SCHEMA}",
    "header": f"description {_PLAIN_SCHEMA}",
    "response": "description schema headers examples",
    "security scheme": "type description name in scheme flow authorizationUrl tokenUrl scopes",
}

_NAMES_3_0 = {
    "document": "openapi info servers paths components security tags externalDocs",
    "info": "title description termsOfService contact license version",
    "components": "schemas responses parameters examples requestBodies headers securitySchemes links callbacks",
    "server": "url description variables",
    "path item": "$ref summary description get put post delete options head patch trace servers parameters",
    "operation": "tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers",
    "parameter": "name in description required deprecated allowEmptyValue style explode allowReserved schema example examples content",
    "header": "description required deprecated allowEmptyValue style explode allowReserved schema example examples content",
    "request body": "description content required",
    "media type": "schema example examples encoding",
    "encoding": "contentType headers style explode allowReserved",
    "response": "description headers content links",
    "example": "summary description value externalValue",
    "security scheme": "type description name in scheme bearerFormat flows openIdConnectUrl",
}

_NEW_IN_3_1 = {
    "document": "webhooks jsonSchemaDialect",
    "info": "summary",
    "components": "pathItems",
}

_NEW_IN_3_2 = {
    "document": "$self",
    "components": "mediaTypes",
    "server": "name",
    "path item": "query additionalOperations",
    "media type": "itemSchema prefixEncoding itemEncoding",
    "encoding": "encoding prefixEncoding itemEncoding",
    "response": "summary",
    "example": "dataValue serializedValue",
    "security scheme": "deprecated oauth2MetadataUrl",
}


def _sets(names: Mapping[str, str]) -> dict[str, frozenset[str]]:
    return {kind: frozenset(text.split()) for kind, text in names.items()}


KEYS_2_0: Mapping[str, frozenset[str]] = _sets(_NAMES_2_0)
"""Swagger 2.0, Schema; parameters and headers have some keywords of a schema themselves."""

KEYS_3_0: Mapping[str, frozenset[str]] = _sets(_NAMES_3_0)
"""OpenAPI 3.0.4 §4.7."""


def _with(
    earlier: Mapping[str, frozenset[str]], names: Mapping[str, str]
) -> Mapping[str, frozenset[str]]:
    new = _sets(names)
    return {kind: known | new.get(kind, frozenset()) for kind, known in earlier.items()}


KEYS_3_1: Mapping[str, frozenset[str]] = _with(KEYS_3_0, _NEW_IN_3_1)
"""OpenAPI 3.1.1 §4.8."""

KEYS_3_2: Mapping[str, frozenset[str]] = _with(KEYS_3_1, _NEW_IN_3_2)
"""OpenAPI 3.2.0 §4."""
