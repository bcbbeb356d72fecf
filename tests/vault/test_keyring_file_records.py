"""The bytes of the file keyring's files: every name has its own, and all keys fit in one length."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairplate.core.periods import PERIOD_LENGTHS, period_at
from fairplate.vault.key_names import CaseKeyName, HitsKeyName, KeyName
from fairplate.vault.keyrings.file import records

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

moments = st.datetimes(
    datetime(1971, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(9998, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
periods = st.builds(period_at, moments, st.sampled_from(PERIOD_LENGTHS))
case_ids = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?", fullmatch=True)
key_names = periods | periods.map(HitsKeyName) | case_ids.map(CaseKeyName)


@given(key_names, moments, st.sampled_from([records.LIVING, records.GONE]))
@example(CaseKeyName("a" * 64), NOON.replace(microsecond=1), records.LIVING)
@example(HitsKeyName(period_at(NOON, PERIOD_LENGTHS[2])), NOON.replace(microsecond=1), records.GONE)
def test_every_name_fits_in_a_file_and_is_found_again(
    name: KeyName, destroy_by: datetime, suffix: str
) -> None:
    assert records.parse_name(records.file_name(name, suffix)) == (name, suffix)
    record = records.KeyRecord(name, destroy_by, bytes(range(32)))
    content = records.wrap_record(bytes(32), bytes(12), record)
    assert records.unwrap_record(bytes(32), content, name) == record
    stone = records.tombstone(name, destroy_by)
    assert records.read_tombstone(stone, name) == destroy_by
    assert len(content) == len(stone) == records.RECORD_BYTES
    assert len(content.rstrip(b"\0")) <= 180


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        (period_at(NOON, timedelta(days=1)), "20261123T0000Z-P1D"),
        (HitsKeyName(period_at(NOON, timedelta(minutes=1))), "hits-20261123T1200Z-PT1M"),
        (CaseKeyName("theft-2026-17"), "case-theft-2026-17"),
    ],
)
def test_what_files_are_called(name: KeyName, stem: str) -> None:
    assert records.file_name(name, records.LIVING) == f"{stem}.key"
    assert records.file_name(name, records.GONE) == f"{stem}.gone"


@given(key_names, key_names)
def test_two_names_are_two_files(one: KeyName, other: KeyName) -> None:
    # Also where a file system takes A for a.
    files = [records.file_name(name, records.LIVING).lower() for name in (one, other)]
    assert (files[0] == files[1]) is (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "keyring.key",
        "keyring.id",
        ".key",
        "case-.key",
        "case--a.key",
        "case-a-.gone",
        "case-A.key",
        "case-a.key.tmp",
        "case-" + "a" * 65 + ".key",
        "hits-.key",
        "hits-case-a.key",
        "20261123T0100Z-P1D.key",
        "20261123T0000Z-P2D.key",
        "20261323T0000Z-P1D.key",
        "2026-11-23T0000Z-P1D.key",
        "20261123T0000Z-P1D.KEY",
        "２０261123T0000Z-P1D.key",  # noqa: RUF001 - digits that are not ASCII
        "20261123T0000Z-P1D.key\n",
    ],
)
def test_other_files_are_no_keys(text: str) -> None:
    assert records.parse_name(text) is None
