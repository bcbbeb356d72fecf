"""The PIN: from a private file alone, never shown, and never tried twice when it is wrong."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.vault.pkcs11.softhsm import PIN, TODAY, UNTIL, Place, forget_logins, import_pkcs11

from fairplate.vault.errors import KeyringStorageError
from fairplate.vault.keyring import KeyState
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring

pkcs11 = import_pkcs11()
WRONG = "135792468"


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda pin: pin.chmod(0o640), "a file of our own, mode 0600 or less, found mode 0640"),
        (lambda pin: pin.chmod(0o604), "a file of our own, mode 0600 or less, found mode 0604"),
        (make_folder, "a file of our own, mode 0600 or less, found no file"),
        (lambda pin: pin.unlink(), "a file that can be read, found no such file"),
        (lambda pin: pin.write_text("\n"), "1 to 255 bytes of printable UTF-8"),
        (lambda pin: pin.write_text("7" * 256), "1 to 255 bytes of printable UTF-8"),
        (lambda pin: pin.write_bytes(b"1357\r\n"), "1 to 255 bytes of printable UTF-8"),
        (lambda pin: pin.write_text("1357\n2468\n"), "1 to 255 bytes of printable UTF-8"),
        (lambda pin: pin.write_bytes(b"\xff1357"), "1 to 255 bytes of printable UTF-8"),
    ],
)
def test_a_pin_file_that_cannot_be_one_is_refused(
    place: Place, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(place.token.options.pin_file)
    with pytest.raises(KeyringStorageError, match=f"PIN file: expected {told}"):
        place.create()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_pin_file_of_somebody_else_is_refused(place: Place) -> None:
    os.chown(place.token.options.pin_file, 12345, -1)
    with pytest.raises(KeyringStorageError, match="mode 0600 or less, found owner 12345"):
        place.create()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_credential_of_the_service_manager_is_accepted(place: Place) -> None:
    pin_file = place.token.options.pin_file
    os.chown(pin_file, 0, 0)
    pin_file.chmod(0o440)
    assert place.create().problems() == ()
    os.chown(pin_file, 0, 12345)
    with pytest.raises(KeyringStorageError, match="mode 0600 or less, found mode 0440"):
        place.open()


def set_pin(place: Place, old: str, new: str) -> None:
    """Change the token's PIN, in a process that is not logged in."""
    script = (
        "import sys, pkcs11; module, label, old, new = sys.argv[1:];"
        "session = pkcs11.lib(module).get_token(token_label=label).open(rw=True, user_pin=old);"
        "session.set_pin(old, new)"
    )
    options = place.token.options
    arguments = [str(options.module), options.label, old, new]
    subprocess.run([sys.executable, "-c", script, *arguments], check=True)


def test_a_wrong_pin_is_told_and_not_tried_again_until_the_file_changes(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    pin_file = place.token.options.pin_file
    pin_file.write_text(WRONG)
    forget_logins()
    for act in (keyring.keys, place.open):
        with pytest.raises(KeyringStorageError, match=r"PIN file .*: expected the user") as told:
            act()
        assert not told.value.retryable
        assert WRONG not in str(told.value)
    # Now it would be right. That it is refused all the same shows that it was not tried.
    set_pin(place, PIN, WRONG)
    forget_logins()
    with pytest.raises(KeyringStorageError, match="it is not tried again until the file"):
        place.open()
    pin_file.write_text(WRONG)
    assert place.open().problems() == ()
    left = {path.name for path in place.options.directory.iterdir()}
    assert left == {"keyring.id", "lock", "login.lock"}


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ({"USER_PIN_LOCKED", "USER_PIN_INITIALIZED"}, "found that it is locked"),
        ({"USER_PIN_FINAL_TRY", "USER_PIN_INITIALIZED"}, "found one try left, which is yours"),
        (set(), "found none set"),
    ],
)
def test_the_last_try_is_left_to_a_person(place: Place, flags: set[str], found: str) -> None:
    # SoftHSM counts no tries: here stands what another token says of itself.
    from fairplate.vault.keyrings.pkcs11 import access  # noqa: PLC0415 - needs an extra

    told = sum(pkcs11.TokenFlag[flag] for flag in flags)
    with pytest.raises(KeyringStorageError, match=f"user PIN: expected one .* {found}") as error:
        access._require_open_to_login(place.token.options, SimpleNamespace(flags=told))
    assert not error.value.retryable


def test_a_login_that_is_in_force_outlives_a_change_of_the_pin_file(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    place.token.options.pin_file.write_text(WRONG)
    assert keyring.make_key(TODAY, UNTIL).state is KeyState.LIVE


def test_neither_pin_nor_secret_is_shown(place: Place, keyring: Pkcs11Keyring) -> None:
    keyring.make_key(TODAY, UNTIL)
    (key,) = keyring.reader_keys(TODAY, ["gate-3"])
    shown = repr((place.options, keyring, vars(keyring), key, keyring.keys()))
    assert PIN not in shown
    assert key.secret.hex() not in shown
    assert repr(key.secret) not in shown
