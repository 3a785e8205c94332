"""What the makers of objects, arrays and scalars share: where they are in a value, and what they may ask for."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from mockserver.generation.chance import Chance
from mockserver.generation.flatten import Flat
from mockserver.schemas import Schema

Path = tuple[str | int, ...]


class Unsatisfiable(ValueError):
    """No value was found for a schema; one sentence without a final full stop."""


class TooLarge(Unsatisfiable):
    """The value would be larger than what is generated: trying again is of no use."""


class Spot(NamedTuple):
    """Where in a value something is made.

    Attributes:
        path: From the root of the value.
        seen: How often each reference was entered on the way here.
        room: How many objects and arrays may be made below, shared among siblings so that none starves another.
            Below one, only what must be there is made.
        salt: Another number makes another value.
        bare: Optional properties of this object, but not of those below, are left out.
    """

    path: Path = ()
    seen: Mapping[str, int] = {}
    room: float = 0.0
    salt: int = 0
    bare: bool = False

    @property
    def name(self) -> str:
        """The name of the property that this is, or is an item of; empty at the root."""
        return next((token for token in reversed(self.path) if isinstance(token, str)), "")

    @property
    def member(self) -> str:
        """The name of the property that this is; empty for an item and the root."""
        last = self.path[-1] if self.path else ""
        return last if isinstance(last, str) else ""

    def below(self, token: str | int, room: float) -> "Spot":
        """Return the spot of a member."""
        return Spot((*self.path, token), self.seen, room, self.salt)


class Maker(Protocol):
    """Makes the parts of one value.

    Attributes:
        fill_properties: Optional properties are there.
        dynamic: Values are drawn even where a static one would do.
    """

    fill_properties: bool
    dynamic: bool

    def node(self, schema: Schema, spot: Spot) -> object:
        """Return a value for a schema; raises ``Unsatisfiable``."""
        ...

    def flat(self, schema: Schema) -> Flat:
        """Return a schema's flat form."""
        ...

    def fits(self, value: object, schema: Schema) -> bool:
        """Tell whether a value fits a schema."""
        ...

    def is_wide(self, schema: Schema) -> bool:
        """Tell whether a schema's value is an object or an array, which takes room."""
        ...

    def chance(self, spot: Spot) -> Chance:
        """Return the chance of a spot, the same each time."""
        ...

    def may_drop(self, spot: Spot) -> bool:
        """Note that what is at a spot may be left out; tell whether it was found to break the value."""
        ...

    def is_hidden(self, flat: Flat) -> bool:
        """Tell whether the other side alone sends what has this schema (``readOnly``, ``writeOnly``)."""
        ...
