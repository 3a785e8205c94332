"""Documents that were made to break who reads them, or broken by accident: bytes by name.

``REFUSED`` end in a message within seconds; ``SERVED`` are read with warnings and answered, whatever they ask for.
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise

HEAD = 'openapi: 3.0.3\ninfo: {title: t, version: "1"}\n'
JSON_HEAD = '"openapi":"3.0.3","info":{"title":"t","version":"1"}'


def answering(schema: str) -> str:
    """Return a document whose one answer has a schema, in YAML's flow style."""
    content = f"{{application/json: {{schema: {schema}}}}}"
    return f'{HEAD}paths:\n  /a:\n    get:\n      responses:\n        "200": {{description: ok, content: {content}}}\n'


def to(name: str) -> str:
    return f'{{$ref: "#/components/schemas/{name}"}}'


def with_schemas(*schemas: str) -> str:
    """Return a document that answers with the schema ``S0`` of several."""
    lines = "".join(f"    S{number}: {schema}\n" for number, schema in enumerate(schemas))
    return f"{answering(to('S0'))}components:\n  schemas:\n{lines}"


def fanning(form: str, levels: int = 20) -> str:
    """Return schemas of which each names the next one ten times."""
    inner = [form % ", ".join([to(f"S{level + 1}")] * 10) for level in range(levels)]
    return with_schemas(*inner, "{type: string}")


def _ten_of_the_next(level: int) -> str:
    names = ", ".join(f"p{number}" for number in range(10))
    members = ", ".join(f"p{number}: {to(f'S{level + 1}')}" for number in range(10))
    return f"{{type: object, required: [{names}], properties: {{{members}}}}}"


def nested(opening: str, closing: str, levels: int = 100_000) -> str:
    return opening * levels + closing * levels


def operations(paths: Iterable[str]) -> str:
    answer = '{get: {responses: {"200": {description: ok}}}}'
    return f"{HEAD}paths:\n" + "".join(f"  {path}: {answer}\n" for path in paths)


def answer(text: str) -> str:
    return f'{HEAD}paths: {{/a: {{get: {{responses: {{"200": {{description: ok, {text}}}}}}}}}}}\n'


def json_schema(text: str) -> str:
    content = f'{{"application/json":{{"schema":{text}}}}}'
    return (
        f'{{{JSON_HEAD},"paths":{{"/a":{{"get":{{"responses":{{"200":'
        f'{{"description":"d","content":{content}}}}}}}}}}}}}'
    )


def as_bytes(documents: Mapping[str, str | bytes]) -> dict[str, bytes]:
    return {
        name: text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        for name, text in documents.items()
    }


_LETTERS = "abcdefghi"
REFUSED: Mapping[str, bytes] = as_bytes(
    {
        "alias-bomb.yaml": HEAD
        + "x-a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"x-{new}: &{new} [{','.join(['*' + old] * 10)}]\n" for old, new in pairwise(_LETTERS)
        ),
        "merge-bomb.yaml": HEAD
        + "x-0: &m0 {k0: 1}\n"
        + "".join(
            f"x-{n}: &m{n} {{<<: [{', '.join(f'*m{m}' for m in range(n))}], k{n}: 1}}\n"
            for n in range(1, 30)
        ),
        "deep-lists.yaml": f"{HEAD}x-a: {nested('[', ']')}\n",
        "deep-lists.json": f'{{{JSON_HEAD},"paths":{{}},"x":{nested("[", "]")}}}',
        "deep-mappings.json": nested('{"a":', "}", 50_000).replace("}", "1}", 1),
        "never-closed.yaml": "[" * 100_000,
        "escaping.yaml": answering('{$ref: "../../etc/passwd"}'),
        "absolute.yaml": answering('{$ref: "/etc/passwd#/x"}'),
        "file-url.yaml": answering('{$ref: "file:///etc/passwd"}'),
        "endless-device.yaml": answering('{$ref: "/dev/zero"}'),
        "nan.json": f'{{{JSON_HEAD},"paths":{{}},"x":NaN}}',
        "infinity.json": f'{{{JSON_HEAD},"paths":{{}},"x":-Infinity}}',
        "twice.json": f'{{{JSON_HEAD},{JSON_HEAD},"paths":{{}}}}',
        "twice.yaml": f"{HEAD}paths: {{}}\npaths: {{}}\n",
        "utf-16.yaml": answering("{}").encode("utf-16"),
        "latin-1.yaml": f"{HEAD}x-a: é\npaths: {{}}\n".encode("latin-1"),
        "binary.yaml": bytes(range(256)) * 20,
        "zeros.yaml": b"\0" * 100,
        "empty.yaml": "",
        "empty.json": "",
        "blank.yaml": "  \n\n",
        "comment.yaml": "# nothing\n",
        "list.yaml": "- a\n",
        "text.yaml": "hello",
        "number.json": "5",
        "null.json": "null",
        "html.yaml": "<!doctype html><html><body>x</body></html>",
        "tabs.yaml": "openapi: 3.0.0\n\tinfo: x\n",
        "indent.yaml": "openapi: 3.0.0\n  info: x\n b: c\n",
        "python-object.yaml": 'openapi: !!python/object/apply:os.system ["false"]\npaths: {}\n',
        "cut.json": '{"openapi": "3.0.0", "paths": {',
        "cut.yaml": 'openapi: "3.0.0',
        "trailing.json": f'{{{JSON_HEAD},"paths":{{}}}} x',
        "versionless.yaml": "info: {}\npaths: {}\n",
        "version-9.yaml": "openapi: 9.9.9\npaths: {}\n",
        "version-list.yaml": "openapi: [3]\npaths: {}\n",
        "version-bomb.yaml": f"openapi: {'9' * 100_000}\npaths: {{}}\n",
        "pathless.yaml": HEAD,
        "paths-list.yaml": f"{HEAD}paths: []\n",
        "paths-text.yaml": f"{HEAD}paths: x\n",
        "long-integer.json": json_schema('{"type":"integer","minimum":' + "9" * 5000 + "}"),
        "long-key.yaml": f"{HEAD}x-{'k' * 100_000}: 1\npaths: {{}}\n",
        "two-documents.yaml": f"{HEAD}paths: {{}}\n---\nfoo: bar\n",
        "many-parts.yaml": operations([f"'/{'{a}' * 5_000}'"]),
        "nameless-alias.yaml": f"{HEAD}x-a: *undefined\npaths: {{}}\n",
        "alias-of-itself.yaml": f"{HEAD}x-a: &a [*a]\npaths: {{}}\n",
        "control.yaml": f'{HEAD}x-a: "\x01"\npaths: {{}}\n',
        "surrogate.yaml": f'{HEAD}x-a: "\udc80"\npaths: {{}}\n',
    }
)

SERVED: Mapping[str, bytes] = as_bytes(
    {
        "mark.yaml": b"\xef\xbb\xbf" + answering("{type: string}").encode(),
        "catastrophic-pattern.yaml": answering('{type: string, pattern: "^(a+)+$", minLength: 40}'),
        "huge-pattern.yaml": answering('{type: string, pattern: "^((a{100}){100}){100}$"}'),
        "broken-pattern.yaml": answering('{type: string, pattern: "((("}'),
        "network.yaml": answering('{$ref: "http://127.0.0.1:9/x.yaml"}'),
        "no-such-file.yaml": answering('{$ref: "gone.yaml"}'),
        "dangling.yaml": answering(to("Gone")),
        "tag.yaml": "openapi: 3.0.0\ninfo: !foo {a: 1}\npaths: {}\n",
        "number-version.yaml": "openapi: 3.0\npaths: {}\n",
        "paths-null.yaml": f"{HEAD}paths:\n",
        "operation-text.yaml": f"{HEAD}paths: {{/a: {{get: hello}}}}\n",
        "operation-list.yaml": f"{HEAD}paths: {{/a: {{get: []}}}}\n",
        "path-number.yaml": f"{HEAD}paths: {{/a: 5}}\n",
        "responses-text.yaml": f"{HEAD}paths: {{/a: {{get: {{responses: x}}}}}}\n",
        "slashless.yaml": f"{HEAD}paths: {{a: {{get: {{responses: {{200: {{description: ok}}}}}}}}}}\n",
        "self-reference.yaml": with_schemas(to("S0")),
        "circle.yaml": with_schemas(to("S1"), to("S0")),
        "endless-value.yaml": with_schemas(
            f"{{type: object, required: [a], properties: {{a: {to('S0')}}}}}"
        ),
        "all-of-itself.yaml": with_schemas(f"{{allOf: [{to('S0')}, {{type: object}}]}}"),
        "not-itself.yaml": with_schemas(f"{{not: {to('S0')}}}"),
        "response-circle.yaml": f'{HEAD}paths: {{/a: {{get: {{responses: {{"200": {{$ref: "#/components/responses/R"}}}}}}}}}}\n'
        'components: {responses: {R: {$ref: "#/components/responses/R"}}}\n',
        "path-circle.yaml": f'{HEAD}paths: {{/a: {{$ref: "#/paths/~1a"}}}}\n',
        "many-items.yaml": answering("{type: array, minItems: 1000000000, items: {type: string}}"),
        "many-characters.yaml": answering("{type: string, minLength: 1000000000}"),
        "many-members.yaml": answering("{type: object, minProperties: 1000000000}"),
        "infinite-length.yaml": answering("{type: string, minLength: 1e400}"),
        "negative-length.yaml": answering("{type: string, minLength: -5, maxLength: -1}"),
        "large-bounds.json": json_schema('{"type":"integer","minimum":1e308,"maximum":1e309}'),
        "many-parameters.yaml": f"{HEAD}paths:\n  /a:\n    get:\n      parameters:\n"
        + "".join(
            f"        - {{in: query, name: p{n}, schema: {{type: string}}}}\n"
            for n in range(10_000)
        )
        + '      responses: {"200": {description: ok}}\n',
        "many-paths.yaml": operations(f"/a{n}/{{x}}/b" for n in range(5_000)),
        "odd-statuses.yaml": f'{HEAD}paths: {{/a: {{get: {{responses: {{"999": {{}}, abc: {{}}, "-1": {{}}}}}}}}}}\n',
        "odd-headers.yaml": answer(
            'headers: {"X\\r\\nY": {}, X-A: {required: true, example: "a\\r\\nSet-Cookie: x"}, "é": {}}'
        ),
        "odd-media-types.yaml": answer('content: {"not a type": {}, "": {}, "a/b\\r\\nx: y": {}}'),
        "wide-objects.yaml": with_schemas(
            *map(_ten_of_the_next, range(12)),
            "{type: string}",
        ),
        "all-of-bomb.yaml": fanning("{allOf: [%s]}"),
        "one-of-bomb.yaml": fanning("{oneOf: [%s]}"),
        "any-of-bomb.yaml": fanning("{anyOf: [%s]}"),
        "not-bomb.yaml": fanning("{not: {anyOf: [%s]}}"),
        "large-enum.yaml": answering(
            f"{{type: integer, enum: [{','.join(map(str, range(50_000)))}]}}"
        ),
        "large-title.json": f'{{"openapi":"3.0.0","info":{{"title":"{"x" * 5_000_000}"}},"paths":{{}}}}',
        "large-example.yaml": answer(
            f'content: {{application/json: {{example: "{"x" * 2_000_000}"}}}}'
        ),
        "dates.yaml": f"{HEAD}x-d: 2020-01-01\n"
        + answering("{type: string, enum: [2020-01-01, yes, 0x1F, 1_000, 12:30:00]}")[len(HEAD) :],
        "surrogate.json": json_schema('{"type":"string","example":"\\ud800"}'),
        "odd-servers.yaml": f'{HEAD}servers: [{{url: "http://[bad"}}, {{url: "{{x}}"}}, {{url: 5}}, {{}}, 5]\n'
        + answering("{}")[len(HEAD) :],
        "odd-security.yaml": f"{HEAD}security: [5, {{a: x}}, {{nope: []}}]\n"
        "components: {securitySchemes: {a: {type: http}, b: 5, c: {type: apiKey}, d: {type: weird}}}\n"
        + answering("{}")[len(HEAD) :],
    }
)
