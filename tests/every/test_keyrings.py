"""One suite for every keyring: what the protocol promises, wherever the keys lie."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.periods import Period, period_at
from fairplate.vault.errors import (
    KeyringStorageError,
    PeriodDestroyedError,
    PeriodDueError,
    PeriodUnknownError,
)
from fairplate.vault.keyring import LONGEST_LIFE, Keyring, KeyringOptions, PeriodKey, PeriodState
from fairplate.vault.keyrings import DEFAULT_KEYRING, KEYRINGS, KeyringKind, keyring_kind
from fairplate.vault.seal import ReaderKey, derive_row_key, open_row, seal_row

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TODAY = period_at(NOON, DAY)
TOMORROW = period_at(TODAY.end, DAY)


@dataclass
class Place:
    """A keyring of one kind, a clock to turn, and the way to open it again."""

    kind: KeyringKind
    directory: Path
    now: datetime = NOON
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311 - a test's keys

    @property
    def options(self) -> KeyringOptions:
        return KeyringOptions(
            directory=self.directory, clock=lambda: self.now, random_bytes=self.random.randbytes
        )

    def create(self) -> Keyring:
        return self.kind.create(self.options)

    def open(self) -> Keyring:
        return self.kind.open(self.options)


@pytest.fixture(params=KEYRINGS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(keyring_kind(request.param), tmp_path / "keys")


@pytest.fixture
def keyring(place: Place) -> Iterator[Keyring]:
    made = place.create()
    yield made
    assert made.problems() == ()


def assert_gone(keyring: Keyring, period: Period) -> None:
    with pytest.raises(PeriodDestroyedError):
        keyring.reader_key(period, "gate-3")
    with pytest.raises(PeriodDestroyedError):
        keyring.make_period(period, period.start + LONGEST_LIFE)


def test_names() -> None:
    assert DEFAULT_KEYRING in KEYRINGS
    with pytest.raises(InputError, match="keyring: name: expected file"):
        keyring_kind("paper")


def test_a_new_keyring_is_empty_and_is_made_once(place: Place) -> None:
    with pytest.raises(KeyringStorageError, match="expected a keyring, found none"):
        place.open()
    assert place.create().periods() == ()
    with pytest.raises(KeyringStorageError, match="expected no keyring yet, found one"):
        place.create()
    assert place.open().periods() == ()


def test_keys_are_the_same_after_opening_again(place: Place, keyring: Keyring) -> None:
    until = TODAY.start + 30 * DAY
    assert keyring.make_period(TODAY, until) == PeriodKey(TODAY, until, PeriodState.LIVE)
    key = keyring.reader_key(TODAY, "gate-3")
    row = seal_row(derive_row_key(key, "ABC1234"), b"payload", bytes(12))
    again = place.open().reader_key(TODAY, "gate-3")
    assert again == key
    assert open_row(derive_row_key(again, "ABC1234"), row) == b"payload"


def test_readers_and_periods_have_keys_of_their_own(keyring: Keyring) -> None:
    keys: list[ReaderKey] = []
    for period in (TODAY, TOMORROW, period_at(NOON, MINUTE)):
        keyring.make_period(period, period.start + 30 * DAY)
        keys += [keyring.reader_key(period, reader) for reader in ("gate-3", "gate-4")]
    assert len({key.secret for key in keys}) == 6


def test_making_again_changes_nothing(keyring: Keyring) -> None:
    until = TODAY.start + 30 * DAY
    keyring.make_period(TODAY, until)
    key = keyring.reader_key(TODAY, "gate-3")
    for other in (until, until + DAY, until - DAY):
        assert keyring.make_period(TODAY, other) == PeriodKey(TODAY, until, PeriodState.LIVE)
    assert keyring.reader_key(TODAY, "gate-3") == key


@pytest.mark.parametrize("reader_id", ["", "a\0b"])
def test_ids_that_cannot_be_one_are_refused(keyring: Keyring, reader_id: str) -> None:
    keyring.make_period(TODAY, TODAY.start + 30 * DAY)
    with pytest.raises(InputError, match="reader id"):
        keyring.reader_key(TODAY, reader_id)


def test_a_period_without_key_is_unknown(keyring: Keyring) -> None:
    with pytest.raises(PeriodUnknownError, match="period 2026-11-23T00:00Z/P1D: expected a key"):
        keyring.reader_key(TODAY, "gate-3")


def test_no_key_may_live_longer_than_90_days(keyring: Keyring) -> None:
    with pytest.raises(PolicyError, match="expected at most 90 days"):
        keyring.make_period(TODAY, TODAY.start + LONGEST_LIFE + timedelta(microseconds=1))
    assert keyring.periods() == ()
    keyring.make_period(TODAY, TODAY.start + LONGEST_LIFE)


@pytest.mark.parametrize(
    "destroy_by",
    [
        pytest.param(NOON, id="due at once"),
        pytest.param(TODAY.end, id="no later than the period's end"),
        pytest.param(datetime(2026, 12, 1), id="naive"),  # noqa: DTZ001
    ],
)
def test_lives_without_sense_are_refused(keyring: Keyring, destroy_by: datetime) -> None:
    with pytest.raises(InputError, match="destroy_by"):
        keyring.make_period(TODAY, destroy_by)
    assert keyring.periods() == ()


def test_a_destroyed_key_is_gone_for_ever(place: Place, keyring: Keyring) -> None:
    until = TODAY.start + 30 * DAY
    keyring.make_period(TODAY, until)
    assert keyring.destroy_period(TODAY)
    assert not keyring.destroy_period(TODAY)
    assert keyring.periods() == (PeriodKey(TODAY, until, PeriodState.DESTROYED),)
    for opened in (keyring, place.open()):
        assert_gone(opened, TODAY)
    # Long after, and with the clock set back, it stays so.
    for place.now in (until, NOON + 400 * DAY, NOON):
        opened = place.open()
        assert not opened.destroy_period(TODAY)
        assert_gone(opened, TODAY)
        assert opened.problems() == ()


def test_a_period_destroyed_before_it_was_made_is_never_made(
    place: Place, keyring: Keyring
) -> None:
    assert not keyring.destroy_period(TOMORROW)
    assert_gone(keyring, TOMORROW)
    assert_gone(place.open(), TOMORROW)


def test_a_due_key_derives_nothing_and_is_told(place: Place) -> None:
    keyring = place.create()
    until = TODAY.start + 2 * DAY
    keyring.make_period(TODAY, until)
    place.now = until - timedelta(microseconds=1)
    keyring.reader_key(TODAY, "gate-3")
    place.now = until
    with pytest.raises(PeriodDueError):
        keyring.reader_key(TODAY, "gate-3")
    assert keyring.periods() == (PeriodKey(TODAY, until, PeriodState.DUE),)
    assert keyring.make_period(TODAY, until + DAY).state is PeriodState.DUE
    assert [problem.startswith(f"period {TODAY}: ") for problem in keyring.problems()] == [True]
    assert keyring.destroy_period(TODAY)
    assert keyring.problems() == ()
    assert keyring.periods() == ()
    assert_gone(keyring, TODAY)


def test_minutes_that_ended_leave_later_ones_and_longer_lives_alone(
    place: Place, keyring: Keyring
) -> None:
    keyring.make_period(TODAY, TODAY.start + 30 * DAY)
    made = []
    for _ in range(10):
        minute = period_at(place.now, MINUTE)
        keyring.make_period(minute, minute.start + 3 * MINUTE)
        made.append(minute)
        place.now += MINUTE
        for key in keyring.periods():
            if key.state is PeriodState.DUE:
                assert keyring.destroy_period(key.period)
    live = [key.period for key in keyring.periods()]
    assert live == [TODAY, *made[-2:]]
    keyring.reader_key(TODAY, "gate-3")
    for minute in made[:-2]:
        assert_gone(keyring, minute)


def test_many_at_once_make_one_key(place: Place, keyring: Keyring) -> None:
    keys: list[bytes] = []

    def make() -> None:
        mine = place.open()
        mine.make_period(TODAY, TODAY.start + 30 * DAY)
        keys.append(mine.reader_key(TODAY, "gate-3").secret)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert set(keys) == {keyring.reader_key(TODAY, "gate-3").secret}
