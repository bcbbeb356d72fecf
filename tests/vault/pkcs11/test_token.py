"""Which token is used, one that is lost and comes back, and one that is full."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.vault.pkcs11.softhsm import (
    LABEL,
    PIN,
    TODAY,
    TOMORROW,
    UNTIL,
    Place,
    SoftToken,
    forget_logins,
    import_pkcs11,
    use,
)

from fairplate.core.errors import InputError
from fairplate.vault.errors import KeyDestroyedError, KeyringStorageError
from fairplate.vault.key_names import CaseKeyName
from fairplate.vault.keyring import KeyState
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring
from fairplate.vault.keyrings.pkcs11.labels import MarkKind

pkcs11 = import_pkcs11()


def restart_library(place: Place) -> None:
    pkcs11.lib(str(place.token.options.module)).reinitialize()


def test_a_token_holds_one_keyring(place: Place, keyring: Pkcs11Keyring, tmp_path: Path) -> None:
    elsewhere = replace(place.options, directory=tmp_path / "others")
    with pytest.raises(
        KeyringStorageError,
        match="token fairplate-test: keyring: expected no keyring yet, found one of another",
    ):
        Pkcs11Keyring.create(elsewhere)
    (tmp_path / "others/keyring.id").write_text("0" * 32 + "\n")
    with pytest.raises(KeyringStorageError, match=r"identity: expected that of .* found another"):
        Pkcs11Keyring.open(elsewhere)
    assert keyring.problems() == ()


def test_a_token_with_the_rest_of_a_keyring_is_not_taken(place: Place) -> None:
    place.create()
    place.put_key(TODAY)
    with place.objects() as objects:
        (identity,) = objects._find_marks()
        identity.destroy()
    with pytest.raises(KeyringStorageError, match="expected no keyring yet"):
        place.create()


def test_two_identities_in_a_token_are_refused(place: Place, keyring: Pkcs11Keyring) -> None:
    with place.objects() as objects:
        objects.make_mark(MarkKind.IDENTITY, value=b"0" * 32)
    forget_logins()
    with pytest.raises(KeyringStorageError, match="expected objects of one keyring, found those"):
        keyring.keys()


def test_a_token_made_anew_is_noticed(place: Place, keyring: Pkcs11Keyring) -> None:
    (store,) = place.token.store.iterdir()
    store.rename(place.token.folder / "old")
    place.token.initialise()
    for _ in range(2):
        with pytest.raises(KeyringStorageError, match=r"identity: expected that of .* found none"):
            keyring.make_key(TODAY, UNTIL)


def test_a_lost_token_is_told_and_works_again_when_it_is_back(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    keyring.make_key(TODAY, UNTIL)
    secret = use(keyring, TODAY)
    (store,) = place.token.store.iterdir()
    away = store.rename(place.token.folder / "away")
    acts: tuple[Callable[[], object], ...] = (
        lambda: use(keyring, TODAY),
        lambda: keyring.make_key(TOMORROW, UNTIL),
        lambda: keyring.destroy_key(TODAY),
        keyring.keys,
        keyring.problems,
        place.open,
    )
    for act in acts:
        with pytest.raises(KeyringStorageError, match="token: expected one with this") as told:
            act()
        assert told.value.retryable
    away.rename(store)
    assert use(keyring, TODAY) == secret
    assert keyring.problems() == ()


def test_a_session_that_ended_meanwhile_is_opened_again(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    keyring.make_key(TODAY, UNTIL)
    secret = use(keyring, TODAY)
    restart_library(place)
    assert use(keyring, TODAY) == secret


def test_a_session_lost_in_an_act_is_told_and_the_next_act_works(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    keyring.make_key(TODAY, UNTIL)

    def lose_it() -> None:
        with keyring._changing("testing") as objects:
            restart_library(place)
            objects.make_mark(MarkKind.MAKING, TOMORROW)

    with pytest.raises(KeyringStorageError, match="its answer 'session handle invalid'") as told:
        lose_it()
    assert told.value.retryable
    use(keyring, TODAY)


def test_a_login_of_other_code_in_the_process_is_no_hindrance(place: Place) -> None:
    library = pkcs11.lib(str(place.token.options.module))
    library.get_token(token_label=LABEL).open(user_pin=PIN)
    assert place.create().make_key(TODAY, UNTIL).state is KeyState.LIVE


@pytest.mark.parametrize(
    ("module", "found"),
    [("/nonexistent/module.so", "No such file"), (sys.executable, "dynamically load")],
)
def test_a_module_that_is_none_is_told(place: Place, module: str, found: str) -> None:
    options = replace(place.options, token=replace(place.token.options, module=Path(module)))
    with pytest.raises(KeyringStorageError, match=f"module: expected a PKCS#11 .*{found}") as told:
        Pkcs11Keyring.create(options)
    assert not told.value.retryable


def test_tokens_are_told_apart_by_label_alone(place: Place) -> None:
    other = replace(place.options, token=replace(place.token.options, label="other"))
    with pytest.raises(KeyringStorageError, match=r"token other: token: expected .* found none"):
        Pkcs11Keyring.create(other)
    place.token.initialise()
    forget_logins()
    with pytest.raises(KeyringStorageError, match="expected one with this label, found 2") as told:
        place.create()
    assert not told.value.retryable


def test_a_lost_directory_can_be_made_anew(place: Place, keyring: Pkcs11Keyring) -> None:
    keyring.make_key(TODAY, UNTIL)
    with place.objects() as objects:
        (identity,) = objects._find_marks()
        told = identity[pkcs11.Attribute.VALUE]
    shutil.rmtree(place.options.directory)
    with pytest.raises(KeyringStorageError, match="found one of another directory"):
        place.create()
    (place.options.directory / "keyring.id").write_bytes(told + b"\n")
    use(place.open(), TODAY)


def test_a_token_that_cannot_do_what_is_needed_is_told(place: Place) -> None:
    with place.token.config.open("a") as config:
        config.write("slots.mechanisms = CKM_SHA256_HMAC\n")
    forget_logins()
    with pytest.raises(KeyringStorageError, match="found no CKM_GENERIC_SECRET_KEY_GEN") as told:
        place.create()
    assert not told.value.retryable


def test_options_without_a_token_are_refused(place: Place) -> None:
    with pytest.raises(InputError, match="keyring pkcs11: token: expected a module, a label"):
        Pkcs11Keyring.create(replace(place.options, token=None))


def test_a_missing_package_is_told_with_what_to_install(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyringStorageError, match=r"pip install fairplate\[pkcs11\]"):
        place.create()


@pytest.mark.usefixtures("keyring")
def test_a_directory_open_to_others_is_refused(place: Place) -> None:
    place.options.directory.chmod(0o750)
    for act in (place.open, place.create):
        with pytest.raises(KeyringStorageError, match="mode 0700 or less, found mode 0750"):
            act()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=96k,mode=700", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a disk of its own can only be mounted by root")
    yield disk
    forget_logins()
    subprocess.run(["umount", disk], check=True)


def test_a_full_token_is_told_and_still_destroys(
    small_disk: Path, soft_token: SoftToken, place: Place
) -> None:
    (store,) = soft_token.store.iterdir()
    shutil.move(store, small_disk / store.name)
    soft_token.config.write_text(f"directories.tokendir = {small_disk}\n")
    forget_logins()
    keyring = place.create()
    made: dict[CaseKeyName, bytes] = {}

    def fill() -> None:
        for number in range(99):
            name = CaseKeyName(f"full-{number}")
            keyring.make_key(name, UNTIL)
            made[name] = use(keyring, name)

    with pytest.raises(KeyringStorageError, match=r"making key case/full-.*: expected a token"):
        fill()
    assert len(made) > 5
    forget_logins()
    opened = place.open()
    assert {name: use(opened, name) for name in made} == made
    kept = opened.keys()
    assert {key.name for key in kept} == set(made)
    with contextlib.suppress(OSError):
        (small_disk / "filler").write_bytes(b"x" * 8192)
    gone = next(iter(made))
    assert opened.destroy_key(gone)
    forget_logins()
    again = place.open()
    with pytest.raises(KeyDestroyedError):
        again.make_key(gone, UNTIL)
