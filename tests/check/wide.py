"""A document with a bit of everything, and servers that keep to none of it."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

DOCUMENT = """
    openapi: 3.1.0
    info: {title: Wide, version: "1"}
    servers: [{url: "https://wide.example/api"}]
    security: [{bearer: []}, {key: [], cookie: []}]
    paths:
      /:
        get: {operationId: root, security: [], responses: {"204": {description: nothing}}}
      /search:
        get:
          operationId: search
          security: [{}]
          parameters:
            - {name: q, in: query, required: true, schema: {type: string, minLength: 2, maxLength: 9, pattern: "^[a-z]+$"}}
            - {name: page, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 1}}
            - {name: per_page, in: query, schema: {type: integer, minimum: 1, maximum: 20, default: 5}}
            - {name: tags, in: query, style: pipeDelimited, explode: false, schema: {type: array, minItems: 1, maxItems: 3, uniqueItems: true, items: {enum: [a, b, c]}}}
            - {name: filter, in: query, style: deepObject, schema: {type: object, required: [from], properties: {from: {type: string, format: date}}}}
            - {name: shape, in: query, content: {application/json: {schema: {type: object, properties: {n: {type: number, exclusiveMinimum: 0}}}}}}
            - {name: X-Flag, in: header, schema: {type: boolean}}
            - {name: tab, in: cookie, schema: {type: string, enum: [left, right]}}
          responses:
            "200": {description: found, content: {application/json: {schema: {type: array, items: {type: string}}}, application/xml: {schema: {type: array, items: {type: string}}}}}
            4XX: {description: wrong, content: {application/problem+json: {schema: {type: object, required: [status], properties: {status: {type: integer}}}}}}
      /search/stream:
        get: {operationId: stream, responses: {"200": {description: lines, content: {text/event-stream: {schema: {type: string}}}}, "401": {description: who}}}
      /upload/{kind}/{part}:
        parameters:
          - {name: kind, in: path, required: true, schema: {enum: [one, two]}}
          - {name: part, in: path, required: true, style: matrix, schema: {type: array, items: {type: integer}}}
        post:
          operationId: upload
          requestBody:
            required: true
            content:
              multipart/form-data: {schema: {type: object, required: [file], properties: {file: {type: string, contentMediaType: application/octet-stream}, note: {type: string}}}}
          responses: {"200": {description: taken}, "400": {description: no}, "401": {description: who}}
      /form:
        post:
          operationId: form
          security: [{basic: []}]
          requestBody:
            content:
              application/x-www-form-urlencoded: {schema: {type: object, required: [name], additionalProperties: false, properties: {name: {type: string, minLength: 1}, age: {type: integer, maximum: 150}}}}
          responses: {"303": {description: on, headers: {Location: {required: true, schema: {type: string, format: uri-reference}}}}, "422": {description: no}, "401": {description: who}}
      /text:
        put:
          operationId: text
          deprecated: true
          requestBody: {required: true, content: {text/plain: {schema: {type: string}}, application/xml: {schema: {type: object, properties: {a: {type: string}}}}}}
          responses: {"200": {description: echoed, content: {text/plain: {schema: {type: string}}}}, "401": {description: who}}
      /boxes:
        get:
          operationId: listBoxes
          parameters:
            - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 10, default: 3}}
            - {name: offset, in: query, schema: {type: integer, minimum: 0}}
            - {name: sort, in: query, schema: {type: string, enum: [size, -size]}}
            - {name: colour, in: query, schema: {type: string, enum: [red, blue]}}
          responses:
            "200": {description: boxes, content: {application/json: {schema: {type: object, required: [boxes, total], properties: {boxes: {type: array, items: {$ref: "#/components/schemas/Box"}}, total: {type: integer}}}}}}
            "401": {description: who}
        post:
          operationId: createBox
          parameters: [{name: Idempotency-Key, in: header, schema: {type: string, minLength: 1}}]
          requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewBox"}}}}
          responses:
            "201":
              description: made
              headers: {Location: {required: true, schema: {type: string}}, ETag: {schema: {type: string}}}
              content: {application/json: {schema: {$ref: "#/components/schemas/Box"}}}
              links:
                Get: {operationId: getBox, parameters: {id: $response.body#/id}}
                Broken: {$ref: "#/components/links/none"}
            "400": {description: no, content: {application/json: {schema: {type: object, required: [error]}}}}
            "401": {description: who}
            "409": {description: twice}
      /boxes/{id}:
        parameters: [{name: id, in: path, required: true, schema: {type: string}}]
        get:
          operationId: getBox
          responses:
            "200": {description: box, headers: {ETag: {required: true, schema: {type: string}}}, content: {application/json: {schema: {$ref: "#/components/schemas/Box"}}}}
            "304": {description: same}
            "401": {description: who}
            "404": {description: gone}
        put:
          operationId: replaceBox
          requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewBox"}}}}
          responses: {"200": {description: box, content: {application/json: {schema: {$ref: "#/components/schemas/Box"}}}}, "401": {description: who}, "404": {description: gone}, "412": {description: changed}}
        patch:
          operationId: changeBox
          requestBody: {required: true, content: {application/merge-patch+json: {schema: {type: object, properties: {colour: {enum: [red, blue]}}}}}}
          responses: {"200": {description: box, content: {application/json: {schema: {$ref: "#/components/schemas/Box"}}}}, "401": {description: who}, "404": {description: gone}}
        delete:
          operationId: deleteBox
          responses: {"204": {description: gone}, "401": {description: who}, "404": {description: gone}}
    components:
      schemas:
        NewBox:
          type: object
          required: [size]
          properties:
            size: {type: integer, minimum: 1, maximum: 100, multipleOf: 2}
            colour: {enum: [red, blue], default: red}
            name: {type: [string, "null"], minLength: 1, maxLength: 20}
            at: {type: string, format: date-time}
            parts: {type: array, maxItems: 3, items: {type: object, required: [n], properties: {n: {type: number}}}}
            secret: {type: string, writeOnly: true}
            kind: {const: box}
          additionalProperties: false
        Box:
          allOf: [{type: object, required: [size], properties: {size: {type: integer}, colour: {type: string}}}]
          type: object
          required: [id, createdAt]
          properties: {id: {type: string, readOnly: true}, createdAt: {type: string, format: date-time, readOnly: true}, version: {type: integer, readOnly: true}}
      securitySchemes:
        bearer: {type: http, scheme: bearer}
        basic: {type: http, scheme: basic}
        key: {type: apiKey, in: query, name: api_key}
        cookie: {type: apiKey, in: cookie, name: sid}
"""
FIXTURES = """
    tokens:
      good: {scheme: bearer, value: good-token-of-wide, outcome: accept, live: {command: "echo good-token-of-wide"}}
      old: {scheme: bearer, value: old-token-of-wide, outcome: expired}
      none: {scheme: bearer, outcome: missing}
      weak: {scheme: bearer, value: weak-token-of-wide, outcome: invalid}
      user: {scheme: basic, value: "user:words", outcome: accept}
      key: {scheme: key, value: key-of-wide, outcome: accept}
      sid: {scheme: cookie, value: sid-of-wide, outcome: accept}
    cases:
      getBox:
        gone: {when: {token: good, path: {id: gone}}, then: {status: 404}}
        old: {when: {token: old}, then: {status: 401}}
      createBox:
        made:
          when: {token: good, body: {/size: 4}}
          then: {status: 201, body: {id: "{{ fake.digits(15) }}", size: 4, createdAt: "2026-01-01T00:00:00Z"}, headers: {Location: /api/boxes/1}, match: {/id: {matches: "^[0-9]+$"}}}
    policy:
      createBox: {unique: [/id], pattern: {/id: "^[0-9]+$"}, max_latency: 5s, undocumented_fields: refuse, undocumented_statuses: refuse}
    coverage:
      exclude: [{operation: stream, status: 200, reason: it never ends}]
"""

JSON = "application/json"


def always(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> ASGIApp:
    """Return a server that answers everything in one way."""
    sent = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    return app


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Give back whatever came, as JSON: query, headers, body."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    status = 201 if scope["method"] == "POST" else 200
    headers = [
        (b"content-type", b"application/json"),
        (b"etag", b'"1"'),
        (b"location", b"/boxes/7"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body or scope["query_string"] or b"{}"})


async def crash(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail before or in the middle of an answer."""
    if scope["method"] == "GET":
        raise RuntimeError("on purpose")
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"99")]}
    )
    raise RuntimeError("on purpose")


BOX = b'{"id": "7", "size": 4, "colour": "red", "createdAt": "2026-01-01T00:00:00Z", "version": 1}'
PAGE = b'{"boxes": [%b], "total": 1}' % BOX
TRACE = b'{"error": "Traceback (most recent call last):\\n  File \\"/srv/app.py\\", line 3, in f\\nKeyError: 1"}'

SERVERS: Mapping[str, ASGIApp] = {
    "empty 200": always(200),
    "object 200": always(200, b"{}", {"Content-Type": JSON}),
    "box 200": always(200, BOX, {"Content-Type": JSON, "ETag": '"1"', "Location": "/boxes/7"}),
    "box 201": always(201, BOX, {"Content-Type": JSON, "ETag": 'W/"1"', "Location": "7"}),
    "page": always(200, PAGE, {"Content-Type": f"{JSON}; charset=latin-1", "ETag": "1"}),
    "no JSON": always(200, b"{", {"Content-Type": JSON}),
    "twice a member": always(200, b'{"id": 1, "id": 2}', {"Content-Type": JSON}),
    "NaN": always(200, b'{"id": NaN}', {"Content-Type": JSON}),
    "bytes": always(200, b"\xff\xfe\x00", {"Content-Type": JSON, "Content-Encoding": "gzip"}),
    "odd type": always(200, b"{}", {"Content-Type": "no type"}),
    "html": always(200, b"<h1>hello</h1>", {"Content-Type": "text/html"}),
    "204 for all": always(204),
    "redirect": always(302, b"", {"Location": "http://elsewhere.invalid/"}),
    "304": always(304, b"", {"ETag": '"1"'}),
    "400": always(400, b'{"error": "no"}', {"Content-Type": JSON}),
    "401": always(401, b"{}", {"Content-Type": JSON}),
    "401 with challenge": always(401, b"{}", {"Content-Type": JSON, "WWW-Authenticate": "Bearer"}),
    "403": always(403, b"{}", {"Content-Type": JSON}),
    "404": always(404, b"", {"Content-Type": JSON}),
    "405": always(405, b"{}", {"Content-Type": JSON, "Allow": "GET, HEAD"}),
    "409": always(409, b"{}", {"Content-Type": JSON, "Retry-After": "soon"}),
    "429": always(429, b"{}", {"Content-Type": JSON, "Retry-After": "1"}),
    "problem": always(500, b'{"status": 400, "type": 1}', {"Content-Type": "application/problem+json"}),
    "trace": always(500, TRACE, {"Content-Type": JSON, "Server": "odd/1.0"}),
    "teapot": always(418, b"[]", {"Content-Type": JSON, "Date": "yesterday", "Set-Cookie": "a=b"}),
    "CORS": always(200, b"{}", {"Content-Type": JSON, "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}),
    "echo": echo,
    "crash": crash,
}  # fmt: skip
