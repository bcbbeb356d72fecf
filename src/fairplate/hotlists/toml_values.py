"""The values of a TOML document by their keys, each of the kind asked for.

Decides kinds and sizes. Leaves to `definition.py` which keys there are and what they may say.
"""

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairplate.core.errors import InputError

_MAX_WORDS = 500
_MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class TomlValues:
    """One document; every function raises InputError naming the key."""

    where: str
    document: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str, *, where: str, keys: Sequence[str]) -> "TomlValues":
        """Return the values of `text`, which may have no other than these keys."""
        if len(text) > _MAX_CHARACTERS:
            expected = f"at most {_MAX_CHARACTERS} characters"
            raise InputError(where, "file", expected=expected, found=f"{len(text)}")
        try:
            document = tomllib.loads(text)
        # A number of thousands of digits is a ValueError, thousands of brackets a RecursionError.
        except (ValueError, RecursionError) as error:
            is_told = isinstance(error, tomllib.TOMLDecodeError)
            told = f"other text: {error}" if is_told else "no TOML"
            found = " ".join(told.split()).encode("ascii", "backslashreplace").decode("ascii")
            raise InputError(where, "file", expected="TOML", found=found[:200]) from None
        for key in sorted(set(document) - set(keys)):
            expected = f"one of the keys {', '.join(keys)}"
            raise InputError(where, show_key(key), expected=expected, found="another key")
        return cls(where, document)

    def error(self, key: str, expected: str, found: object) -> InputError:
        """Return the error about a key; `found` is the value, described here."""
        return InputError(self.where, key, expected=expected, found=describe(found))

    def refuse(self, key: str, expected: str, found: str) -> InputError:
        """Return the error about a key, with what was found in words."""
        return InputError(self.where, key, expected=expected, found=found)

    def text(self, key: str, *, most: int, default: str | None = None) -> str:
        """Return a line of text, `default` where there is no such key."""
        if default is not None and key not in self.document:
            return default
        value = self.document.get(key)
        expected = f"a line of 1 to {most} printable characters"
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.error(key, expected, value)
        if len(value) > most:
            raise self.refuse(key, expected, str(len(value)))
        return value.strip()

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.document.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "true or false", value)
        return value

    def one_of(self, key: str, words: Collection[str]) -> str:
        """Return the word, which must be one of `words`."""
        value = self.document.get(key)
        if not isinstance(value, str) or value not in words:
            raise self.error(key, f"one of {', '.join(words)}", value)
        return value

    def whole_number(self, key: str, *, default: int, most: int) -> int:
        """Return a number from 1 to `most`."""
        value = self.document.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise self.error(key, f"a whole number from 1 to {most}", value)
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, empty where there is no such key."""
        values = self.document.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise self.error(key, "a list of texts", values)
        self._require_few(key, len(values))
        return values

    def table(self, key: str) -> dict[str, str]:
        """Return a table of texts, empty where there is no such key."""
        table = self.document.get(key, {})
        if not isinstance(table, dict):
            raise self.error(key, "a table of texts", table)
        self._require_few(key, len(table))
        for name, value in table.items():
            if not isinstance(value, str):
                raise self.error(f"{key}.{show_key(name)}", "a text", value)
        return table

    def _require_few(self, key: str, count: int) -> None:
        if count > _MAX_WORDS:
            raise self.refuse(key, f"at most {_MAX_WORDS} texts", str(count))


def show_key(key: str) -> str:
    """Return a key as a message may name it."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]{1,40}", key) else ascii(key[:40])


def describe(value: object) -> str:
    """Return a value in a few printable words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return ascii(value[:40])
    kinds = {int: "a number", float: "a fraction", dict: "a table", list: "a list"}
    return kinds.get(type(value), "a date or time")
