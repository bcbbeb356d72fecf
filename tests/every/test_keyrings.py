"""One suite for every keyring: what the protocol promises, wherever the keys lie."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import (
    KeyDestroyedError,
    KeyDueError,
    KeyringStorageError,
    KeyUnknownError,
    SealedRowError,
)
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName, OwnKeyName, latest_end
from fairplate.vault.keyring import KeptKey, Keyring, KeyringOptions, KeyState
from fairplate.vault.keyrings import DEFAULT_KEYRING, KEYRINGS, KeyringKind, keyring_kind
from fairplate.vault.seal import open_record, seal_record

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, MINUTE, INSTANT = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
TODAY = period_at(NOON, DAY)
TOMORROW = period_at(TODAY.end, DAY)
UNTIL = TODAY.start + 30 * DAY
OWN_NAMES = (HitsKeyName(TODAY), CaseKeyName("theft-2026-17"))
NAMES: tuple[KeyName, ...] = (TODAY, *OWN_NAMES)
OTHERS = (TOMORROW, HitsKeyName(TOMORROW), CaseKeyName("theft-2026-18"))
NEVER_AGAIN = (KeyDestroyedError, KeyUnknownError)

of_each_kind = pytest.mark.parametrize("name", NAMES, ids=str)
of_own_kinds = pytest.mark.parametrize("name", OWN_NAMES, ids=str)


def _in_files(_request: pytest.FixtureRequest, options: KeyringOptions) -> KeyringOptions:
    return options


def _in_a_token(request: pytest.FixtureRequest, options: KeyringOptions) -> KeyringOptions:
    return replace(options, token=request.getfixturevalue("soft_token").options)


# A new keyring needs its line here, or this suite fails: from a directory, a clock and randomness,
# what it is made with. Skips the test where it cannot be; `request` gives other fixtures.
OPTIONS: dict[str, Callable[[pytest.FixtureRequest, KeyringOptions], KeyringOptions]] = {
    "file": _in_files,
    "pkcs11": _in_a_token,
}


class Place:
    """A keyring of one kind, the time to set, and the way to open it again."""

    def __init__(self, request: pytest.FixtureRequest, directory: Path) -> None:
        self.now = NOON
        self.kind: KeyringKind = keyring_kind(request.param)
        random_bytes = Random(7).randbytes  # noqa: S311 - a test's keys
        options = KeyringOptions(directory, lambda: self.now, random_bytes)
        self.options = OPTIONS[request.param](request, options)

    def create(self) -> Keyring:
        return self.kind.create(self.options)

    def open(self) -> Keyring:
        return self.kind.open(self.options)


@pytest.fixture(params=KEYRINGS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request, tmp_path / "keys")


@pytest.fixture
def keyring(place: Place) -> Iterator[Keyring]:
    made = place.create()
    yield made
    assert list(made.problems()) == []


def use(keyring: Keyring, name: KeyName) -> bytes:
    """Return what the keyring derives under `name`."""
    if isinstance(name, Period):
        (key,) = keyring.reader_keys(name, ["gate-3"])
        assert key.period == name
        return key.secret
    own = keyring.own_key(name)
    assert own.name == name
    return own.secret


def assert_gone(keyring: Keyring, name: KeyName) -> None:
    with pytest.raises(KeyDestroyedError):
        use(keyring, name)
    with pytest.raises(KeyDestroyedError):
        keyring.make_key(name, UNTIL)


def test_every_keyring_has_its_options() -> None:
    assert set(OPTIONS) == set(KEYRINGS)


def test_an_unknown_keyring_is_refused() -> None:
    assert DEFAULT_KEYRING in KEYRINGS
    with pytest.raises(InputError, match="keyring: name: expected file"):
        keyring_kind("paper")


def test_the_end_of_short_periods_does_not_keep_a_longer_one_from_being_made(place: Place) -> None:
    keyring = place.create()
    minute = period_at(NOON, timedelta(minutes=1))
    keyring.make_key(minute, minute.start + timedelta(minutes=3))
    place.now = minute.start + timedelta(minutes=3)
    assert keyring.destroy_key(minute)
    keyring = place.open()
    today = period_at(NOON, timedelta(days=1))
    assert keyring.make_key(today, today.start + timedelta(days=30)).state is KeyState.LIVE
    with pytest.raises(KeyDestroyedError):
        keyring.reader_keys(minute, ["gate-north"])


def test_a_new_keyring_is_empty_and_is_made_once(place: Place) -> None:
    with pytest.raises(KeyringStorageError, match="expected a keyring, found none"):
        place.open()
    made = place.create()
    assert made.name in KEYRINGS
    assert list(made.keys()) == []
    with pytest.raises(KeyringStorageError, match="expected no keyring yet, found one"):
        place.create()
    assert list(place.open().keys()) == []


@of_each_kind
def test_making_and_opening_again_changes_nothing(
    place: Place, keyring: Keyring, name: KeyName
) -> None:
    live = KeptKey(name, UNTIL, KeyState.LIVE)
    assert keyring.make_key(name, UNTIL) == live
    key = use(keyring, name)
    for other in (UNTIL, UNTIL + DAY, UNTIL - DAY):
        assert keyring.make_key(name, other) == live
    opened = place.open()
    assert list(opened.keys()) == [live]
    assert use(opened, name) == use(keyring, name) == key


def test_readers_of_a_batch_have_the_keys_they_have_alone_and_in_order(keyring: Keyring) -> None:
    keyring.make_key(TODAY, UNTIL)
    readers = ["gate-4", "gate-3", "Tor Süd / 門 3", "gate-4"]
    keys = keyring.reader_keys(TODAY, readers)
    assert list(keys) == [keyring.reader_keys(TODAY, [reader])[0] for reader in readers]
    assert len({key.secret for key in keys}) == 3
    assert list(keyring.reader_keys(TODAY, [])) == []


def test_all_names_have_keys_of_their_own(keyring: Keyring) -> None:
    names = (*NAMES, *OTHERS, period_at(NOON, MINUTE), HitsKeyName(period_at(NOON, MINUTE)))
    for name in names:
        keyring.make_key(name, UNTIL)
    secrets = {use(keyring, name) for name in names}
    for period in (name for name in names if isinstance(name, Period)):
        secrets.add(keyring.reader_keys(period, ["gate-4"])[0].secret)
    assert len(secrets) == len(names) + 3
    kept = keyring.keys()
    assert [key.name for key in kept] == sorted(names, key=str)


@pytest.mark.parametrize("reader_id", ["", "a\0b", "Tor Su\u0308d"])
def test_ids_that_cannot_be_one_are_refused(keyring: Keyring, reader_id: str) -> None:
    keyring.make_key(TODAY, UNTIL)
    with pytest.raises(InputError, match="reader id"):
        keyring.reader_keys(TODAY, ["gate-3", reader_id])


@of_each_kind
def test_a_key_that_was_never_made_is_unknown(keyring: Keyring, name: KeyName) -> None:
    for made in (*NAMES, *OTHERS):
        if made != name:
            keyring.make_key(made, UNTIL)
    with pytest.raises(KeyUnknownError, match=f"key {name}: expected a key"):
        use(keyring, name)


@of_each_kind
def test_no_key_may_live_longer_than_its_kind(keyring: Keyring, name: KeyName) -> None:
    latest = latest_end(name, NOON)
    with pytest.raises(PolicyError, match=r"destroy_by: expected .* at the latest"):
        keyring.make_key(name, latest + INSTANT)
    assert list(keyring.keys()) == []
    assert keyring.make_key(name, latest) == KeptKey(name, latest, KeyState.LIVE)


@of_each_kind
def test_lives_without_sense_are_refused(keyring: Keyring, name: KeyName) -> None:
    earliest = NOON if isinstance(name, CaseKeyName) else TODAY.end
    naive = datetime(2026, 12, 1)  # noqa: DTZ001
    for destroy_by in (NOON - DAY, NOON, earliest, naive):
        with pytest.raises(InputError, match="destroy_by"):
            keyring.make_key(name, destroy_by)
    assert list(keyring.keys()) == []
    keyring.make_key(name, earliest + INSTANT)


@of_each_kind
def test_a_destroyed_key_derives_nothing_until_its_time_is_over(
    place: Place, keyring: Keyring, name: KeyName
) -> None:
    keyring.make_key(name, UNTIL)
    assert keyring.destroy_key(name)
    assert not keyring.destroy_key(name)
    for place.now in (NOON, UNTIL - INSTANT):
        for opened in (keyring, place.open()):
            assert list(opened.keys()) == [KeptKey(name, UNTIL, KeyState.DESTROYED)]
            assert_gone(opened, name)
            assert list(opened.problems()) == []
    place.now = UNTIL
    assert list(keyring.keys()) == []
    assert list(place.open().keys()) == []


def test_a_destroyed_period_key_is_gone_for_ever(place: Place, keyring: Keyring) -> None:
    keyring.make_key(TODAY, UNTIL)
    keyring.destroy_key(TODAY)
    # Long after, and with the clock set back, it stays so.
    for place.now in (UNTIL, NOON + 400 * DAY, NOON):
        opened = place.open()
        assert not opened.destroy_key(TODAY)
        assert_gone(opened, TODAY)
        assert list(opened.problems()) == []


def test_a_period_destroyed_before_it_was_made_is_never_made(
    place: Place, keyring: Keyring
) -> None:
    assert not keyring.destroy_key(TOMORROW)
    assert_gone(keyring, TOMORROW)
    assert_gone(place.open(), TOMORROW)


@of_own_kinds
def test_an_own_key_made_again_after_its_time_is_another(
    place: Place, keyring: Keyring, name: OwnKeyName
) -> None:
    keyring.make_key(name, UNTIL)
    first = keyring.own_key(name)
    record = seal_record(first, "1/crop", b"payload", bytes(12))
    assert open_record(place.open().own_key(name), record) == b"payload"
    keyring.destroy_key(name)
    place.now = UNTIL
    assert keyring.make_key(name, UNTIL + DAY).state is KeyState.LIVE
    assert keyring.own_key(name) != first
    with pytest.raises(SealedRowError, match="sealed record 1/crop: expected one sealed under key"):
        open_record(keyring.own_key(name), record)


@of_each_kind
def test_a_due_key_derives_nothing_and_is_told(place: Place, name: KeyName) -> None:
    keyring = place.create()
    keyring.make_key(name, UNTIL)
    place.now = UNTIL - INSTANT
    use(keyring, name)
    place.now = UNTIL
    with pytest.raises(KeyDueError):
        use(keyring, name)
    assert list(keyring.keys()) == [KeptKey(name, UNTIL, KeyState.DUE)]
    assert keyring.make_key(name, UNTIL + DAY).state is KeyState.DUE
    assert [problem.startswith(f"key {name}: ") for problem in keyring.problems()] == [True]
    assert keyring.destroy_key(name)
    assert list(keyring.problems()) == []
    assert list(keyring.keys()) == []
    with pytest.raises(NEVER_AGAIN):
        use(keyring, name)


def test_minutes_that_ended_leave_later_ones_and_longer_lives_alone(
    place: Place, keyring: Keyring
) -> None:
    for name in NAMES:
        keyring.make_key(name, UNTIL)
    made: list[Period] = []
    for _ in range(10):
        minute = period_at(place.now, MINUTE)
        keyring.make_key(minute, minute.start + 3 * MINUTE)
        keyring.make_key(HitsKeyName(minute), minute.start + 3 * MINUTE)
        made.append(minute)
        place.now += MINUTE
        kept = keyring.keys()
        for key in kept:
            if key.state is KeyState.DUE:
                assert keyring.destroy_key(key.name)
    last: list[KeyName] = [*made[-2:], *map(HitsKeyName, made[-2:])]
    kept = keyring.keys()
    assert {key.name for key in kept} == {*NAMES, *last}
    for name in (*NAMES, *last):
        use(keyring, name)
    for minute in made[:-2]:
        assert_gone(keyring, minute)
        with pytest.raises(NEVER_AGAIN):
            keyring.own_key(HitsKeyName(minute))


@of_each_kind
def test_many_at_once_make_one_key(place: Place, keyring: Keyring, name: KeyName) -> None:
    def make_and_use(_: int) -> bytes:
        mine = place.open()
        mine.make_key(name, UNTIL)
        return use(mine, name)

    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(make_and_use, range(8)))
    assert keys == [use(keyring, name)] * 8
