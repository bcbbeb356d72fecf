from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vault.pkcs11.softhsm import NAMES, NOON, TODAY, UNTIL

from fairplate.core.periods import PERIOD_LENGTHS, Period, period_at
from fairplate.vault.key_names import LONGEST_LIFE, CaseKeyName, HitsKeyName, KeyName
from fairplate.vault.keyrings.pkcs11 import labels
from fairplate.vault.keyrings.pkcs11.labels import KeyLabel, MarkKind

MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(9998, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PERIODS = st.builds(period_at, MOMENTS, st.sampled_from(PERIOD_LENGTHS))
NAMES_OF_ALL_KINDS = st.one_of(
    PERIODS,
    PERIODS.map(HitsKeyName),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True).map(CaseKeyName),
)


@given(NAMES_OF_ALL_KINDS, st.timedeltas(timedelta(0), LONGEST_LIFE))
def test_a_key_says_its_name_and_its_end(name: KeyName, life: timedelta) -> None:
    start = NOON
    if isinstance(name, Period):
        start = name.start
    elif isinstance(name, HitsKeyName):
        start = name.period.start
    label = labels.key_label(name, start + life)
    assert labels.is_ours(label)
    assert labels.read_key(labels.key_id(name), label, NOON) == KeyLabel(name, start + life)
    assert len(label) <= 125


def test_the_longest_label_is_as_long_as_told() -> None:
    label = labels.key_label(CaseKeyName("a" * 64), UNTIL + timedelta(microseconds=1))
    assert f"has {len(label)} bytes" in (labels.__doc__ or "")


@given(st.binary(max_size=40), st.binary(max_size=80))
def test_any_bytes_are_read(ident: bytes, label: bytes) -> None:
    assert labels.read_key(ident, label, NOON) is None
    assert labels.read_mark(label) is None
    said = labels.read_key(labels.key_id(TODAY), label, NOON)
    assert said == KeyLabel(TODAY, None)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-23T00:00:00+01:00",
        "2026-12-23T00:00:00Z",
        "2026-12-23T00:00:00",
        "2026-12-23",
        "0001-01-01T00:00:00+23:59",
        "2026-12-23T00:00:00+00:00 ",
        "",
    ],
)
def test_a_moment_has_one_spelling(text: str) -> None:
    assert labels.read_moment(text.encode()) is None
    label = f"fairplate/v1 key {TODAY} until {text}".encode()
    assert labels.read_key(labels.key_id(TODAY), label, NOON) == KeyLabel(TODAY, None)


@given(MOMENTS)
def test_moments_are_read_as_written(moment: datetime) -> None:
    assert labels.read_moment(labels.write_moment(moment)) == moment


def test_a_period_key_cannot_claim_a_longer_life_than_any_has() -> None:
    late = TODAY.start + LONGEST_LIFE + timedelta(microseconds=1)
    for name in (TODAY, HitsKeyName(TODAY)):
        said = labels.read_key(labels.key_id(name), labels.key_label(name, late), NOON)
        assert said == KeyLabel(name, None)


def test_marks_say_what_they_are_about() -> None:
    for kind in (MarkKind.MAKING, MarkKind.DESTROYED):
        for name in NAMES:
            assert labels.read_mark(labels.mark_label(kind, name)) == (kind, name)
    for length in PERIOD_LENGTHS:
        duration = period_at(NOON, length).duration
        label = labels.mark_label(MarkKind.FLOOR, duration)
        assert labels.read_mark(label) == (MarkKind.FLOOR, duration)
    assert labels.mark_label(MarkKind.IDENTITY) == b"fairplate/v1 keyring"
    assert labels.read_mark(b"fairplate/v1 keyring") == (MarkKind.IDENTITY, "")


@pytest.mark.parametrize(
    "label",
    [
        b"fairplate/v1 keyring ",
        b"fairplate/v1 keyring 2",
        b"fairplate/v2 keyring",
        b"fairplate/v1 key 2026-11-23T00:00Z/P1D",
        b"fairplate/v1 making",
        b"fairplate/v1 making 2026-11-23T00:00Z/P2D",
        b"fairplate/v1 destroyed  2026-11-23T00:00Z/P1D",
        b"fairplate/v1 destroyed \xff",
        b"fairplate/v1 floor PT2M",
        b"fairplate/v1 floor",
        b"fairplate/v1",
        b"",
    ],
)
def test_other_labels_are_no_marks(label: bytes) -> None:
    assert labels.read_mark(label) is None
