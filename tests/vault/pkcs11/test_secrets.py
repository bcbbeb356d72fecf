"""Secrets that never leave the token, and keys that could: those are told and derive nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.vault.pkcs11.softhsm import NAMES, TODAY, TOMORROW, UNTIL, Place, import_pkcs11, use

from fairplate.core.periods import parse_period
from fairplate.vault.errors import KeyDamagedError
from fairplate.vault.key_names import CaseKeyName, KeyName, latest_end
from fairplate.vault.keyring import KeptKey, KeyState
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring, labels
from fairplate.vault.keyrings.pkcs11.listing import TokenKey
from fairplate.vault.seal import derive_own_key, derive_reader_key, own_message, reader_message

pkcs11 = import_pkcs11()
Attribute, ObjectClass = pkcs11.Attribute, pkcs11.ObjectClass
GOLDEN = Path(__file__).parents[2] / "golden/sealing-v1.json"
KNOWN_SECRET = bytes(range(32))
LATEST = latest_end(TODAY, UNTIL)


def test_the_token_derives_what_sealing_says(place: Place, keyring: Pkcs11Keyring) -> None:
    vectors = [one for one in json.loads(GOLDEN.read_text("utf-8"))["vectors"] if "s" in one]
    assert len({vector["s"] for vector in vectors}) > 1
    for number, vector in enumerate(vectors):
        secret, name = bytes.fromhex(vector["s"]), CaseKeyName(f"known-{number}")
        period, reader_id = parse_period(vector["period"], where="vector"), vector["reader_id"]
        handle = place.put_key(name, secret)
        with place.objects() as objects:
            key = TokenKey(name, UNTIL, (), (handle,))
            reader = objects.sign(key, reader_message(reader_id))
            own = objects.sign(key, own_message(name))
        assert reader.hex() == vector["reader_key"]
        assert reader == derive_reader_key(period, secret, reader_id).secret
        assert own == derive_own_key(name, secret).secret
        # The keyring itself uses no secret that came from outside.
        with pytest.raises(KeyDamagedError):
            keyring.own_key(name)


@pytest.mark.parametrize("name", NAMES, ids=str)
def test_the_token_says_that_the_secret_never_left(
    place: Place, keyring: Pkcs11Keyring, name: KeyName
) -> None:
    keyring.make_key(name, UNTIL)
    place.open()
    with place.objects() as objects:
        (handle,) = objects.key(name).handles
        for attribute in ("LOCAL", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE", "PRIVATE", "TOKEN"):
            assert handle[Attribute[attribute]] is True
        for attribute in ("EXTRACTABLE", "MODIFIABLE", "COPYABLE", "DERIVE", "WRAP", "VERIFY"):
            assert handle[Attribute[attribute]] is False


def test_nobody_with_the_pin_can_read_copy_or_change_the_secret(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    keyring.make_key(TODAY, UNTIL)
    with place.objects() as objects:
        (handle,) = objects.key(TODAY).handles
        with pytest.raises(pkcs11.AttributeSensitive):
            handle[Attribute.VALUE]
        wrapping = objects._session.generate_key(
            pkcs11.KeyType.AES, 256, template={Attribute.LABEL: b"mine"}
        )
        with pytest.raises(pkcs11.KeyUnextractable):
            wrapping.wrap_key(handle)
        for attribute, value in ((Attribute.EXTRACTABLE, True), (Attribute.LABEL, b"mine")):
            with pytest.raises(pkcs11.PKCS11Error):
                handle.copy({attribute: value})
            with pytest.raises(pkcs11.PKCS11Error):
                handle[attribute] = value
    (kept,) = keyring.keys()
    assert kept.state is KeyState.LIVE


@pytest.mark.parametrize(
    ("wrong", "other"),
    [
        ("EXTRACTABLE", {"EXTRACTABLE": True}),
        ("SENSITIVE", {"SENSITIVE": False}),
        ("PRIVATE", {"PRIVATE": False}),
        ("MODIFIABLE", {"MODIFIABLE": True}),
        ("COPYABLE", {"COPYABLE": True}),
        ("DERIVE", {"DERIVE": True}),
        ("WRAP", {"WRAP": True}),
        ("UNWRAP", {"UNWRAP": True}),
        ("ENCRYPT", {"ENCRYPT": True}),
        ("DECRYPT", {"DECRYPT": True}),
        ("VERIFY", {"VERIFY": True}),
        ("SIGN", {"SIGN": False}),
        ("VALUE_LEN", {"VALUE_LEN": 16}),
        ("LABEL", {"LABEL": b"fairplate/v1 key"}),
        ("LABEL", {"LABEL": b"\xff"}),
        ("LABEL", {"LABEL": labels.key_label(TOMORROW, UNTIL)}),
        ("LABEL", {"LABEL": labels.key_label(TODAY, LATEST.replace(microsecond=1))}),
        ("LOCAL", {"value": KNOWN_SECRET}),
        ("LOCAL", {"value": KNOWN_SECRET, "EXTRACTABLE": True, "SENSITIVE": False}),
    ],
)
def test_a_key_that_is_not_as_made_here_is_told_and_derives_nothing(
    place: Place, keyring: Pkcs11Keyring, wrong: str, other: dict[str, Any]
) -> None:
    place.put_key(TODAY, **other)
    for opened in (keyring, place.open()):
        with pytest.raises(KeyDamagedError):
            use(opened, TODAY)
        with pytest.raises(KeyDamagedError):
            opened.make_key(TODAY, UNTIL)
        assert opened.keys() == (KeptKey(TODAY, LATEST, KeyState.DAMAGED),)
        (problem,) = opened.problems()
        assert problem.startswith(f"key {TODAY}: its ")
        assert wrong in problem
    assert keyring.destroy_key(TODAY)
    assert keyring.problems() == ()
    assert keyring.keys() == (KeptKey(TODAY, LATEST, KeyState.DESTROYED),)


def test_two_keys_under_one_name_are_damaged_and_go_together(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    keyring.make_key(TODAY, UNTIL)
    place.put_key(TODAY)
    with pytest.raises(KeyDamagedError):
        use(keyring, TODAY)
    (problem,) = keyring.problems()
    assert "its NUMBER is not" in problem
    assert keyring.destroy_key(TODAY)
    with place.objects() as objects:
        assert objects.key(TODAY) is None


def test_strangers_are_told_and_what_is_not_ours_is_let_be(
    place: Place, keyring: Pkcs11Keyring
) -> None:
    place.put_key(TODAY, ID=b"mine", LABEL=b"fairplate/v1 key of mine")
    place.put_key(TODAY, ID=b"\xff", LABEL=b"\xff another's")
    with place.session() as session:
        for application, label in (
            ("fairplate/v1", b"fairplate/v1 floor P2D"),
            ("fairplate/v1", b"fairplate/v1 floor P1D"),  # of no moment
            ("fairplate/v1", b"\xff"),
            ("", b"note"),
        ):
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.DATA,
                    Attribute.TOKEN: True,
                    Attribute.APPLICATION: application,
                    Attribute.LABEL: label,
                }
            )
    assert keyring.keys() == ()
    assert keyring.problems() == tuple(
        f"token fairplate-test: {label} is no object of a keyring"
        for label in (
            "'fairplate/v1 floor P1D'",
            "'fairplate/v1 floor P2D'",
            "'fairplate/v1 key of mine'",
            r"'\ufffd'",
        )
    )
