"""Multipart bodies into their parts (RFC 2046 §5.1, RFC 7578); what a part means is the business of ``forms``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mockserver.validation.errors import DecodeError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_PARTS = 1000
_MOST_PART_HEADERS = 20


class Part(NamedTuple):
    """One part of a form.

    Attributes:
        filename: ``None`` where the part is a field.
        content_type: Empty where the part does not say.
    """

    name: str
    filename: str | None
    content_type: str
    data: bytes


def read_parts(raw: bytes, content_type: str) -> Iterator[Part]:
    """Yield the named parts of a multipart body.

    Raises:
        DecodeError: It has no boundary, is cut short, or has too many parts.
    """
    from python_multipart.multipart import parse_options_header

    for headers, data in read_raw_parts(raw, content_type):
        disposition, names = parse_options_header(headers.get(b"content-disposition", b""))
        if disposition == b"form-data" and b"name" in names:
            filename = names.get(b"filename")
            yield Part(
                names[b"name"].decode("utf-8", "replace"),
                filename.decode("utf-8", "replace") if filename is not None else None,
                headers.get(b"content-type", b"").decode("latin-1"),
                data,
            )


def read_raw_parts(raw: bytes, content_type: str) -> list[tuple[dict[bytes, bytes], bytes]]:
    """Return the parts of a multipart body, named or not: headers by lower-case name, and data.

    Raises:
        DecodeError: It has no boundary, is cut short, or has too many parts.
    """
    # Imported here: most servers never see a form, and it takes 30 ms.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise DecodeError("the Content-Type of the multipart body has no boundary")
    collected = _Parts()
    try:
        parser = MultipartParser(
            boundary, collected.callbacks(), max_header_count=_MOST_PART_HEADERS
        )
        parser.write(raw)
        parser.finalize()
    except FormParserError as error:
        raise DecodeError("this is not multipart, or it is cut short") from error
    if not collected.complete:
        raise DecodeError("the multipart body is cut short")
    return collected.parts


def write_part(part: Part, boundary: str) -> bytes:
    """Return one part with the delimiter before it; names are escaped as browsers do."""
    name = part.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    head = f'content-disposition: form-data; name="{name}"'
    if part.filename is not None:
        head += f'; filename="{part.filename}"'
    if part.content_type:
        head += f"\r\ncontent-type: {part.content_type}"
    return write_raw_part(head, part.data, boundary)


def write_raw_part(head: str, data: bytes, boundary: str) -> bytes:
    """Return a part with the delimiter before it; ``head`` holds its headers without the last line break."""
    return f"--{boundary}\r\n{head}\r\n\r\n".encode("utf-8", "replace") + data + b"\r\n"


class _Parts:
    """Collects what the parser reports."""

    def __init__(self) -> None:
        self.parts: list[tuple[dict[bytes, bytes], bytes]] = []
        self.complete = False
        self._field = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._data: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        """Return the parser's callbacks by name."""
        return {
            "on_part_begin": self._on_begin,
            "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
            "on_part_end": lambda: self.parts.append((self._headers, b"".join(self._data))),
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_end": self._on_end,
        }

    def _on_begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise DecodeError(f"the multipart body has more than {_MOST_PARTS} parts")
        self._headers, self._data = {}, []

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_end(self) -> None:
        self.complete = True
