"""The keyring inside of what is backed up, by name, through links, and for each place of keys."""

from dataclasses import replace
from pathlib import Path

import pytest

from fairplate.core.errors import StorageError
from fairplate.settings import FILE_NAME, Settings, compose_settings, parse_settings
from fairplate.wiring.places import find_copied_keys

ALL = ["log keys", "keyring"]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return the default settings of a folder in which the places exist."""
    for name in ("database", "keyring", "log-keys"):
        (tmp_path / name).mkdir()
    return parse_settings(compose_settings(), folder=tmp_path, where=FILE_NAME)


def misplaced(settings: Settings, **changed: object) -> list[str]:
    return [error.field for error in find_copied_keys(replace(settings, **changed))]


def test_the_default_places_are_apart(settings: Settings) -> None:
    assert misplaced(settings) == []


@pytest.mark.parametrize("inside", ["database", "database/keys", "other/../database/deep/keys"])
def test_the_keyring_in_the_folder_of_the_database_is_told(settings: Settings, inside: str) -> None:
    (error,) = find_copied_keys(
        replace(settings, keyring_directory=settings.folder / inside, backups=())
    )
    assert str(error) == (
        f"{settings.folder / inside}: keyring: expected a place outside of what is backed up with "
        f"the database, found one inside {settings.folder}/database: a copied key cannot be "
        "destroyed"
    )


def test_a_folder_that_only_begins_alike_is_another(settings: Settings) -> None:
    beside = settings.folder / "database-keys"
    assert misplaced(settings, keyring_directory=beside) == []


def test_every_folder_that_is_backed_up_counts(settings: Settings) -> None:
    assert misplaced(settings, backups=(settings.folder / "x", settings.folder)) == ALL
    assert misplaced(settings, backups=(Path("/"),)) == ALL


def test_the_key_file_counts(settings: Settings) -> None:
    apart, inside = settings.folder / "wrapping.key", settings.folder / "database/wrapping.key"
    assert misplaced(settings, key_file=apart) == []
    assert misplaced(settings, key_file=inside) == ["key file"]
    assert misplaced(settings, key_file=inside, backups=(settings.folder,)) == [
        *ALL,
        "key file",
    ]


def test_the_log_keys_count_and_the_published_log_does_not(settings: Settings) -> None:
    (error,) = find_copied_keys(replace(settings, log_keys=settings.folder / "database/log-keys"))
    assert str(error).endswith(
        f": log keys: expected a place outside of what is backed up with the database, found one "
        f"inside {settings.folder}/database: they open what events seal"
    )
    assert misplaced(settings, log_directory=settings.folder / "database/log") == []


def test_links_are_followed_and_count_themselves(settings: Settings) -> None:
    inside, link = settings.folder / "database" / "keys", settings.folder / "link"
    inside.mkdir()
    link.symlink_to(inside)
    assert misplaced(settings, keyring_directory=link) == ["keyring"]
    assert misplaced(settings, keyring_directory=link / "deep") == ["keyring"]
    away = settings.folder / "database" / "away"
    away.symlink_to(settings.folder / "keyring")
    assert misplaced(settings, keyring_directory=away) == ["keyring"]
    copied = settings.folder / "copied"
    copied.symlink_to(settings.folder)
    assert misplaced(settings, backups=(copied,)) == ALL
    assert misplaced(settings, backups=(copied / "database",)) == []


def test_a_loop_of_links_is_no_crash(settings: Settings) -> None:
    loop = settings.folder / "loop"
    loop.symlink_to(loop)
    assert misplaced(settings, keyring_directory=loop) == []


def test_on_a_server_what_the_settings_name_counts(settings: Settings) -> None:
    url = "postgresql://keeper@db.example/fairplate"
    assert misplaced(settings, database_url=url, backups=()) == []
    assert misplaced(settings, database_url=url, backups=(settings.folder,)) == ALL


def test_the_directory_of_a_token_holds_no_key(settings: Settings) -> None:
    inside = settings.folder / "database"
    assert misplaced(settings, keyring_kind="pkcs11", keyring_directory=inside) == []


def test_a_url_that_is_none_is_an_error(settings: Settings) -> None:
    with pytest.raises(StorageError, match="database URL"):
        misplaced(settings, database_url="nothing")
