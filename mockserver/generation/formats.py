"""Strings by ``format``: the static one, which is Prism's wherever that is valid, and the draw of a dynamic one."""

from collections.abc import Callable, Mapping

from mockserver.generation.chance import Chance
from mockserver.generation.fakes import FAKES
from mockserver.generation.words import Draw, draw_url, draw_word

Format = tuple[Callable[[str], str], Draw]


def static_uuid(name: str) -> str:
    """Return the UUID that Prism shows for a property of that name: the same for the same name, on every machine."""
    seed = 0
    units = (name or "id").encode("utf-16-le", "surrogatepass")
    for index in range(0, len(units), 2):
        seed = (seed * 31 + int.from_bytes(units[index : index + 2], "little")) & _MASK
    draw = _jsf32(seed)
    digits = ""
    for place in "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx":
        if place in "-4":
            digits += place
        else:
            digit = draw() >> 28
            digits += f"{digit if place == 'x' else digit & 0x3 | 0x8:x}"
    return digits


_MASK = 0xFFFFFFFF


def _jsf32(seed: int) -> Callable[[], int]:
    """Return Bob Jenkins' small fast generator, 32 bits a draw."""
    a = b = c = d = seed

    def draw() -> int:
        nonlocal a, b, c, d
        t = (a - (b << 27 | b >> 5)) & _MASK
        a = b ^ ((c << 17 | c >> 15) & _MASK)
        b = (c + d) & _MASK
        c = (d + t) & _MASK
        d = (a + t) & _MASK
        return d

    return draw


def _same(text: str) -> Callable[[str], str]:
    return lambda _: text


def _path(chance: Chance) -> str:
    return f"/{draw_word(chance)}"


def _host(chance: Chance) -> str:
    return f"{draw_word(chance)}.example.com"


def _time(chance: Chance) -> str:
    return str(FAKES["fake.datetime"].draw(chance)).partition("T")[2]


def _duration(chance: Chance) -> str:
    return f"P{chance.integer(1, 30)}DT{chance.integer(0, 23)}H"


def _base64(chance: Chance) -> str:
    return chance.base62(chance.integer(2, 6) * 4)


FORMATS: Mapping[str, Format] = {
    "date-time": (_same("2019-08-24T14:15:22Z"), FAKES["fake.datetime"].draw),
    "date": (_same("2019-08-24"), FAKES["fake.date"].draw),
    "time": (_same("14:15:22Z"), _time),
    "duration": (_same("P3D"), _duration),
    "email": (_same("user@example.com"), FAKES["fake.email"].draw),
    "idn-email": (_same("пользователь@пример.ру"), FAKES["fake.email"].draw),
    "hostname": (_same("example.com"), _host),
    "idn-hostname": (_same("пример.ру"), _host),
    "ipv4": (_same("192.168.0.1"), lambda chance: f"192.0.2.{chance.integer(1, 254)}"),
    "ipv6": (
        _same("2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
        lambda chance: f"2001:db8::{chance.integer(1, 65_535):x}",
    ),
    "uri": (_same("http://example.com"), draw_url),
    "url": (_same("http://example.com"), draw_url),
    "iri": (_same("http://пример.ру"), draw_url),
    "uri-reference": (_same("../dictionary"), _path),
    "iri-reference": (_same("../словарь"), _path),
    "uri-template": (
        _same("http://example.com/{endpoint}"),
        lambda chance: f"/{draw_word(chance)}/{{id}}",
    ),
    "uuid": (static_uuid, FAKES["fake.uuid"].draw),
    "json-pointer": (_same("/json/pointer"), _path),
    "relative-json-pointer": (
        _same("1/relative/json/pointer"),
        lambda chance: f"{chance.integer(0, 3)}{_path(chance)}",
    ),
    "regex": (_same("/regex/"), lambda chance: f"^{draw_word(chance)}$"),
    "byte": (_same("c3RyaW5n"), _base64),
    "base64": (_same("c3RyaW5n"), _base64),
    "base64url": (_same("c3RyaW5n"), _base64),
    "password": (_same("pa$$word"), lambda chance: chance.base62(14)),
    "decimal": (
        _same("1.5"),
        lambda chance: f"{chance.integer(0, 999)}.{chance.integer(10, 99)}",
    ),
    "unix-time": (
        _same("1566656122"),
        lambda chance: str(chance.integer(1_500_000_000, 1_790_000_000)),
    ),
}
"""By format: the static value, by name of the property, and the draw of a dynamic one."""
