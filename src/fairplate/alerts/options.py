"""The options of one channel as the settings give them, checked one by one.

Decides that an unknown option is an error, as is a missing one or one of another type: nobody
should believe in an option that does nothing. Leaves to the channels which options they know.
"""

import ssl
from collections.abc import Collection, Mapping
from pathlib import Path

from fairplate.alerts.secret_files import read_secret
from fairplate.core.errors import InputError

MAX_TEXT = 1024


class Options:
    """The options of channel `name`; every method raises InputError for what is not as it must be.

    Messages tell what kind of value was found and never the value: it may be a misplaced secret.
    """

    def __init__(
        self, name: str, given: Mapping[str, object], folder: Path, *, known: Collection[str]
    ) -> None:
        """Refuse options that are not `known`; relative paths begin at `folder`."""
        self.where = f"channels.{name}"
        self._given = given
        self._folder = folder
        for key in sorted(map(str, given.keys() - set(known))):
            expected = f"one of {', '.join(sorted(known))}"
            raise InputError(self.where, ascii(key[:40]), expected=expected, found="another option")

    def has(self, key: str) -> bool:
        """Say whether the option is given."""
        return key in self._given

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text of one printable line; without a `default` it must be there."""
        value = self._given.get(key, default)
        if value is None:
            raise self.error(key, expected="a text", found="none")
        if not isinstance(value, str) or not value or not value.isprintable():
            raise self.error(key, expected="a text of one line", found=_kind(value))
        if len(value) > MAX_TEXT:
            raise self.error(key, expected=f"at most {MAX_TEXT} characters", found="more")
        return value

    def one_of(self, key: str, words: Collection[str], default: str) -> str:
        """Return one of `words`."""
        value = self._given.get(key, default)
        if not isinstance(value, str) or value not in words:
            raise self.error(key, expected=" or ".join(words), found=_kind(value))
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._given.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, expected="true or false", found=_kind(value))
        return value

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        value = self._given.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            expected = f"a whole number from {least} to {most}"
            raise self.error(key, expected=expected, found=_kind(value))
        return value

    def secret(self, key: str) -> bytes:
        """Return what the private file at the option's path holds."""
        return read_secret(self._path(key), where=self.where, field=key)

    def secret_text(self, key: str) -> str:
        """Return the one line of UTF-8 that the private file at the option's path holds."""
        try:
            text = self.secret(key).decode()
        except UnicodeDecodeError:
            text = ""
        if not text or not text.isprintable():
            raise self.error(key, expected="one printable line in the file", found="another")
        return text

    def tls(self, key: str = "ca_file") -> ssl.SSLContext:
        """Return how TLS is verified: by the system's authorities, or by the file's alone."""
        if not self.has(key):
            return ssl.create_default_context()
        try:
            return ssl.create_default_context(cafile=self._path(key))
        except (OSError, ValueError):  # SSLError is an OSError
            expected = "a file of certificates in PEM form"
            raise self.error(key, expected=expected, found="another, or none") from None

    def error(self, key: str, *, expected: str, found: str) -> InputError:
        """Return the error about one option."""
        return InputError(self.where, key, expected=expected, found=found)

    def _path(self, key: str) -> Path:
        return self._folder / self.text(key)


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "another text" if value else "an empty text"
    return f"another {'number' if type(value) in {int, float} else type(value).__name__}"
