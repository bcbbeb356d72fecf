"""Real tokens of SoftHSM2 for tests, each in a folder of its own, and keyrings in them."""

import contextlib
import importlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fairplate.core.periods import Period, period_at
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName
from fairplate.vault.keyring import KeyringOptions, TokenOptions
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring, labels

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
LABEL, PIN, SO_PIN = "fairplate-test", "246813579", "97531864"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TODAY = period_at(NOON, DAY)
TOMORROW = period_at(TODAY.end, DAY)
UNTIL = TODAY.start + 30 * DAY
NAMES = (TODAY, HitsKeyName(TODAY), CaseKeyName("theft-2026-17"))


@dataclass(frozen=True)
class SoftToken:
    """One token; the library finds it through the file `config`, named in SOFTHSM2_CONF."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "softhsm2.conf"

    @property
    def store(self) -> Path:
        """The folder in which SoftHSM keeps its tokens, a folder each."""
        return self.folder / "tokens"

    @property
    def options(self) -> TokenOptions:
        return TokenOptions(MODULE, LABEL, self.folder / "pin")

    def initialise(self) -> None:
        """Make a token beside those that are there."""
        pins = ["--so-pin", SO_PIN, "--pin", PIN]
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", LABEL, *pins],
            env={**os.environ, "SOFTHSM2_CONF": str(self.config)},
            check=True,
            capture_output=True,
        )


def make_soft_token(folder: Path) -> SoftToken:
    """Make a token and its PIN file in `folder`, which exists."""
    token = SoftToken(folder)
    token.store.mkdir(mode=0o700)
    token.config.write_text(f"directories.tokendir = {token.store}\nlog.level = ERROR\n")
    token.options.pin_file.touch(mode=0o600)
    token.options.pin_file.write_text(f"{PIN}\n")
    token.initialise()
    return token


def forget_logins() -> None:
    """Let this process know no token, as one that has just begun."""
    from fairplate.vault.keyrings.pkcs11 import access  # noqa: PLC0415 - needs an extra

    access.forget_logins()


def require_softhsm() -> None:
    """Skip the test, or the module, where what it needs is not installed; in CI, fail it."""
    missing = [] if MODULE.exists() and shutil.which("softhsm2-util") else ["softhsm2"]
    missing += [] if importlib.util.find_spec("pkcs11") else ["python-pkcs11"]
    say = f"the pkcs11 keyring is tested with {' and '.join(missing)}, not installed here"
    if missing and os.environ.get("CI"):
        pytest.fail(say)
    elif missing:
        pytest.skip(say, allow_module_level=True)


def import_pkcs11() -> Any:
    """Return the package, which is an extra."""
    require_softhsm()
    return importlib.import_module("pkcs11")


@pytest.fixture
def soft_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftToken]:
    """Make a token for one test, and let this process know no other."""
    require_softhsm()
    folder = tmp_path / "softhsm"
    folder.mkdir()
    token = make_soft_token(folder)
    monkeypatch.setenv("SOFTHSM2_CONF", str(token.config))
    forget_logins()
    yield token
    forget_logins()


class Place:
    """A token, a directory, and the time to set."""

    def __init__(self, token: SoftToken, directory: Path) -> None:
        self.token = token
        self.now = NOON
        random_bytes = Random(7).randbytes  # noqa: S311 - a test's identity
        options = KeyringOptions(directory, lambda: self.now, random_bytes)
        self.options = replace(options, token=token.options)

    def create(self) -> Pkcs11Keyring:
        return Pkcs11Keyring.create(self.options)

    def open(self) -> Pkcs11Keyring:
        return Pkcs11Keyring.open(self.options)

    @contextlib.contextmanager
    def objects(self) -> Iterator[Any]:
        """Look into the token past the keyring, as somebody else with the PIN can."""
        from fairplate.vault.keyrings.pkcs11.access import logged_in  # noqa: PLC0415 - an extra
        from fairplate.vault.keyrings.pkcs11.objects import TokenObjects  # noqa: PLC0415

        with logged_in(self.token.options, self.options.directory, "testing") as (session, _):
            yield TokenObjects(session, self.now)

    @contextlib.contextmanager
    def session(self) -> Iterator[Any]:
        with self.objects() as objects:
            yield objects._session

    def labels(self) -> list[str]:
        from pkcs11 import Attribute  # noqa: PLC0415 - an extra

        with self.session() as session:
            return sorted(found[Attribute.LABEL].decode() for found in session.get_objects())

    def put_key(self, name: KeyName, value: bytes | None = None, **other: Any) -> Any:
        """Put a secret key under the keyring's label, made as it makes keys but for `other`."""
        from pkcs11 import Attribute, KeyType, ObjectClass  # noqa: PLC0415 - an extra

        template: dict[Any, Any] = {
            Attribute.ID: labels.key_id(name),
            Attribute.LABEL: labels.key_label(name, UNTIL),
            Attribute.TOKEN: True,
            Attribute.PRIVATE: True,
            Attribute.SENSITIVE: True,
            Attribute.EXTRACTABLE: False,
            Attribute.MODIFIABLE: False,
            Attribute.COPYABLE: False,
            Attribute.SIGN: True,
            Attribute.VERIFY: False,
        }
        template |= {Attribute[attribute]: given for attribute, given in other.items()}
        with self.session() as session:
            if value is None:
                bits = template.pop(Attribute.VALUE_LEN, 32) * 8
                return session.generate_key(
                    KeyType.GENERIC_SECRET, bits, capabilities=0, template=template
                )
            template[Attribute.CLASS] = ObjectClass.SECRET_KEY
            template[Attribute.KEY_TYPE] = KeyType.GENERIC_SECRET
            return session.create_object({**template, Attribute.VALUE: value})


def use(keyring: Pkcs11Keyring, name: KeyName) -> bytes:
    """Return what the keyring derives under `name`."""
    if isinstance(name, Period):
        return keyring.reader_keys(name, ["gate-3"])[0].secret
    return keyring.own_key(name).secret


@pytest.fixture
def place(soft_token: SoftToken, tmp_path: Path) -> Place:
    return Place(soft_token, tmp_path / "keys")


@pytest.fixture
def keyring(place: Place) -> Pkcs11Keyring:
    return place.create()
