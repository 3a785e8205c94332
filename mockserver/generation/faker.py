"""``x-faker``: a schema names the value it wants, by our names or by those of faker.js, as json-schema-faker reads them."""

from collections.abc import Mapping

from mockserver.generation.chance import Chance
from mockserver.generation.fakes import FAKES

KEYWORDS = ("x-faker", "faker")
_OURS = {
    "fake.city": "address.city location.city",
    "fake.company": "company.companyName company.name",
    "fake.country_code": "address.countryCode location.countryCode",
    "fake.boolean": "random.boolean datatype.boolean",
    "fake.datetime": "date.past date.recent date.future date.soon date.anytime date.between",
    "fake.email": "internet.email internet.exampleEmail",
    "fake.first_name": "name.firstName person.firstName",
    "fake.last_name": "name.lastName person.lastName",
    "fake.name": "name.findName name.fullName person.fullName",
    "fake.phone": "phone.phoneNumber phone.number",
    "fake.sentence": "lorem.sentence lorem.lines lorem.text hacker.phrase company.catchPhrase",
    "fake.username": "internet.userName internet.username internet.displayName",
    "fake.uuid": "random.uuid datatype.uuid string.uuid",
    "fake.word": "lorem.word lorem.slug random.word word.noun commerce.productName commerce.product",
}
_NAMES = {theirs: ours for ours, listed in _OURS.items() for theirs in listed.split()}


def draw_named(keywords: Mapping[str, object], chance: Chance) -> object:
    """Return what a schema's ``x-faker`` names, ``None`` where it has none that is known.

    The name may come with arguments: ``{"fake.integer": [1, 6]}``.
    """
    named = next((keywords[key] for key in KEYWORDS if key in keywords), None)
    arguments: list[object] = []
    if isinstance(named, dict) and len(named) == 1:
        ((named, given),) = named.items()
        arguments = given if isinstance(given, list) else [given]
    if not isinstance(named, str):
        return None
    fake = FAKES.get(named) or FAKES.get(f"fake.{named}") or FAKES.get(_NAMES.get(named, ""))
    if fake is None:
        return None
    if not fake.parameters:
        arguments = []  # faker.js takes options that ours have not
    types = fake.types or (object,) * len(arguments)
    sound = len(arguments) == len(types) and all(map(isinstance, arguments, types))
    if not sound or fake.check(*arguments):
        return None
    return fake.draw(chance, *arguments)
