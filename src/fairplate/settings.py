"""Settings: where the database, the keyring, the log and the backups of one deployment are.

Decides what `fairplate.toml` may say. Touches nothing but that file, which `wiring/` alone reads.

    [database]
    url = "sqlite:///database/fairplate.db"    # or postgresql://user@host/name
    backups = ["database"]                     # folders that backups take along

    [keyring]
    kind = "file"                              # or pkcs11
    directory = "keyring"
    key_file = "/etc/fairplate/keyring.key"    # file: what wraps the secrets, if kept elsewhere
    module = "/usr/lib/…/libpkcs11.so"         # pkcs11: the token's library, its label, its PIN
    token = "fairplate"
    pin_file = "/etc/fairplate/pin"

    [log]
    directory = "log"                          # the published audit log
    keys = "log-keys"                          # what signs it and seals its private parts

    [server]                                   # where `fairplate serve` listens; docs/server.md
    address = "127.0.0.1"
    port = 8750
    tls_certificate = "/etc/fairplate/tls.pem"
    tls_key = "/etc/fairplate/tls.key"
    behind_proxy = false

    [channels.mail]                            # how people are told; docs/channels.md
    kind = "email"
    …

    [subscribers.duty-desk]                    # who is told; docs/alerts.md
    channel = "mail"
    address = "desk@example.org"

Relative paths begin at the folder of the file.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fairplate.core.errors import InputError

FILE_NAME = "fairplate.toml"
DEFAULT_FOLDER = Path("/var/lib/fairplate")
MAX_FILE_BYTES = 64 * 1024
SQLITE = "sqlite:///"
KEYRINGS = {"file": ("key_file",), "pkcs11": ("module", "token", "pin_file")}
"""What each kind of keyring needs beside its directory; key_file may be left out."""

DEFAULT_KEYRING = "file"

DATABASE_FOLDER, KEYRING_FOLDER = "database", "keyring"
LOG_FOLDER, LOG_KEYS_FOLDER = "log", "log-keys"
"""Where they are unless the settings say otherwise: beside each other, never one in the other."""

_TABLES = frozenset({"database", "keyring", "log", "server", "channels", "subscribers", "readers"})
_DATABASE_KEYS = frozenset({"url", "backups"})
_KEYRING_KEYS = frozenset({"kind", "directory"}.union(*KEYRINGS.values()))
_LOG_KEYS = frozenset({"directory", "keys"})
_SERVER_KEYS = frozenset(
    {"address", "port", "tls_certificate", "tls_key", "behind_proxy", "public_url"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment's settings; every path is absolute. The URL may hold a password.

    `server` and `readers` are checked where they are used. `channels` and `subscribers` are
    tables by name, which wiring gives to the alerts to check.
    """

    folder: Path
    database_url: str = field(repr=False)
    backups: tuple[Path, ...]
    keyring_kind: str
    keyring_directory: Path
    log_directory: Path
    log_keys: Path
    key_file: Path | None = None
    module: Path | None = None
    token: str | None = None
    pin_file: Path | None = None
    server: Mapping[str, Any] = field(default_factory=dict)
    channels: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    subscribers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    readers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def compose_settings(
    *,
    database_url: str | None = None,
    keyring_kind: str = DEFAULT_KEYRING,
    key_file: Path | None = None,
    module: Path | None = None,
    token: str | None = None,
    pin_file: Path | None = None,
) -> str:
    """Return the settings of a new deployment; without arguments the default ones.

    Paths that are not absolute begin at its folder. Raises InputError for what no TOML can hold.
    """
    given = {"key_file": key_file, "module": module, "token": token, "pin_file": pin_file}
    more = [f"{name} = {_quoted(str(it), name)}\n" for name, it in given.items() if it is not None]
    url = _quoted(database_url or f"{SQLITE}{DATABASE_FOLDER}/fairplate.db", "url")
    return f"""\
# Settings of Fairplate. Relative paths begin at this folder; docs/settings.md tells every key.

[database]
url = {url}
# What your backups take along. The keyring must not be in it: a copied key cannot be destroyed.
backups = [{"" if database_url else _quoted(DATABASE_FOLDER, "backups")}]

[keyring]
kind = {_quoted(keyring_kind, "kind")}
directory = "{KEYRING_FOLDER}"
{"".join(more)}
[log]
# Published: any web server may serve it.
directory = "{LOG_FOLDER}"
# Back these up, but apart from the database: they open what events seal.
keys = "{LOG_KEYS_FOLDER}"
"""


def _quoted(text: str, name: str) -> str:
    """Return `text` as TOML writes it: what is printable needs no escape but those of JSON."""
    if not text.isprintable():
        raise InputError("settings", name, expected="printable text", found="another")
    return json.dumps(text, ensure_ascii=False)


def read_settings(folder: Path) -> Settings:
    """Return the settings in `folder`; InputError if there are none or one is not as it must be."""
    path = folder / FILE_NAME
    where = str(path)
    try:
        data = path.read_bytes()[: MAX_FILE_BYTES + 1]
    except OSError as error:
        found = (error.strerror or "an unreadable one").lower()
        expected = "the settings that `fairplate init` writes"
        raise InputError(where, "file", expected=expected, found=found) from None
    if len(data) > MAX_FILE_BYTES:
        raise InputError(where, "file", expected=f"at most {MAX_FILE_BYTES} bytes", found="more")
    try:
        document = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(where, "encoding", expected="UTF-8", found="another") from None
    return parse_settings(document, folder=folder.absolute(), where=where)


def parse_settings(document: str, *, folder: Path, where: str) -> Settings:
    """Return what `document` (TOML) says, with paths that begin at `folder`."""
    try:
        tables = tomllib.loads(document)
    # A number of thousands of digits is a ValueError, thousands of brackets a RecursionError.
    except (ValueError, RecursionError) as error:
        found = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "no TOML"
        raise InputError(where, "file", expected="TOML", found=found[:200]) from None
    _require_keys(tables, _TABLES, where, "")
    database = _table(tables, "database", _DATABASE_KEYS, where)
    keyring = _table(tables, "keyring", _KEYRING_KEYS, where)
    log = _table({"log": {}, **tables}, "log", _LOG_KEYS, where)

    def text(table: Mapping[str, Any], name: str, default: str | None = None) -> str:
        return _text(table, name, where, default)

    def optional_path(name: str) -> Path | None:
        return folder / text(keyring, name) if name in keyring else None

    kind = text(keyring, "kind", DEFAULT_KEYRING)
    _require_options(kind, keyring, where)
    return Settings(
        folder=folder,
        database_url=_absolute_url(text(database, "url"), folder),
        backups=_backups(database, folder, where),
        keyring_kind=kind,
        keyring_directory=folder / text(keyring, "directory", KEYRING_FOLDER),
        log_directory=folder / text(log, "directory", LOG_FOLDER),
        log_keys=folder / text(log, "keys", LOG_KEYS_FOLDER),
        key_file=optional_path("key_file"),
        module=optional_path("module"),
        token=text(keyring, "token") if "token" in keyring else None,
        pin_file=optional_path("pin_file"),
        server=_table({"server": {}, **tables}, "server", _SERVER_KEYS, where),
        channels=_tables(tables, "channels", where),
        subscribers=_tables(tables, "subscribers", where),
        readers=_tables(tables, "readers", where),
    )


def _text(table: Mapping[str, Any], name: str, where: str, default: str | None) -> str:
    value = table.get(name, default)
    if not _is_text(value):
        raise InputError(where, name, expected="a text", found="none or another value")
    return str(value)


def _backups(database: Mapping[str, Any], folder: Path, where: str) -> tuple[Path, ...]:
    backups = database.get("backups", [DATABASE_FOLDER])
    if not isinstance(backups, list) or not all(map(_is_text, backups)):
        raise InputError(where, "backups", expected="a list of folders", found="another value")
    return tuple(folder / one for one in backups)


def _tables(tables: Mapping[str, Any], name: str, where: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the tables below one table, by name; others decide what is in each."""
    found = tables.get(name, {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise InputError(where, name, expected="tables by name", found="another value")
    return found


def _is_text(value: object) -> bool:
    """Say whether it can be a path or a URL: none holds a NUL or a line break."""
    return isinstance(value, str) and bool(value) and value.isprintable()


def _absolute_url(url: str, folder: Path) -> str:
    """Return `url` with SQLite's file below `folder`; three slashes begin a relative path."""
    if url.startswith(SQLITE) and not url.startswith(f"{SQLITE}/"):
        return f"{SQLITE}{quote(str(folder))}/{url.removeprefix(SQLITE)}"
    return url


def _table(
    tables: Mapping[str, Any], name: str, known: frozenset[str], where: str
) -> Mapping[str, Any]:
    table = tables.get(name)
    if not isinstance(table, dict):
        raise InputError(where, name, expected="a table", found="none or another value")
    _require_keys(table, known, where, f"{name}.")
    return table


def _require_options(kind: str, keyring: Mapping[str, Any], where: str) -> None:
    """Refuse what another kind of keyring needs: whoever wrote it believes that it is used."""
    if kind not in KEYRINGS:
        expected = " or ".join(KEYRINGS)
        raise InputError(where, "kind", expected=expected, found=ascii(kind[:40]))
    of_others = {name for other in KEYRINGS.values() for name in other} - set(KEYRINGS[kind])
    for name in sorted(of_others & keyring.keys()):
        expected = f"none with a keyring of kind {kind}"
        raise InputError(where, name, expected=expected, found="one")
    missing = [name for name in KEYRINGS["pkcs11"] if name not in keyring]
    if kind == "pkcs11" and missing:
        expected = f"{', '.join(KEYRINGS['pkcs11'])} with a keyring of kind pkcs11"
        raise InputError(where, "keyring", expected=expected, found=f"no {', '.join(missing)}")


def _require_keys(table: Mapping[str, Any], known: frozenset[str], where: str, prefix: str) -> None:
    for key in sorted(table.keys() - known):
        expected = f"one of {', '.join(sorted(known))}"
        raise InputError(where, f"{prefix}{key[:40]!a}", expected=expected, found="another key")
