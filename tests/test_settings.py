"""What fairplate.toml may say, and that nothing of it is quoted that may be a password."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairplate.core.errors import InputError
from fairplate.settings import (
    FILE_NAME,
    KEYRINGS,
    MAX_FILE_BYTES,
    compose_settings,
    parse_settings,
    read_settings,
)
from fairplate.vault.keyrings import DEFAULT_KEYRING
from fairplate.vault.keyrings import KEYRINGS as VAULT_KEYRINGS

FOLDER = Path("/srv/fairplate")
LABEL = "label"
URL = "postgresql://keeper:Hunter2secret@db.example/fairplate"
OF_TOKEN = 'kind = "pkcs11"\nmodule = "m.so"\ntoken = "t"\npin_file = "pin"'  # noqa: S105 - none


def parse(document: str) -> object:
    return parse_settings(document, folder=FOLDER, where=FILE_NAME)


def test_the_default_settings() -> None:
    settings = parse_settings(compose_settings(), folder=FOLDER, where=FILE_NAME)
    assert settings.database_url == f"sqlite:///{FOLDER}/database/fairplate.db"
    assert settings.backups == (FOLDER / "database",)
    assert settings.keyring_kind == "file" == DEFAULT_KEYRING
    assert settings.keyring_directory == FOLDER / "keyring"
    assert (settings.log_directory, settings.log_keys) == (FOLDER / "log", FOLDER / "log-keys")
    assert (settings.key_file, settings.module, settings.token, settings.pin_file) == (None,) * 4


def test_what_may_be_left_out_is_the_default() -> None:
    short = '[database]\nurl = "sqlite:///database/fairplate.db"\n[keyring]\n'
    assert parse(short) == parse(compose_settings())


def test_paths_begin_at_the_folder_unless_they_are_absolute() -> None:
    settings = parse_settings(
        '[database]\nurl = "sqlite:////data/f.db"\nbackups = ["a", "/b"]\n'
        '[keyring]\ndirectory = "k"\nkey_file = "/key"\n'
        '[log]\ndirectory = "/srv/www/log"\nkeys = "lk"\n',
        folder=FOLDER,
        where=FILE_NAME,
    )
    assert settings.database_url == "sqlite:////data/f.db"
    assert settings.backups == (FOLDER / "a", Path("/b"))
    assert settings.keyring_directory == FOLDER / "k"
    assert settings.key_file == Path("/key")
    assert (settings.log_directory, settings.log_keys) == (Path("/srv/www/log"), FOLDER / "lk")


def test_the_kinds_of_keyrings_are_those_there_are() -> None:
    assert list(KEYRINGS) == list(VAULT_KEYRINGS)
    settings = parse_settings(
        compose_settings(
            keyring_kind="pkcs11", module=Path("/m.so"), pin_file=Path("pin"), token=LABEL
        ),
        folder=FOLDER,
        where=FILE_NAME,
    )
    assert (settings.module, settings.token) == (Path("/m.so"), LABEL)
    assert settings.pin_file == FOLDER / "pin"


PRINTABLE = st.text(min_size=1, max_size=40).filter(str.isprintable)


@given(url=PRINTABLE, key_file=PRINTABLE)
def test_what_is_composed_reads_as_it_was_given(url: str, key_file: str) -> None:
    composed = compose_settings(database_url=url, key_file=Path(key_file))
    tables = tomllib.loads(composed)
    assert tables["database"] == {"url": url, "backups": []}
    assert tables["keyring"]["key_file"] == str(Path(key_file))
    parse(composed)


@pytest.mark.parametrize("text", ["a\nb", "a\0", "\x7f", "\udc80"])
def test_what_no_setting_holds_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="settings: url: expected printable text"):
        compose_settings(database_url=text)


BASE = '[database]\nurl = "sqlite:///f.db"\n'


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ("[database", "file: expected TOML"),
        ("x = " + "[" * 5000, "file: expected TOML, found no TOML"),
        ("x = " + "1" * 5000, "file: expected TOML, found no TOML"),
        ("[keyring]", "database: expected a table"),
        ("database = 1\n[keyring]", "database: expected a table"),
        (BASE, "keyring: expected a table"),
        (f"{BASE}[keyring]\n[logs]", "'logs': expected one of channels, database, keyring,"),
        (f"{BASE}[keyring]\n[log]\nkey = 'k'", "log.'key': expected one of directory, keys"),
        (f"{BASE}[keyring]\n[log]\nkeys = 1", "keys: expected a text"),
        (f"log = 1\n{BASE}[keyring]", "log: expected a table"),
        (f"channels = 1\n{BASE}[keyring]", "channels: expected tables by name"),
        (f"{BASE}[keyring]\n[subscribers]\nann = 1", "subscribers: expected tables by name"),
        (f"{BASE}[keyring]\ndirektory = 'k'", "keyring.'direktory': expected one of directory"),
        ("[database]\n[keyring]", "url: expected a text"),
        ("[database]\nurl = 1\n[keyring]", "url: expected a text"),
        ('[database]\nurl = ""\n[keyring]', "url: expected a text"),
        ('[database]\nurl = "a\\u0000"\n[keyring]', "url: expected a text"),
        (f"{BASE}backups = 'database'\n[keyring]", "backups: expected a list of folders"),
        (f"{BASE}backups = ['']\n[keyring]", "backups: expected a list of folders"),
        (f"{BASE}[keyring]\nkind = 'tpm'", "kind: expected file or pkcs11, found 'tpm'"),
        (f"{BASE}[keyring]\nmodule = 'm'", "module: expected none with a keyring of kind file"),
        (
            f"{BASE}[keyring]\n{OF_TOKEN}\nkey_file = 'k'",
            "key_file: expected none with a keyring of",
        ),
        (f"{BASE}[keyring]\nkind = 'pkcs11'\ntoken = 't'", "found no module, pin_file"),
    ],
)
def test_what_is_not_as_it_must_be_is_told(document: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(document)
    assert str(caught.value).startswith(f"{FILE_NAME}: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_password_is_in_no_message(tmp_path: Path) -> None:
    documents = [
        compose_settings(database_url=URL),
        f'[database]\nurl = "{URL}\n[keyring]',
        f'[database]\nurl = ["{URL}"]\n[keyring]',
        f'[database]\nurl = "{URL}\\u0007"\n[keyring]',
    ]
    for document in documents:
        (tmp_path / FILE_NAME).write_text(document)
        try:
            told = repr(read_settings(tmp_path))
        except InputError as error:
            told = str(error)
        assert "Hunter2secret" not in told


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with pytest.raises(InputError, match="expected the settings that `fairplate init` writes"):
        read_settings(tmp_path)
    path.write_bytes(b"\xff")
    with pytest.raises(InputError, match="encoding: expected UTF-8"):
        read_settings(tmp_path)
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(InputError, match=f"expected at most {MAX_FILE_BYTES} bytes"):
        read_settings(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="found is a directory"):
        read_settings(tmp_path)


def test_a_file_of_the_longest_size_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    document = b"\xef\xbb\xbf" + compose_settings().encode()
    (tmp_path / FILE_NAME).write_bytes(document + b"#" * (MAX_FILE_BYTES - len(document)))
    assert read_settings(tmp_path).folder == tmp_path
