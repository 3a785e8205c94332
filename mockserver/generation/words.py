"""Realistic values by format and by property name: small tables, in place of a library of twelve megabytes."""

import re
from collections.abc import Callable

from mockserver.generation.chance import Chance

_FIRST = [
    "Ada",
    "Alan",
    "Amara",
    "Anil",
    "Chen",
    "Clara",
    "Diego",
    "Edith",
    "Elif",
    "Farah",
    "Grace",
    "Hana",
    "Ibrahim",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
    "Linus",
    "Mei",
    "Noor",
    "Olga",
    "Priya",
    "Rosa",
    "Sven",
]
_LAST = [
    "Abebe",
    "Becker",
    "Costa",
    "Dubois",
    "Evans",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Kim",
    "Larsen",
    "Mendes",
    "Novak",
    "Okafor",
    "Patel",
    "Rossi",
    "Silva",
    "Tanaka",
    "Weber",
]
_CITIES = [
    "Accra",
    "Berlin",
    "Bogota",
    "Bristol",
    "Cairo",
    "Dublin",
    "Hanoi",
    "Lagos",
    "Lima",
    "Lisbon",
    "Lyon",
    "Nairobi",
    "Oslo",
    "Porto",
    "Quito",
    "Riga",
    "Seoul",
    "Turin",
    "Vienna",
    "Zagreb",
]
_STREETS = [
    "Alder",
    "Birch",
    "Cedar",
    "Dock",
    "Elm",
    "Foundry",
    "Garden",
    "Harbour",
    "Iris",
    "Juniper",
    "Lime",
    "Maple",
    "Orchard",
    "Park",
    "River",
    "Station",
]
_WORDS = [
    "amber",
    "basin",
    "cobalt",
    "delta",
    "ember",
    "fable",
    "grove",
    "harbor",
    "island",
    "jetty",
    "kernel",
    "lantern",
    "meadow",
    "nectar",
    "orbit",
    "pebble",
    "quarry",
    "ripple",
    "summit",
    "timber",
]
_COMPANIES = [
    "Acme",
    "Northwind",
    "Bluebird",
    "Cobalt",
    "Drift",
    "Evergreen",
    "Fieldstone",
    "Granite",
]
_COUNTRIES = [
    "BR",
    "CA",
    "DE",
    "EG",
    "ES",
    "FR",
    "GB",
    "GH",
    "IN",
    "IT",
    "JP",
    "KE",
    "KR",
    "MX",
    "NL",
    "NO",
    "PT",
    "SE",
    "US",
    "ZA",
]
_CURRENCIES = ["brl", "cad", "chf", "eur", "gbp", "inr", "jpy", "nok", "sek", "usd"]
_COLORS = [
    "amber",
    "black",
    "blue",
    "green",
    "grey",
    "indigo",
    "orange",
    "red",
    "teal",
    "violet",
    "white",
    "yellow",
]

Draw = Callable[[Chance], str]


def _sentence(chance: Chance) -> str:
    words = [chance.choice(_WORDS) for _ in range(chance.integer(4, 8))]
    return f"{words[0].capitalize()} {' '.join(words[1:])}."


def _email(chance: Chance) -> str:
    return f"{chance.choice(_FIRST).lower()}.{chance.choice(_LAST).lower()}@example.com"


def _date(chance: Chance) -> str:
    return f"{chance.integer(2019, 2026)}-{chance.integer(1, 12):02}-{chance.integer(1, 28):02}"


def _time(chance: Chance) -> str:
    return f"{chance.integer(0, 23):02}:{chance.integer(0, 59):02}:{chance.integer(0, 59):02}Z"


def _uuid(chance: Chance) -> str:
    digits = chance.bytes(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{'89ab'[int(digits[16], 16) % 4]}{digits[17:20]}-{digits[20:]}"


def _base64(chance: Chance) -> str:
    return f"{chance.base62(chance.integer(2, 6) * 4)}"


def _url(chance: Chance) -> str:
    return f"https://example.com/{chance.choice(_WORDS)}/{chance.choice(_WORDS)}"


def _join(*draws: Draw, between: str = " ") -> Draw:
    return lambda chance: between.join(draw(chance) for draw in draws)


def _of(words: list[str]) -> Draw:
    return lambda chance: chance.choice(words)


FORMATS: dict[str, tuple[str, Draw]] = {
    "date-time": ("2019-08-24T14:15:22Z", lambda chance: f"{_date(chance)}T{_time(chance)}"),
    "date": ("2019-08-24", _date),
    "time": ("14:15:22Z", _time),
    "duration": ("P3D", lambda chance: f"P{chance.integer(1, 30)}DT{chance.integer(0, 23)}H"),
    "email": ("user@example.com", _email),
    "idn-email": ("user@example.com", _email),
    "hostname": ("example.com", lambda chance: f"{chance.choice(_WORDS)}.example.com"),
    "idn-hostname": ("example.com", lambda chance: f"{chance.choice(_WORDS)}.example.com"),
    "ipv4": ("192.0.2.1", lambda chance: f"192.0.2.{chance.integer(1, 254)}"),
    "ipv6": ("2001:db8::1", lambda chance: f"2001:db8::{chance.integer(1, 65535):x}"),
    "uri": ("https://example.com", _url),
    "url": ("https://example.com", _url),
    "iri": ("https://example.com", _url),
    "uri-reference": ("/example", lambda chance: f"/{chance.choice(_WORDS)}"),
    "iri-reference": ("/example", lambda chance: f"/{chance.choice(_WORDS)}"),
    "uri-template": ("/example/{id}", lambda chance: f"/{chance.choice(_WORDS)}/{{id}}"),
    "uuid": ("497f6eca-6276-4993-bfeb-53cbbbba6f08", _uuid),
    "json-pointer": ("/example", lambda chance: f"/{chance.choice(_WORDS)}"),
    "relative-json-pointer": ("0", lambda chance: str(chance.integer(0, 3))),
    "regex": ("^example$", lambda chance: f"^{chance.choice(_WORDS)}$"),
    "byte": ("c3RyaW5n", _base64),
    "base64": ("c3RyaW5n", _base64),
    "base64url": ("c3RyaW5n", _base64),
    "password": ("pa$$word", lambda chance: chance.base62(14)),
    "decimal": ("1.5", lambda chance: f"{chance.integer(0, 999)}.{chance.integer(10, 99)}"),
    "unix-time": ("1566656122", lambda chance: str(chance.integer(1_500_000_000, 1_790_000_000))),
}
"""By format: the static value and the draw of a dynamic one."""

_NAMES: list[tuple[str, Draw]] = [
    (r"e_?mail", _email),
    (r"first_?name|given_?name|forename", _of(_FIRST)),
    (r"last_?name|family_?name|surname", _of(_LAST)),
    (
        r"(user|login|nick)_?(name)?|handle|screen_?name",
        lambda chance: f"{chance.choice(_FIRST).lower()}{chance.integer(1, 99)}",
    ),
    (r"company|organi[sz]ation|vendor|merchant", _join(_of(_COMPANIES), lambda _: "Ltd")),
    (
        r"(full_?|display_?|customer_?|owner_?|author_?)name|author|owner",
        _join(_of(_FIRST), _of(_LAST)),
    ),
    (r".*name|title|subject|label", _join(_of(_WORDS), _of(_WORDS))),
    (r"phone(_?number)?|mobile|fax|tel", lambda chance: f"+1555{chance.integer(0, 9_999_999):07}"),
    (r"city|town|locality", _of(_CITIES)),
    (r"country(_?code)?", _of(_COUNTRIES)),
    (r"currency(_?code)?", _of(_CURRENCIES)),
    (r"(zip|postal)(_?code)?|postcode", lambda chance: f"{chance.integer(10_000, 99_999)}"),
    (
        r"(street|address)(_?line)?_?1?",
        lambda chance: f"{chance.integer(1, 199)} {chance.choice(_STREETS)} Street",
    ),
    (r"colou?r", _of(_COLORS)),
    (r"locale|lang(uage)?", _of(["de", "en", "es", "fr", "it", "ja", "pt"])),
    (r".*(url|uri|href|link|website|homepage|avatar|image|photo)", _url),
    (
        r".*(_at|date_?time|timestamp|created|updated|modified|expires)",
        lambda chance: f"{_date(chance)}T{_time(chance)}",
    ),
    (r".*date|birthday", _date),
    (r".*(description|comment|message|summary|bio|body|text|content|note|reason)s?", _sentence),
    (r".*(uuid|guid)", _uuid),
    (r"(.*_)?id|.*Id", lambda chance: chance.base62(12)),
    (r".*(token|secret|key|hash|signature|cursor)", lambda chance: chance.base62(24)),
    (
        r".*version",
        lambda chance: f"{chance.integer(0, 9)}.{chance.integer(0, 20)}.{chance.integer(0, 9)}",
    ),
    (r"ip(_?address)?", lambda chance: f"192.0.2.{chance.integer(1, 254)}"),
]
_COMPILED = [(re.compile(pattern, re.IGNORECASE), draw) for pattern, draw in _NAMES]


def draw_text(name: str, chance: Chance) -> str:
    """Return a text that suits a property's name, else a word."""
    for pattern, draw in _COMPILED:
        if pattern.fullmatch(name):
            return draw(chance)
    return chance.choice(_WORDS)
