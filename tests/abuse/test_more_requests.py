"""More bytes of that kind: targets, methods, headers, bodies, chunks, other protocols; each gets the answer in its row.

Asked of both lanes, which must agree to the status.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.abuse.raw import talk
from tests.abuse.test_raw_requests import CLOSE, DOCUMENT, FIXTURES, LAST, expect_good, get, post
from tests.running import Server, serving


def of(target: bytes, *headers: bytes, method: bytes = b"GET") -> bytes:
    """Return a request that closes."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return method + b" " + target + b" HTTP/1.1\r\n" + CLOSE + lines + b"\r\n"


def carrying(content_type: bytes, body: bytes) -> bytes:
    """Return a POST with a body of a media type."""
    named = [b"Content-Type: " + content_type] if content_type else []
    return of(b"/pets", *named, b"Content-Length: %d" % len(body), method=b"POST") + body


TARGETS: Mapping[str, bytes] = {"dots":b"/pets/../pets","encoded dots":b"/%2e%2e/%2e%2e/etc/passwd","encoded slash":b"/pets%2F1","double encoding":b"/pets/%252e","NUL in path":b"/pets/%00","overlong UTF-8":b"/pets/%c0%af","invalid UTF-8":b"/pets/%ff%fe","lone surrogate":b"/pets/%ed%a0%80","half an escape":b"/pets/%4","percent alone":b"/pets/%","semicolon":b"/pets;a=b","backslash":b"/pets\\1","colon":b"/pets:1","double slash":b"//pets","many slashes":b"/"+b"/"*5000,"many segments":b"/a"*5000,"tilde":b"/~","scenario that is none":b"/~none/pets","scenario in escapes":b"/~%73low/pets","braces":b"/{id}","quote":b"/pets/'%22","tab in target":b"/pe\tts","control in target":b"/pe\x01ts","DEL in target":b"/pe\x7fts","bytes in target":b"/p\xc3\xa9ts","only question mark":b"/pets?","question marks":b"/pets???=?","query of ampersands":b"/pets?"+b"&"*9000,"query of brackets":b"/pets?"+b"a[b]"*2000+b"=1","deep query":b"/pets?a"+b"[b]"*3000+b"=1","many parameters":b"/pets?"+b"&".join(b"p%d=1"%n for n in range(1500)),"same parameter often":b"/pets?"+b"limit=1&"*1500,"controls in query":b"/pets?__code=abc","code beyond all":b"/pets?__code=99999999999999999999","code negative":b"/pets?__code=-1","code 101":b"/pets?__code=101","code 204":b"/pets?__code=204","example that is none":b"/pets?__example=nope","dynamic maybe":b"/pets?__dynamic=maybe","fragment":b"/pets%23a","control, dots":b"/__mock/../pets","control, doubled":b"//__mock/ready","control, case":b"/__MOCK/ready","control, escapes":b"/__mock%2fready","control, NUL":b"/__mock/%00","control, nothing there":b"/__mock/none","control, query":b"/__mock/ready?"+b"a"*5000}  # fmt: skip
METHODS: Sequence[bytes] = (b"OPTIONS",b"TRACE",b"PROPFIND",b"PATCH",b"PUT",b"LINK",b"M-SEARCH",b"PURGE",b"SOURCE",b"PRI")  # fmt: skip
HEADERS: Mapping[str, bytes] = {"Accept long":b"Accept: "+b"a/b,"*8000,"Accept q":b"Accept: */*;q=1e400","Accept nested quotes":b'Accept: a/b;c="\\"\\\\"',"Accept-Encoding bomb":b"Accept-Encoding: "+b"gzip;q=0.1,"*3000,"Accept-Language":b"Accept-Language: \xff","Range":b"Range: bytes=0-,5-,-1,99999999999999999999-","If-None-Match":b"If-None-Match: "+b'"a",'*5000,"If-Modified-Since":b"If-Modified-Since: yesterday","Cookie long":b"Cookie: "+b"a=b;"*10000,"Cookie controls":b"Cookie: a=\x01","Cookie escape":b"Cookie: mock_session=%00%ff","Authorization bytes":b"Authorization: Basic \xff\xff","Authorization long":b"Authorization: Bearer "+b"a"*60000,"Authorization none":b"Authorization:","Digest":b'Authorization: Digest a="b, c=\\',"Origin bytes":b"Origin: \xff","Origin long":b"Origin: http://"+b"a"*50000,"Origin null":b"Origin: null","Content-Type on GET":b"Content-Type: \xff/;;=","Content-Encoding":b"Content-Encoding: gzip","session odd":b"X-Mock-Session: \xff\x80","session long":b"X-Mock-Session: "+b"s"*60000,"scenario odd":b"X-Mock-Scenario: \xff","Prefer deep":b"Prefer: "+b"code=200;"*5000,"Prefer wait":b"Prefer: wait=999999999, respond-async","X-Forwarded":b"X-Forwarded-For: \xff, a, 1.2.3.4:99999","Forwarded":b"Forwarded: for=\"_x\";;;","TE":b"TE: trailers, deflate;q=0.5","Trailer":b"Trailer: Content-Length","Keep-Alive":b"Keep-Alive: timeout=99999999, max=-1","Connection odd":b"Connection: \xff, Host, Content-Length","Proxy":b"Proxy: http://127.0.0.1","Upgrade-Insecure":b"Upgrade-Insecure-Requests: 1","Method override":b"X-HTTP-Method-Override: DELETE","Max-Forwards":b"Max-Forwards: -1","traceparent":b"traceparent: 00-zz","Sec-Fetch":b"Sec-Fetch-Site: cross-site"}  # fmt: skip
BODIES: Mapping[str, tuple[bytes, bytes]] = {"not JSON":(b"application/json",b"{"),"NaN":(b"application/json",b"NaN"),"deep JSON":(b"application/json",b"["*900+b"]"*900),"deep objects":(b"application/json",b'{"a":'*300),"NUL JSON":(b"application/json",b'"\0"'),"lone surrogate":(b"application/json",b'"\\ud800"'),"big integer":(b"application/json",b"1"*1900),"big exponent":(b"application/json",b"1e999999"),"BOM":(b"application/json",b'\xef\xbb\xbf"a"'),"UTF-16":(b"application/json; charset=utf-16",'"a"'.encode("utf-16")),"odd charset":(b"application/json; charset=nope",b'"a"'),"bytes":(b"application/json",b"\xff\xfe\xfd"),"empty with type":(b"application/json",b""),"blank":(b"application/json",b"   "),"no type":(b"",b'"cat"'),"odd type":(b"\xff\xff",b"a"),"type without subtype":(b"json",b"a"),"long type":(b"application/"+b"x"*20000,b"a"),"form as JSON":(b"application/x-www-form-urlencoded",b"a=%zz&b[c]=d&"*50),"multipart, no boundary":(b"multipart/form-data",b"--b"),"multipart, odd boundary":(b'multipart/form-data; boundary="'+b"a"*500+b'"',b"--a"),"multipart, no end":(b"multipart/form-data; boundary=b",b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1"),"multipart, many headers":(b"multipart/form-data; boundary=b",b"--b\r\n"+b"X: y\r\n"*200+b"\r\n1\r\n--b--"),"multipart, long header":(b"multipart/form-data; boundary=b",b"--b\r\nX: "+b"a"*1800+b"\r\n\r\n1\r\n--b--"),"XML bomb":(b"application/xml",b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><a>&d;</a>'),"XML outside":(b"application/xml",b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'),"gzip bytes":(b"application/json",b"\x1f\x8b\x08\0"+bytes(50)),"duplicate keys":(b"application/json",b'{"a":1,"a":2}'),"long key":(b"application/json",b'{"'+b"k"*1900+b'":1}')}  # fmt: skip
OTHERS: Mapping[str, bytes] = {
    "chunk of zero at once": post(b"Transfer-Encoding: chunked",body=b"0\r\n\r\n"),
    "chunk size with blanks": post(b"Transfer-Encoding: chunked",body=b"5 \r\n\"cat\"\r\n0\r\n\r\n"),
    "chunk size upper": post(b"Transfer-Encoding: chunked",body=b"0005\r\n\"cat\"\r\n0\r\n\r\n"),
    "chunk long leading zeros": post(b"Transfer-Encoding: chunked",body=b"0"*500+b"5\r\n\"cat\"\r\n0\r\n\r\n"),
    "chunk ext long": post(b"Transfer-Encoding: chunked",body=b"5;"+b"a"*70000+b"\r\n\"cat\"\r\n0\r\n\r\n"),
    "chunk ext bare LF": post(b"Transfer-Encoding: chunked",body=b"5;a\n\"cat\"\r\n0\r\n\r\n"),
    "chunk bare LF": post(b"Transfer-Encoding: chunked",body=b"5\n\"cat\"\n0\n\n"),
    "chunk without CRLF": post(b"Transfer-Encoding: chunked",body=b"5\r\n\"cat\"0\r\n\r\n"),
    "chunk hex prefix": post(b"Transfer-Encoding: chunked",body=b"0x5\r\n\"cat\"\r\n0\r\n\r\n"),
    "chunk empty size": post(b"Transfer-Encoding: chunked",body=b"\r\n\r\n"),
    "chunk sign": post(b"Transfer-Encoding: chunked",body=b"+5\r\n\"cat\"\r\n0\r\n\r\n"),
    "trailer malformed": post(b"Transfer-Encoding: chunked",body=b"0\r\nnothing\r\n\r\n"),
    "TE tab": post(b"Transfer-Encoding:\tchunked",body=b"0\r\n\r\n"),
    "TE vertical tab": post(b"Transfer-Encoding: \x0bchunked",body=b"0\r\n\r\n"),
    "TE blank before colon": post(b"Transfer-Encoding : chunked",body=b"0\r\n\r\n"),
    "TE empty": post(b"Transfer-Encoding:",body=b""),
    "TE folded": post(b"Transfer-Encoding:\r\n chunked",body=b"0\r\n\r\n"),
    "CL blank": post(b"Content-Length: 5 ",body=b'"cat"'),
    "CL tab": post(b"Content-Length:\t5",body=b'"cat"'),
    "CL leading zeros": post(b"Content-Length: 0005",body=b'"cat"'),
    "CL float": post(b"Content-Length: 5.0",body=b'"cat"'),
    "CL exp": post(b"Content-Length: 5e0",body=b'"cat"'),
    "CL underscore": post(b"Content-Length: 1_0",body=b'"cat"'),
    "CL arabic": post("Content-Length: \u0665".encode(),body=b'"cat"'),
    "CL space inside": post(b"Content-Length: 1 0",body=b'"cat"'),
    "CL 2^63": post(b"Content-Length: 9223372036854775808"),
    "CL 2^64": post(b"Content-Length: 18446744073709551616"),
    "smuggle CL.TE": post(b"Content-Length: 6",b"Transfer-Encoding: chunked",body=b"0\r\n\r\nG"),
    "smuggle TE xchunked": post(b"Transfer-Encoding: xchunked",body=b"0\r\n\r\n"),
    "smuggle GET body": get(b"/pets",b"Content-Length: 30")+LAST[:30],
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"+bytes(64)+b"\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9\r\n\r\n",
    "SMTP": b"EHLO x\r\n\r\n",
    "redis": b"*1\r\n$4\r\nPING\r\n\r\n",
    "proxy protocol": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n"+LAST,
    "websocket frames": b"\x81\x85\x00\x00\x00\x00hello\r\n\r\n",
    "NUL bytes": bytes(500)+b"\r\n\r\n",
    "blank lines only": b"\r\n"*100+LAST,
    "many blank lines": b"\r\n"*40000+LAST,
    "leading blanks": b"   "+LAST,
    "two spaces": b"GET  /pets HTTP/1.1\r\n"+CLOSE+b"\r\n",
    "tab separated": b"GET\t/pets\tHTTP/1.1\r\n"+CLOSE+b"\r\n",
    "trailing blank after version": b"GET /pets HTTP/1.1 \r\n"+CLOSE+b"\r\n",
    "LF only head end": b"GET /pets HTTP/1.1\r\n"+CLOSE+b"\n",
    "CR CR LF": b"GET /pets HTTP/1.1\r\r\n"+CLOSE+b"\r\n",
    "first header folded": b"GET /pets HTTP/1.1\r\n folded: x\r\n"+CLOSE+b"\r\n",
    "Host twice same": b"GET /pets HTTP/1.1\r\nHost: a\r\nHost: a\r\nConnection: close\r\n\r\n",
    "Host list": b"GET /pets HTTP/1.1\r\nHost: a, b\r\nConnection: close\r\n\r\n",
    "Host NUL": b"GET /pets HTTP/1.1\r\nHost: a\0b\r\nConnection: close\r\n\r\n",
    "Host bytes": b"GET /pets HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
    "Host long": b"GET /pets HTTP/1.1\r\nHost: "+b"a"*5000+b"\r\nConnection: close\r\n\r\n",
    "Host port long": b"GET /pets HTTP/1.1\r\nHost: a:999999\r\nConnection: close\r\n\r\n",
    "Host bracket": b"GET /pets HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n",
    "absolute user": get(b"http://user@localhost/pets"),
    "absolute port": get(b"http://localhost:80/pets"),
    "absolute https": get(b"https://localhost/pets"),
    "absolute ftp": get(b"ftp://localhost/pets"),
    "absolute backslash": get(b"http:\\\\localhost\\pets"),
    "absolute fragment": get(b"http://localhost/pets#x"),
    "authority form": get(b"localhost:80"),
    "expect twice": post(b"Expect: 100-continue",b"Expect: 100-continue",b"Content-Length: 5",body=b'"cat"'),
    "expect with chunked": post(b"Expect: 100-continue",b"Transfer-Encoding: chunked",body=b'5\r\n"cat"\r\n0\r\n\r\n'),
    "200 headers exactly": get(b"/pets",*[b"X-%d: y"%n for n in range(198)]),
    "201 headers": get(b"/pets",*[b"X-%d: y"%n for n in range(199)]),
    "empty header values": get(b"/pets",*[b"X:" for n in range(100)]),
}  # fmt: skip

REQUESTS: Mapping[str, bytes] = {
    **{name: of(target) for name, target in TARGETS.items()},
    **{f"method {method.decode()}": of(b"/pets", method=method) for method in METHODS},
    **{name: of(b"/pets", header) for name, header in HEADERS.items()},
    **{f"body: {name}": carrying(*sent) for name, sent in BODIES.items()},
    **OTHERS,
}
ANSWERED: Mapping[int, Sequence[str]] = {
    200: ['double encoding', 'NUL in path', 'overlong UTF-8', 'invalid UTF-8', 'lone surrogate', 'half an escape', 'percent alone', 'quote', 'only question mark', 'question marks', 'query of ampersands', 'query of brackets', 'deep query', 'many parameters', 'same parameter often', 'controls in query', 'code beyond all', 'code negative', 'dynamic maybe', 'control, query', 'Accept q', 'Accept-Encoding bomb', 'Accept-Language', 'Range', 'If-None-Match', 'If-Modified-Since', 'Cookie long', 'Cookie escape', 'Authorization bytes', 'Authorization long', 'Authorization none', 'Digest', 'Origin bytes', 'Origin long', 'Origin null', 'Content-Type on GET', 'Content-Encoding', 'session odd', 'session long', 'Prefer deep', 'Prefer wait', 'X-Forwarded', 'Forwarded', 'TE', 'Trailer', 'Keep-Alive', 'Connection odd', 'Proxy', 'Upgrade-Insecure', 'Method override', 'Max-Forwards', 'traceparent', 'Sec-Fetch', 'smuggle GET body', 'blank lines only', 'many blank lines', 'two spaces', 'Host long', 'absolute https', '200 headers exactly', 'empty header values'],
    201: ['body: BOM', 'body: UTF-16', 'body: empty with type', 'body: no type', 'chunk of zero at once', 'chunk size upper', 'chunk long leading zeros', 'chunk ext long', 'TE tab', 'CL blank', 'CL tab', 'CL leading zeros', 'expect twice', 'expect with chunked'],
    204: ['method OPTIONS'],
    400: ['scenario that is none', 'scenario in escapes', 'tab in target', 'control in target', 'DEL in target', 'bytes in target', 'method PRI', 'Cookie controls', 'scenario odd', 'chunk size with blanks', 'chunk ext bare LF', 'chunk bare LF', 'chunk without CRLF', 'chunk hex prefix', 'chunk empty size', 'chunk sign', 'trailer malformed', 'TE vertical tab', 'TE blank before colon', 'TE empty', 'TE folded', 'CL float', 'CL exp', 'CL underscore', 'CL arabic', 'CL space inside', 'CL 2^64', 'smuggle CL.TE', 'HTTP/2 preface', 'TLS hello', 'SSH', 'SMTP', 'redis', 'proxy protocol', 'websocket frames', 'NUL bytes', 'leading blanks', 'tab separated', 'trailing blank after version', 'LF only head end', 'CR CR LF', 'first header folded', 'Host twice same', 'Host list', 'Host NUL', 'Host bytes', 'Host port long', 'Host bracket', 'absolute user', 'absolute port', 'absolute ftp', 'absolute backslash', 'absolute fragment', 'authority form'],
    404: ['control, escapes', 'dots', 'encoded dots', 'encoded slash', 'semicolon', 'backslash', 'colon', 'double slash', 'many slashes', 'many segments', 'tilde', 'braces', 'code 101', 'code 204', 'example that is none', 'fragment', 'control, dots', 'control, doubled', 'control, case', 'control, NUL', 'control, nothing there'],
    405: ['method TRACE', 'method PROPFIND', 'method PATCH', 'method PUT', 'method LINK', 'method M-SEARCH', 'method PURGE', 'method SOURCE'],
    406: ['Accept long', 'Accept nested quotes'],
    413: ['CL 2^63'],
    415: ['body: odd type', 'body: type without subtype', 'body: long type', 'body: form as JSON', 'body: multipart, no boundary', 'body: multipart, odd boundary', 'body: multipart, no end', 'body: multipart, many headers', 'body: multipart, long header', 'body: XML bomb', 'body: XML outside'],
    422: ['body: not JSON', 'body: NaN', 'body: deep JSON', 'body: deep objects', 'body: NUL JSON', 'body: lone surrogate', 'body: big integer', 'body: big exponent', 'body: odd charset', 'body: bytes', 'body: blank', 'body: gzip bytes', 'body: duplicate keys', 'body: long key'],
    431: ['201 headers'],
    501: ['smuggle TE xchunked'],
}  # fmt: skip
STATUSES = {name: status for status, names in ANSWERED.items() for name in names}


@pytest.fixture(scope="module", params=["--fast-lane", "--no-fast-lane"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("more")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures.yaml").write_text(FIXTURES)
    documents = folder / "openapi.yaml", "--fixtures", folder / "fixtures.yaml"
    with serving(*documents, "--max-body", "2000", request.param) as running:
        yield running
        assert "Traceback" not in running.log
        assert "internal-error" not in running.log


def test_every_request_has_its_answer() -> None:
    assert STATUSES.keys() == REQUESTS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_bytes_get_their_answer(server: Server, name: str) -> None:
    seen = talk(server.port, [REQUESTS[name]], answers=2)
    assert (seen.statuses, seen.closed) == ([STATUSES[name]], True), seen.received[-600:]
    expect_good(server)
