"""`Fields`: one object of a payload, looked at by names whose spelling vendors vary.

`Vehicle Brand`, `vehicle_brand`, `@vehicleBrand` are one name. What is absent, a sentinel, or of a
type that cannot be meant is None: a broken camera name must not lose a read. Only what makes a read
one is demanded, by `demand_*`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairplate.core.reads import LARGEST_NUMBER, Box
from fairplate.ingest.key_values import listed
from fairplate.ingest.limits import MAX_TEXT_LENGTH
from fairplate.ingest.sentinels import is_nothing
from fairplate.ingest.vendor import PayloadError, Worded
from fairplate.ingest.xml_texts import TEXT

_LONGEST_NAME = 100
"""What follows in a longer name is not looked at."""


def fold(name: str) -> str:
    """Return a name as it is compared: letters and digits, without case."""
    return "".join(filter(str.isalnum, name[:_LONGEST_NAME])).casefold()


@dataclass(frozen=True, slots=True)
class Fields:
    """The values of one object by folded name. Names are given folded."""

    vendor: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, vendor: str, value: Any) -> "Fields":
        """Return the fields of a dict; anything else has none."""
        if isinstance(value, str):
            return cls(vendor, {fold(TEXT): value})
        given = value if isinstance(value, dict) else {}
        return cls(vendor, {fold(str(name)): item for name, item in given.items()})

    def __contains__(self, name: str) -> bool:
        """Say whether the field is there, be it null."""
        return name in self.values

    def raw(self, *names: str) -> Any:
        """Return the first that is there and not null."""
        return next((self.values[n] for n in names if self.values.get(n) is not None), None)

    def inner(self, *names: str) -> "Fields":
        """Return the object of that name; without any field if there is none."""
        value = self.raw(*names)
        return Fields.of(self.vendor, value[0] if isinstance(value, list) and value else value)

    def items(self, *names: str) -> list["Fields"]:
        """Return the objects of a list; a lone object is a list of one."""
        return [Fields.of(self.vendor, item) for item in self.each(*names)]

    def each(self, *names: str) -> list[Any]:
        """Return what a list holds, also one that is written with indices."""
        value = self.raw(*names)
        if isinstance(value, dict):
            return listed(value) or [value]
        return value if isinstance(value, list) else [] if value is None else [value]

    def demand_items(self, *names: str) -> list["Fields"]:
        """Return the objects of a list; raise PayloadError if it is there and holds others."""
        found = self.each(*names)
        if all(isinstance(item, dict) for item in found):
            return [Fields.of(self.vendor, item) for item in found]
        raise PayloadError(self.vendor, names[0], expected="objects", found="another value")

    def text(self, *names: str) -> str | None:
        """Return the first of the names that has a word or a number, as text on one line."""
        return next((t for t in map(self._text, names) if t is not None), None)

    def worded(self, *names: str) -> Worded | None:
        """Return a word or number as given; a text of a number alone is that number."""
        text = self.text(*names)
        if text is None:
            return None
        number = as_number(text)
        if number is None:
            return text
        return int(number) if number.is_integer() and "." not in text else number

    def moving(self, *names: str) -> Worded | None:
        """Return a speed; 0 and less are what cameras send that do not measure it."""
        speed = self.worded(*names)
        return None if isinstance(speed, int | float) and speed <= 0 else speed

    def number(self, *names: str) -> float | None:
        """Return a number, also one written as text."""
        text = self.text(*names)
        return None if text is None else as_number(text)

    def flag(self, *names: str) -> bool:
        """Say whether it is true, 1 or yes in any spelling."""
        value = self.raw(*names)
        return str(value).strip().casefold() in {"true", "1", "yes", "on"}

    def demand_plate(self, *names: str) -> str:
        """Return the text where a plate stands, empty if it is absent or null.

        Raises PayloadError if it is neither a text nor a whole number.
        """
        value = _unwrapped(self.raw(*names))
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise PayloadError(self.vendor, names[0], expected="a text", found=_kind_of(value))
        return str(value)

    def _text(self, name: str) -> str | None:
        value = _unwrapped(self.values.get(name))
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        text = value if isinstance(value, str) else repr(value)
        if len(text) > MAX_TEXT_LENGTH or is_nothing(text):
            return None
        # Also of lone surrogates, which JSON can escape and no file can hold.
        words = "".join(c if c.isprintable() else " " for c in text).split()
        return " ".join(words) or None


def as_number(text: str) -> float | None:
    """Return the finite number that is all of `text`; a comma may stand for the point."""
    plain = text.strip().removesuffix("%").strip().replace(",", ".")
    # float() also takes words, underscores and other scripts' digits.
    if not plain or not plain.isascii() or plain.strip("0123456789.eE+-"):
        return None
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def corners(left: Any, top: Any, right: Any, bottom: Any) -> Box | None:
    """Return the box between two corners; None unless they are numbers that span one."""
    numbers = [as_number(str(one)) for one in (left, top, right, bottom)]
    known = [one for one in numbers if one is not None and abs(one) < LARGEST_NUMBER / 2]
    if len(known) != len(numbers):
        return None
    x1, y1, x2, y2 = map(round, known)
    return Box(x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def sized(left: Any, top: Any, width: Any, height: Any) -> Box | None:
    """Return the box of a corner and a size; None unless they are numbers that span one."""
    numbers = [as_number(str(one)) for one in (left, top, width, height)]
    if None in numbers:
        return None
    x, y, w, h = (one or 0.0 for one in numbers)
    return corners(x, y, x + w, y + h)


def search(tree: Any, name: str) -> Iterator[Any]:
    """Yield what stands under a folded name anywhere in the tree, in document order."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if fold(str(key)) == name:
                yield from value if isinstance(value, list) else [value]
            else:
                yield from search(value, name)
    elif isinstance(tree, list):
        for value in tree:
            yield from search(value, name)


def _unwrapped(value: Any) -> Any:
    # An XML element with attributes beside its text.
    return value[TEXT] if isinstance(value, dict) and TEXT in value else value


def _kind_of(value: Any) -> str:
    names = {bool: "true or false", float: "a fraction", list: "a list", dict: "an object"}
    return names.get(type(value), "another value")
