"""What a crash leaves in the token, made by hand and by killing; and what is tidied up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.vault.pkcs11.softhsm import (
    DAY,
    MINUTE,
    NAMES,
    NOON,
    TODAY,
    TOMORROW,
    UNTIL,
    Place,
    SoftToken,
    use,
)

from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import KeyDamagedError, KeyDestroyedError, KeyUnknownError
from fairplate.vault.key_names import KeyName
from fairplate.vault.keyring import KeptKey, KeyState
from fairplate.vault.keyrings.pkcs11 import Pkcs11Keyring, labels
from fairplate.vault.keyrings.pkcs11.labels import MarkKind

KILLER = Path(__file__).with_name("killed_keyring.py")
of_each_kind = pytest.mark.parametrize("name", NAMES, ids=str)


@of_each_kind
def test_a_half_made_key_is_made_anew(place: Place, keyring: Pkcs11Keyring, name: KeyName) -> None:
    with place.objects() as objects:
        objects.make_mark(MarkKind.MAKING, name)
    place.put_key(name, bytes(32))  # like one that has no value yet, it was not made in the token
    with pytest.raises(KeyDamagedError):
        use(keyring, name)
    assert place.open().keys() == ()
    with pytest.raises(KeyUnknownError):
        use(keyring, name)
    assert keyring.make_key(name, UNTIL).state is KeyState.LIVE
    use(keyring, name)


def test_a_key_whose_making_was_all_but_done_stays(place: Place, keyring: Pkcs11Keyring) -> None:
    keyring.make_key(TODAY, UNTIL)
    secret = use(keyring, TODAY)
    with place.objects() as objects:
        objects.make_mark(MarkKind.MAKING, TODAY)
    assert use(place.open(), TODAY) == secret
    assert not any("making" in label for label in place.labels())


@of_each_kind
def test_an_interrupted_destruction_goes_on(
    place: Place, keyring: Pkcs11Keyring, name: KeyName
) -> None:
    keyring.make_key(name, UNTIL)
    with place.objects() as objects:
        objects.make_mark(MarkKind.DESTROYED, name, labels.write_moment(UNTIL))
    with pytest.raises(KeyDestroyedError):
        use(keyring, name)
    assert keyring.keys() == (KeptKey(name, UNTIL, KeyState.HALF_DESTROYED),)
    assert keyring.problems() == (
        f"key {name}: the destruction was interrupted; opening the keyring finishes it",
    )
    assert place.open().keys() == (KeptKey(name, UNTIL, KeyState.DESTROYED),)
    with place.objects() as objects:
        assert objects.key(name) is None


def test_tombstones_do_not_fill_the_token(place: Place, keyring: Pkcs11Keyring) -> None:
    for number in range(5):
        period = Period(NOON + number * MINUTE, MINUTE)
        place.now = period.start
        keyring.make_key(period, period.start + 3 * MINUTE)
        place.now += 3 * MINUTE
        assert keyring.destroy_key(period)
    assert place.labels() == ["fairplate/v1 floor PT1M", "fairplate/v1 keyring"]
    with pytest.raises(KeyDestroyedError):
        keyring.make_key(Period(NOON, MINUTE), NOON + 200 * MINUTE)
    # The day that holds these minutes is not over.
    keyring.make_key(TODAY, UNTIL)


def test_of_two_floors_the_higher_one_holds(place: Place, keyring: Pkcs11Keyring) -> None:
    with place.objects() as objects:
        for end in (TOMORROW.end, TODAY.end):
            objects.make_mark(MarkKind.FLOOR, "P1D", labels.write_moment(end))
    for period in (TODAY, TOMORROW):
        with pytest.raises(KeyDestroyedError):
            keyring.make_key(period, UNTIL)
    after = period_at(TOMORROW.end, DAY)
    assert keyring.make_key(after, UNTIL).state is KeyState.LIVE


def test_creation_goes_on_where_a_crash_stopped_it(place: Place) -> None:
    place.create()
    with place.objects() as objects:
        (identity,) = objects._find_marks()
        identity.destroy()
    (place.options.directory / "keyring.id").write_text("0123")
    place.create().make_key(TODAY, UNTIL)
    use(place.open(), TODAY)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_any_moment_it_leaves_nothing_half_done(
    soft_token: SoftToken, tmp_path: Path, seed: int
) -> None:
    # A process of its own: it forks, and this one may have threads.
    ran = subprocess.run(
        [sys.executable, KILLER, soft_token.folder, tmp_path / "keys", "25", str(seed)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    seen = json.loads(ran.stdout)
    assert seen["acts"] > 75
    assert seen["interrupted"] > 5
    assert seen["live"] > 0
    assert seen["gone"] > 0
