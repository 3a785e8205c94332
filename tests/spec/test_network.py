"""References to the network: never asked, unless that is allowed; then bounded, and http alone."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from mockserver.spec.compile import compile_document
from mockserver.spec.document import Document, load_document
from mockserver.spec.limits import Limits

Page = tuple[int, Mapping[str, str], bytes]


@contextmanager
def serving(pages: Mapping[str, Page]) -> Iterator[str]:
    """Serve pages by path; what is not there is a 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def loaded(folder, reference, *, network=True, limits=None) -> Document:
    path = folder / "openapi.yaml"
    path.write_text(
        "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n          description: ok\n"
        f"          content: {{application/json: {{schema: {{$ref: '{reference}'}}}}}}\n"
    )
    return load_document(path, network=network, limits=limits or Limits())


def findings(document: Document) -> list[tuple[str, str]]:
    return [(found.rule, found.message) for found in compile_document(document).findings]


def schema_of(document: Document) -> object:
    api = compile_document(document)
    at = api.operations[0].responses["200"].content[0].schema
    assert at is not None
    schema = api.schemas.schema(at, "response")
    while isinstance(schema, dict) and "$ref" in schema:
        schema = api.schemas.resolve(str(schema["$ref"]), "response")
    return schema


def test_what_is_allowed_is_fetched_and_refers_on(tmp_path):
    pages: dict[str, Page] = {
        "/pet.yaml": (200, {}, b"$ref: 'more/toy.json#/toy'"),
        "/more/toy.json": (301, {"Location": "/toy.json"}, b""),
        "/toy.json": (200, {}, b'\xef\xbb\xbf{"toy": {"type": "integer"}}'),
    }
    with serving(pages) as url:
        document = loaded(tmp_path, f"{url}/pet.yaml")
        assert schema_of(document) == {"type": "integer"}
        assert not findings(document)
        assert document.files == (str((tmp_path / "openapi.yaml").resolve()),)


def test_without_permission_nothing_is_asked_and_the_rest_is_served(tmp_path):
    with serving({}) as url:
        ((rule, message),) = findings(loaded(tmp_path, f"{url}/a.yaml", network=False))
    assert rule == "network-reference"
    assert "leads to the network, which is not asked" in message


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ((404, {}, b""), "Not Found"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "Found"),
        ((302, {"Location": "ftp://127.0.0.1/a"}, b""), "Found"),
        ((200, {}, b"x" * 1001), "has more than the 1,000 bytes"),
        ((200, {}, b"\xff"), "is not UTF-8"),
        ((200, {}, b"{"), "YAML"),
        ((200, {}, b"$ref: 'file:///etc/passwd'"), "leads to the network"),
    ],
)
def test_what_cannot_be_had_is_a_warning(tmp_path, page, said):
    limits = Limits(file_bytes=1000)
    with serving({"/a.yaml": page}) as url:
        told = findings(loaded(tmp_path, f"{url}/a.yaml", limits=limits))
    assert any(said in message for _, message in told), told


def test_nobody_there(tmp_path):
    with serving({}) as url:
        pass
    ((rule, message),) = findings(loaded(tmp_path, f"{url}/a.yaml"))
    assert rule == "unreachable-reference"
    assert "cannot be fetched" in message


def test_the_number_of_files_is_bounded(tmp_path):
    with serving({"/a.yaml": (200, {}, b"type: string")}) as url:
        ((_, message),) = findings(loaded(tmp_path, f"{url}/a.yaml", limits=Limits(files=1)))
    assert "more than 1 files" in message
