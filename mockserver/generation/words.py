"""Text that suits a property's name: small tables, in place of a library of twelve megabytes."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from mockserver.generation.chance import Chance
from mockserver.generation.fakes import FAKES

Draw = Callable[[Chance], object]

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
]
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
_CURRENCIES = ["brl", "cad", "chf", "eur", "gbp", "inr", "jpy", "nok", "sek", "usd"]
_LANGUAGES = ["de", "en", "es", "fr", "it", "ja", "pt"]


def draw_word(chance: Chance) -> str:
    """Return a word in lower case."""
    return str(FAKES["fake.word"].draw(chance))


def draw_url(chance: Chance) -> str:
    """Return a URL on a host that nobody owns (RFC 2606 §3)."""
    return f"https://example.com/{draw_word(chance)}/{draw_word(chance)}"


def _of(items: Sequence[str]) -> Draw:
    return lambda chance: chance.choice(items)


def _title(chance: Chance) -> str:
    return f"{draw_word(chance).capitalize()} {draw_word(chance)}"


def _street(chance: Chance) -> str:
    return f"{chance.integer(1, 199)} {chance.choice(_STREETS)} Street"


def _version(chance: Chance) -> str:
    return f"{chance.integer(0, 9)}.{chance.integer(0, 20)}.{chance.integer(0, 9)}"


_NAMES: list[tuple[str, Draw]] = [
    (r".*e_?mail(_?address)?", FAKES["fake.email"].draw),
    (r"first_?name|given_?name|forename", FAKES["fake.first_name"].draw),
    (r"last_?name|family_?name|surname", FAKES["fake.last_name"].draw),
    (r"(user|login|nick)_?(name)?|handle|screen_?name", FAKES["fake.username"].draw),
    (r"(company|organi[sz]ation|vendor|merchant)(_?name)?", FAKES["fake.company"].draw),
    (r"((full|display|customer|owner|author)_?name)|author|owner", FAKES["fake.name"].draw),
    (r".*name|title|subject|label", _title),
    (r".*phone(_?number)?|mobile|fax|tel", FAKES["fake.phone"].draw),
    (r"city|town|locality", FAKES["fake.city"].draw),
    (r"country(_?code)?", FAKES["fake.country_code"].draw),
    (r"currency(_?code)?", _of(_CURRENCIES)),
    (r"((zip|postal)(_?code)?)|postcode", lambda chance: str(chance.integer(10_000, 99_999))),
    (r"(street|address)(_?line)?_?1?", _street),
    (r"colou?r", _of(_COLORS)),
    (r"locale|lang(uage)?", _of(_LANGUAGES)),
    (r".*(url|uri|href|link|website|homepage|avatar|image|photo)", draw_url),
    (r".*(_at|date_?time|timestamp|created|updated|modified|expires)", FAKES["fake.datetime"].draw),
    (r".*date|birthday", FAKES["fake.date"].draw),
    (
        r".*(description|comment|message|summary|bio|body|text|content|note|reason)s?",
        FAKES["fake.sentence"].draw,
    ),
    (r".*(uuid|guid)", FAKES["fake.uuid"].draw),
    (r"(.*_)?id|.*Id", lambda chance: chance.base62(12)),
    (r".*(token|secret|key|hash|signature|cursor)", lambda chance: chance.base62(24)),
    (r".*version", _version),
    (r"ip(_?address)?", lambda chance: f"192.0.2.{chance.integer(1, 254)}"),
]
_COMPILED = [(re.compile(pattern, re.IGNORECASE), draw) for pattern, draw in _NAMES]


def draw_text(name: str, chance: Chance) -> str:
    """Return a text that suits a property's name, else a word."""
    return str(_draw_of(name)(chance))


@lru_cache(maxsize=4096)
def _draw_of(name: str) -> Draw:
    for pattern, draw in _COMPILED:
        if pattern.fullmatch(name):
            return draw
    return draw_word
