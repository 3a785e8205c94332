"""More documents of that kind: bytes by name, in the same two groups as ``documents``; some need files beside them."""

from collections.abc import Mapping

from tests.abuse.documents import (
    HEAD,
    JSON_HEAD,
    answer,
    answering,
    as_bytes,
    fanning,
    json_schema,
    nested,
    operations,
    to,
    with_schemas,
)


def request_body(schema: str) -> str:
    """Return a document whose one operation takes a body of a schema."""
    return (
        f"{HEAD}paths:\n  /a:\n    get: {{responses: {{'200': {{description: ok}}}}}}\n    post:\n"
        f"      requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}\n"
        "      responses: {'200': {description: ok}}\n"
    )


def parameters(text: str) -> str:
    return f"{HEAD}paths: {{/a: {{get: {{parameters: [{text}], responses: {{'200': {{description: ok}}}}}}}}}}\n"


def servers(text: str) -> str:
    return f"{HEAD}servers: {text}\n{answering('{type: string}')[len(HEAD) :]}"


def arrays(levels: int, count: int) -> str:
    schema = "{type: string}"
    for _ in range(levels):
        schema = f"{{type: array, minItems: {count}, items: {schema}}}"
    return answering(schema)


def deep_schema(word: str, levels: int) -> str:
    return answering(f"{{{word}: " * levels + "{}" + "}" * levels)


REFUSED: Mapping[str, bytes] = as_bytes(
    {
        "utf-32.yaml": answering("{}").encode("utf-32"),
        "utf-16-be.json": f"{{{JSON_HEAD}}}".encode("utf-16-be"),
        "terminal-version.yaml": 'openapi: "\\e[2J\\nerror: x"\npaths: {}\n',
        "gzip.yaml": b"\x1f\x8b\x08\x00" + bytes(200),
        "image.yaml": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "zip.json": b"PK\x03\x04" + bytes(300),
        "nul-inside.yaml": f"{HEAD}x-a: a\0b\npaths: {{}}\n",
        "nul-inside.json": f'{{{JSON_HEAD},"paths":{{}},"x":"\0"}}',
        "comma.json": f'{{{JSON_HEAD},"paths":{{}},}}',
        "comments.json": f'// a comment\n{{{JSON_HEAD},"paths":{{}}}}',
        "single-quotes.json": "{'openapi': '3.0.3', 'paths': {}}",
        "bad-escape.json": f'{{{JSON_HEAD},"paths":{{}},"x":"\\q"}}',
        "bare-words.json": "{openapi: 3.0.3}",
        "hex.json": f'{{{JSON_HEAD},"paths":{{}},"x":0x10}}',
        "leading-zero.json": f'{{{JSON_HEAD},"paths":{{}},"x":01}}',
        "undefined.json": f'{{{JSON_HEAD},"paths":undefined}}',
        "twice-inside.json": f'{{{JSON_HEAD},"paths":{{"/a":{{}},"/\\u0061":{{}}}}}}',
        "deep-mixed.json": f'{{{JSON_HEAD},"paths":{{}},"x":' + '[{"a":' * 5_000,
        "deep-block.yaml": HEAD + "x-a:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 400)),
        "deep-dashes.yaml": HEAD + "x-a:\n" + "- " * 20_000 + "a\n",
        "open-quote.yaml": f'{HEAD}x-a: "' + "a" * 1_000_000,
        "list-key.yaml": f"{HEAD}? [a, b]\n: c\npaths: {{}}\n",
        "mapping-key.yaml": f"{HEAD}{{a: b}}: c\npaths: {{}}\n",
        "bad-anchor.yaml": f"{HEAD}x-a: & b\npaths: {{}}\n",
        "bad-tag.yaml": f"{HEAD}x-a: !<\npaths: {{}}\n",
        "bad-directive.yaml": "%YAML 9.9\n---\nopenapi: 3.0.0\npaths: {}\n",
        "merge-text.yaml": f"{HEAD}<<: text\npaths: {{}}\n",
        "merge-self.yaml": f"{HEAD}x-a: &a {{<<: *a}}\npaths: {{}}\n",
        "merge-list.yaml": f"{HEAD}x-a: {{<<: [1, 2]}}\npaths: {{}}\n",
        "alias-doubling.yaml": HEAD
        + "x-0: &a0 {a: 1}\n"
        + "".join(f"x-{n}: &a{n} {{a: *a{n - 1}, b: *a{n - 1}}}\n" for n in range(1, 60)),
        "alias-keys.yaml": HEAD
        + "x-0: &a0 [x, x]\n"
        + "".join(f"x-{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 90)),
        "python-name.yaml": f"{HEAD}x-a: !!python/name:os.system\npaths: {{}}\n",
        "infinities.yaml": f"{HEAD}x-a: [.inf, -.inf, .nan, 1e999, 0o17, 0x1f, 1_000]\n{answering('{}')[len(HEAD) :]}",
        "paths-number.yaml": f"{HEAD}paths: 5\n",
        "paths-true.yaml": f"{HEAD}paths: true\n",
        "info-only.json": '{"info": {}}',
        "array.json": "[1, 2, 3]",
        "true.json": "true",
        "string.json": '"openapi"',
        "version-null.yaml": "openapi: null\npaths: {}\n",
        "version-empty.yaml": 'openapi: ""\npaths: {}\n',
        "version-map.yaml": "openapi: {a: 3}\npaths: {}\n",
        "version-words.yaml": "openapi: three\npaths: {}\n",
        "swagger-1.json": '{"swagger": "1.2", "apis": []}',
        "both.yaml": "openapi: 3.0.0\nswagger: '9.0'\ninfo: 5\n",
        "asyncapi.yaml": "asyncapi: 3.0.0\ninfo: {title: x, version: '1'}\nchannels: {}\n",
        "postman.json": '{"info": {"_postman_id": "x"}, "item": []}',
        "raml.yaml": "#%RAML 1.0\ntitle: x\n",
        "graphql.yaml": "type Query { a: String }\n",
        "proto.yaml": 'syntax = "proto3";\nmessage A { string b = 1; }\n',
        "conflict.yaml": f"<<<<<<< HEAD\n{HEAD}=======\n{HEAD}>>>>>>> b\npaths: {{}}\n",
        "template.yaml": "openapi: {{ version }}\npaths: {}\n",
        "script.yaml": "#!/bin/sh\nrm -rf /\n",
        "drive.yaml": answering('{$ref: "c:\\\\windows\\\\x.yaml"}').replace("paths:", "paths: ["),
        "far-up.yaml": answering('{$ref: "' + "../" * 500 + 'etc/passwd"}'),
        "encoded-up.yaml": answering('{$ref: "%2e%2e/%2e%2e/etc/passwd"}'),
        "proc.yaml": answering('{$ref: "/proc/self/environ"}'),
        "random-device.yaml": answering('{$ref: "/dev/urandom#/a"}'),
        "standard-input.yaml": answering('{$ref: "/dev/stdin"}'),
    }
)

SERVED: Mapping[str, bytes] = as_bytes(
    {
        # YAML that is legal and unusual
        "crlf.yaml": answering("{type: string}").replace("\n", "\r\n"),
        "line-separators.yaml": f"{HEAD}x-a: 'a\u2028b\u0085c'\n{answering('{}')[len(HEAD) :]}",
        "odd-tags.yaml": f"{HEAD}x-a: !!binary aGk=\nx-b: !!set {{a}}\nx-c: !!omap [a: 1]\nx-d: !!timestamp 2020-01-01\nx-e: !local {{}}\n{answering('{}')[len(HEAD) :]}",
        "odd-keys.yaml": f"{HEAD}1: a\n1.5: b\ntrue: c\nnull: d\n2020-01-01: e\n~: f\n{answering('{}')[len(HEAD) :]}".replace("~: f\n", ""),
        "python-tuple.yaml": f"{HEAD}x-a: !!python/tuple [1]\npaths: {{}}\n",
        "long-line.yaml": f"{HEAD}x-a: {'a ' * 1_000_000}\n{answering('{}')[len(HEAD) :]}",
        "many-keys.yaml": HEAD + "".join(f"x-{n}: 1\n" for n in range(100_000)) + answering("{}")[len(HEAD) :],
        "many-anchors.yaml": HEAD + "".join(f"x-{n}: &a{n} {n}\n" for n in range(20_000)) + answering("{}")[len(HEAD) :],
        "many-comments.yaml": "# a comment\n" * 300_000 + answering("{}"),
        "document-marks.yaml": f"%YAML 1.1\n---\n{answering('{}')}...\n",
        "json-in-yaml.yaml": json_schema('{"type":"string"}'),
        "yaml-in-capitals.YAML": answering("{}"),
        # references
        "long-chain.yaml": with_schemas(*[to(f"S{n + 1}") for n in range(3_000)], "{type: string}"),
        "long-ring.yaml": with_schemas(*[to(f"S{(n + 1) % 500}") for n in range(500)]),
        "odd-references.yaml": answering("{oneOf: [{$ref: 5}, {$ref: []}, {$ref: null}, {$ref: ''}, {$ref: '#'}, {$ref: '#/'}, {$ref: '%'}, {$ref: '#/%zz'}, {$ref: '#/~2'}]}"),
        "pointer-of-lists.yaml": f"{HEAD}x-a: [1]\n" + answering("{anyOf: [{$ref: '#/x-a/0'}, {$ref: '#/x-a/-'}, {$ref: '#/x-a/99999999999999999999'}, {$ref: '#/x-a/-1'}]}")[len(HEAD) :],
        "references-to-what-does-not-fit.yaml": f"{HEAD}paths: {{/a: {{get: {{parameters: [{{$ref: '#/info'}}, {{$ref: '#/paths'}}], requestBody: {{$ref: '#/info/title'}}, responses: {{'200': {{$ref: '#/openapi'}}}}}}}}}}\n",
        "host-reference.yaml": answering("{$ref: '//127.0.0.1:9/x.yaml'}"),
        "other-schemes.yaml": answering("{oneOf: [{$ref: 'ftp://x/y'}, {$ref: 'urn:a:b'}, {$ref: 'data:application/json,{}'}, {$ref: 'javascript:0'}, {$ref: 'http://['}]}"),
        "nul-reference.yaml": answering('{$ref: "a\\0b.yaml"}'),
        "long-reference.yaml": answering(f"{{$ref: '{'a' * 10_000}.yaml'}}"),
        "long-pointer.yaml": answering(f"{{$ref: '#{'/a' * 50_000}'}}"),
        "own-file.yaml": answering("{$ref: 'own-file.yaml'}"),
        "own-path-item.yaml": answering("{$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema'}"),
        "folder-reference.yaml": answering("{$ref: '.'}"),
        "recursive-everything.yaml": f"{HEAD}paths: {{/a: {{get: {{responses: {{'200': {{description: ok, content: {{application/json: {{schema: {{$ref: '#'}}, example: {{$ref: '#'}}}}}}}}}}}}}}}}\n",
        "mutual.yaml": with_schemas("{type: object, required: [b], properties: {b: %s}}" % to("S1"), "{type: array, minItems: 2, items: %s}" % to("S0")),
        "recursive-map.yaml": with_schemas("{type: object, additionalProperties: %s, minProperties: 1}" % to("S0")),
        "recursive-one-of.yaml": with_schemas("{oneOf: [%s, {type: array, items: %s}]}" % (to("S0"), to("S0"))),
        "recursive-if.yaml": with_schemas("{if: %s, then: %s, else: %s}" % (to("S0"), to("S0"), to("S0"))).replace("3.0.3", "3.1.0"),
        "dynamic-ring.yaml": with_schemas("{$dynamicAnchor: a, allOf: [{$dynamicRef: '#a'}]}").replace("3.0.3", "3.1.0"),
        "same-identifiers.yaml": with_schemas("{$id: 'x', $ref: 'x'}", "{$id: 'x', type: string}").replace("3.0.3", "3.1.0"),
        "odd-identifiers.yaml": with_schemas("{$id: 5, $anchor: [], $schema: {}, $ref: '#/components/schemas/S1'}", "{$id: 'http://[', $anchor: 'a b', $schema: 'http://nowhere'}").replace("3.0.3", "3.1.0"),
        # combinations and budgets
        "if-bomb.yaml": fanning("{if: {anyOf: [%s]}}").replace("3.0.3", "3.1.0"),
        "dependent-bomb.yaml": fanning("{dependentSchemas: {a: {allOf: [%s]}}}").replace("3.0.3", "3.1.0"),
        "contains-bomb.yaml": fanning("{type: array, minItems: 1, contains: {anyOf: [%s]}}").replace("3.0.3", "3.1.0"),
        "names-bomb.yaml": fanning("{type: object, minProperties: 1, propertyNames: {anyOf: [%s]}}").replace("3.0.3", "3.1.0"),
        "prefix-bomb.yaml": fanning("{type: array, minItems: 10, prefixItems: [%s]}").replace("3.0.3", "3.1.0"),
        "body-bomb.yaml": request_body(to("S0")) + fanning("{allOf: [%s]}")[len(answering(to("S0"))) :],
        "wide-one-of.yaml": answering("{oneOf: [%s]}" % ", ".join("{type: object, required: [a%d]}" % n for n in range(3_000))),
        "wide-all-of.yaml": answering("{allOf: [%s]}" % ", ".join("{properties: {a%d: {type: string}}}" % n for n in range(3_000))),
        "nested-lists.yaml": arrays(4, 1_000),
        "nested-lists-of-two.yaml": arrays(40, 2),
        "wide-properties.yaml": answering("{type: object, properties: {%s}}" % ", ".join("p%d: {type: string, minLength: 1000}" % n for n in range(20_000))),
        "deep-not.yaml": deep_schema("not", 80),
        "deep-items.yaml": deep_schema("items", 80),
        "deep-properties.yaml": answering("{type: object, required: [a], properties: {a: " * 25 + "{}" + "}}" * 25),
        # numbers and texts that nothing satisfies, or that cost
        "odd-numbers.yaml": answering("{allOf: [{type: number, multipleOf: 1e-300}, {minimum: 1e308}, {exclusiveMaximum: true}, {multipleOf: 0}, {multipleOf: -1}, {minimum: x}]}"),
        "tiny-steps.yaml": answering("{type: number, minimum: 0, maximum: 1e-300, exclusiveMinimum: true, exclusiveMaximum: true}"),
        "between-nothing.yaml": answering("{type: integer, minimum: 1, maximum: 2, exclusiveMinimum: true, exclusiveMaximum: true}"),
        "large-integers.yaml": answering(f"{{type: integer, minimum: {10**300}, multipleOf: {10**299 + 7}}}"),
        "few-uniques.yaml": answering("{type: array, uniqueItems: true, minItems: 100, items: {type: boolean}}"),
        "many-uniques.yaml": answering("{type: array, uniqueItems: true, minItems: 5000, items: {type: integer, minimum: 0, maximum: 4999}}"),
        "many-contained.yaml": answering("{type: array, minContains: 1000000000, contains: {const: 1}}").replace("3.0.3", "3.1.0"),
        "no-names.yaml": answering("{type: object, minProperties: 3, propertyNames: {maxLength: 0}}").replace("3.0.3", "3.1.0"),
        "closed-object.yaml": answering("{type: object, minProperties: 100000, additionalProperties: false}"),
        "long-pattern.yaml": answering("{type: string, pattern: '%s'}" % ("(a|b)" * 20_000)),
        "deep-pattern.yaml": answering("{type: string, pattern: '%s'}" % (nested("(", ")", 2_000))),
        "wide-pattern.yaml": answering("{type: string, pattern: '^[\\s\\S]{1000000}$'}"),
        "looking-pattern.yaml": answering("{type: string, pattern: '^(?=.*a)(?=.*b)(?!.*c)(?<=x)\\1(?:a|a?)+$'}"),
        "named-pattern.yaml": answering("{type: string, pattern: '^\\p{L}+\\p{Script=Greek}\\u{1F600}(?<n>a)\\k<n>$'}"),
        "empty-pattern.yaml": answering("{type: string, pattern: '', minLength: 5}"),
        "impossible-pattern.yaml": answering("{type: string, pattern: 'a^b$c'}"),
        "pattern-names.yaml": answering("{type: object, minProperties: 2, additionalProperties: false, patternProperties: {'^(a+)+$': {}, '(((': {}}}").replace("3.0.3", "3.1.0"),
        "odd-formats.yaml": answering("{allOf: [%s]}" % ", ".join("{type: string, format: %s, minLength: 50}" % name for name in ("uuid", "date", "ipv6", "email", "byte", "regex", "'\\0'", "[]", "5"))),
        "deep-example.yaml": answer("content: {application/json: {example: %s}}" % nested("[", "]", 60)),
        "odd-examples.yaml": answer("content: {application/json: {examples: {a: 5, b: {}, c: {value: 1, externalValue: x}, '': {value: 2}, d: {$ref: '#/nope'}}}}"),
        "example-that-loops.yaml": answer("content: {application/json: {examples: {a: {$ref: '#/components/examples/A'}}}}") + "components: {examples: {A: {$ref: '#/components/examples/A'}}}\n",
        "wrong-types.yaml": answering("{type: [5, {}, string], required: a, properties: [], enum: 5, items: 7, allOf: {}, nullable: maybe, format: 3, pattern: 4}"),
        # parameters, bodies, security, servers
        "odd-parameters.yaml": parameters("5, null, [], {}, {name: a}, {in: query}, {name: a, in: nowhere}, {name: '', in: query}, {name: [], in: {}}, {name: a, in: path, required: true}, {name: a, in: query, style: x, explode: 5, schema: 9}"),
        "twin-parameters.yaml": parameters(", ".join(["{name: a, in: query, schema: {type: string}}"] * 500)),
        "odd-contents.yaml": parameters("{name: a, in: query, content: {}}, {name: b, in: query, content: 5}, {name: c, in: query, content: {'x/y': 1, 'a': 2}}, {name: d, in: header, content: {application/json: {schema: {type: object}}}}"),
        "header-names.yaml": parameters("{name: 'a b', in: header, required: true}, {name: \"a\\r\\nb\", in: header}, {name: Host, in: header, required: true}, {name: é, in: cookie}, {name: ':', in: header}"),
        "odd-bodies.yaml": f"{HEAD}paths: {{/a: {{get: {{requestBody: 5, responses: {{'200': {{description: 1, content: 5, headers: 7, links: 3}}}}}}, post: {{requestBody: {{content: [1], required: x}}, responses: {{default: null}}, callbacks: 5}}}}}}\n",
        "many-schemes.yaml": f"{HEAD}security: [{', '.join('{s%d: []}' % n for n in range(500))}]\ncomponents: {{securitySchemes: {{{', '.join('s%d: {type: apiKey, in: header, name: X-%d}' % (n, n) for n in range(500))}}}}}\n{answering('{}')[len(HEAD) :]}",
        "schemes-at-once.yaml": f"{HEAD}security: [{{{', '.join('s%d: []' % n for n in range(500))}}}]\ncomponents: {{securitySchemes: {{{', '.join('s%d: {type: http, scheme: bearer}' % n for n in range(500))}}}}}\n{answering('{}')[len(HEAD) :]}",
        "scheme-rings.yaml": f"{HEAD}security: [{{a: []}}]\ncomponents: {{securitySchemes: {{a: {{$ref: '#/components/securitySchemes/a'}}}}}}\n{answering('{}')[len(HEAD) :]}",
        "odd-scheme-names.yaml": f"{HEAD}security: [{{\"a\\r\\nb\": []}}]\ncomponents: {{securitySchemes: {{\"a\\r\\nb\": {{type: apiKey, in: header, name: \"x\\r\\ny: z\"}}}}}}\n{answering('{}')[len(HEAD) :]}",
        "many-servers.yaml": servers("[%s]" % ", ".join("{url: 'http://h%d/v%d'}" % (n, n) for n in range(2_000))),
        "server-variables.yaml": servers("[{url: 'http://{a}{b}{c}{d}{e}/{f}', variables: {%s}}]" % ", ".join(f"{name}: {{default: x, enum: [{', '.join(map(str, range(100)))}]}}" for name in "abcdef")),
        "server-rings.yaml": servers("[{url: '{a}', variables: {a: {default: '{a}{a}'}}}]"),
        "server-controls.yaml": servers("[{url: \"http://a/\\r\\nb\"}, {url: 'http://a:99999999/'}, {url: '/%zz/../..'}, {url: '//'}, {url: 'ws://x/y'}]"),
        # paths
        "odd-paths.yaml": operations(["/{", "/}", "/{}", "/{a", "/a}", "/{a}{b}", "/{a}{a}", "'/a?b=c'", "'/a#b'", "'/ '", "'/%zz'", "'/%2F'", "//", "/a//b", "/./..", "'/\\x'", "/é", "'/a:b'", "'/a*'", "'/(a+)+$'"]),
        "control-paths.yaml": operations(["/__mock", "/__mock/live", "/__mock/ready", "/__mock/{x}"]),
        "like-paths.yaml": operations(f"/{{p{n}}}" for n in range(500)),
        "cross-paths.yaml": operations("/" + "/".join(f"{{p{i}}}" if n >> i & 1 else f"s{i}" for i in range(12)) for n in range(4096)),
        "long-path.json": f'{{{JSON_HEAD},"paths":{{"/{"a" * 8_000}":{{"get":{{}}}}}}}}',
        "paths-in-capitals.yaml": operations(["/A", "/a", "/a/"]),
        "other-methods.yaml": f"{HEAD}paths: {{/a: {{GET: {{}}, brew: {{}}, connect: {{responses: {{}}}}, head: {{responses: {{'200': {{description: ok}}}}}}, trace: 5, x-y: 1, servers: 5, parameters: 6, summary: []}}}}\n",
        "same-names.yaml": f"{HEAD}paths: {{/a: {{get: {{operationId: x, responses: {{}}}}, put: {{operationId: x, responses: {{}}}}}}, /b: {{get: {{operationId: [1], responses: {{}}}}}}, /c: {{get: {{operationId: \"a\\r\\nb\", responses: {{}}}}}}}}\n",
        # responses
        "many-statuses.yaml": f"{HEAD}paths: {{/a: {{get: {{responses: {{{', '.join(f'{n}: {{description: ok}}' for n in range(100, 600))}}}}}}}}}\n",
        "interim-only.yaml": f"{HEAD}paths: {{/a: {{get: {{responses: {{100: {{description: a}}, '1XX': {{description: b}}}}}}}}}}\n",
        "framing-headers.yaml": answer("headers: {Content-Length: {schema: {type: integer, example: 5}, required: true}, Transfer-Encoding: {schema: {type: string, example: chunked}}, Connection: {schema: {example: close}}, Date: {schema: {example: x}}, Trailer: {schema: {example: y}}}"),
        "many-headers.yaml": answer("headers: {%s}" % ", ".join("X-%d: {required: true, schema: {type: string, minLength: 200}}" % n for n in range(90))),
        "greek-headers.yaml": answer("headers: {X-A: {schema: {type: string, example: 'αβγ 😀'}, required: true}, X-B: {schema: {const: \"a\\0b\"}, required: true}}"),
        "no-content-with-content.yaml": f"{HEAD}paths: {{/a: {{get: {{responses: {{'204': {{description: ok, content: {{application/json: {{example: {{a: 1}}}}}}}}}}}}}}}}\n",
        "wildcards.yaml": answer("content: {'*/*': {example: a}, 'text/*': {example: b}, '*': {example: c}, 'a/b;q=\"': {example: d}}"),
        "many-media-types.yaml": answer("content: {%s}" % ", ".join("application/x-%d: {schema: {type: string}}" % n for n in range(5_000))),
        "xml-bomb.yaml": answer("content: {application/xml: {schema: {type: object, xml: {name: '<!DOCTYPE', prefix: ']]>', namespace: '\"'}, required: [a], properties: {a: {type: string, xml: {attribute: true, name: 'a b=\"'}}}}}}"),
        "binary-answers.yaml": answer("content: {image/png: {schema: {type: string, format: binary, minLength: 100000000}}, application/octet-stream: {example: \"\\0\\xff\"}}"),
        "multipart-answers.yaml": answer("content: {multipart/form-data: {schema: {type: object, properties: {\"a\\r\\nb\": {type: string}}, required: [\"a\\r\\nb\"]}, encoding: {x: 5}}}"),
        "odd-components.yaml": f"{HEAD}components: {{schemas: [1], responses: 5, parameters: {{a: 5}}, securitySchemes: x, headers: null, examples: true, links: {{}}, callbacks: [], pathItems: 7, '': 1}}\n{answering('{}')[len(HEAD) :]}",
        "odd-info.yaml": f"openapi: 3.0.3\ninfo: [1]\ntags: 5\nexternalDocs: []\nwebhooks: 7\njsonSchemaDialect: 9\n{answering('{}')[len(HEAD) :]}",
        "terminal-title.yaml": f"openapi: 3.0.3\ninfo: {{title: \"\\e[2J\\e]0;x\\a\", version: \"\\u202e\"}}\n{answering('{}')[len(HEAD) :]}",
        "terminal-names.yaml": f'{HEAD}"\\e[2J": 5\npaths: {{/a: {{get: {{operationId: "\\r\\e[2J", responses: {{"200": {{description: "\\e[2J", content: {{application/json: {{schema: {{$ref: "\\e[2J\\nx"}}}}}}}}}}}}}}, "/b\\0\\e[2J": {{get: {{responses: {{"200": {{description: ok}}}}}}}}}}\n',
        "swagger.yaml": "swagger: '2.0'\ninfo: {}\nhost: '[bad'\nbasePath: 5\nschemes: x\nconsumes: {}\nproduces: [5]\npaths: {/a: {get: {parameters: [{in: body, name: a}, {in: body, name: b}, {in: formData, name: c, type: file}, {in: query, name: d, type: array, collectionFormat: x}], responses: {200: {description: ok, schema: {$ref: '#/definitions/A'}}}}}}\ndefinitions: {A: {type: object, allOf: [{$ref: '#/definitions/A'}]}}\n",
    }
)  # fmt: skip
