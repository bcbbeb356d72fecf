"""Rows that somebody altered: none of them opens, each is told and counted, all others open."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from tests.vault.inspection import read_counts
from tests.worlds import World, make_entry, policy_document

from fairplate.core.periods import period_at
from fairplate.storage.schema import kept_records, sealed_reads, vault_keys
from fairplate.vault.errors import SealedRowError
from fairplate.vault.grants import DAMAGED
from fairplate.vault.kept_records import Part, open_kept_record

HOUR = timedelta(hours=1)
PLATE, OTHER = "ABC123", "XYZ987"


@pytest.fixture
def world(migrated_url: str, tmp_path: Path) -> Iterator[World]:
    """Three reads of one plate in one hour and one of another; none of them is a hit."""
    world = World(migrated_url, tmp_path / "keys")
    world.set_up(policy_document("3 hours", "3 hours"))
    world.list_hot(make_entry("HOT100"))
    world.intake.take([world.arriving(PLATE, str(number)) for number in range(3)])
    world.intake.take([world.arriving(OTHER, "other")])
    yield world
    world.close()


def rows(world: World, table: sa.Table = sealed_reads) -> list[dict[str, Any]]:
    with world.database.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def alter(world: World, row: dict[str, Any], table: sa.Table = sealed_reads, **new: Any) -> None:
    same = [table.c[name] == value for name, value in row.items()]
    with world.database.transaction() as connection:
        assert connection.execute(sa.update(table).where(*same).values(**new)).rowcount == 1


def flipped(value: bytes, at: int) -> bytes:
    return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("nonce", lambda value: flipped(value, 0)),
        ("nonce", lambda value: value[:-1]),
        ("nonce", lambda _: b""),
        ("ciphertext", lambda value: flipped(value, 0)),
        ("ciphertext", lambda value: flipped(value, -1 % len(value))),
        ("ciphertext", lambda value: value[256:]),
        ("ciphertext", lambda value: value + bytes(256)),
        ("ciphertext", lambda _: b""),
    ],
)
def test_a_row_that_was_altered_is_told_and_counted(
    world: World, column: str, change: Callable[[bytes], bytes]
) -> None:
    row = next(row for row in rows(world) if row["token"] != token_of_other(world))
    alter(world, row, **{column: change(row[column])})
    opened = world.look_back(PLATE, OTHER)
    assert len(opened.reads) == 3
    (error,) = opened.damaged
    assert str(error) == (
        f"sealed row of period {period_at(world.clock.now, HOUR)}: expected one sealed under this "
        "key, found one that was altered or is not this key's"
    )
    assert read_counts(world)[DAMAGED] == 1
    world.look_back(OTHER)
    assert read_counts(world)[DAMAGED] == 1


def token_of_other(world: World) -> bytes:
    """Return the token that one row alone has."""
    tokens = [row["token"] for row in rows(world)]
    return bytes(next(token for token in tokens if tokens.count(token) == 1))


def test_a_row_under_another_token_is_never_found(world: World) -> None:
    row = next(row for row in rows(world) if row["token"] != token_of_other(world))
    alter(world, row, token=flipped(row["token"], 15))
    opened = world.look_back(PLATE, OTHER)
    assert (len(opened.reads), opened.damaged) == (3, ())


def test_two_rows_that_changed_places_do_not_open(world: World) -> None:
    lone = token_of_other(world)
    first, second, *_ = (row for row in rows(world) if row["token"] != lone)
    alter(world, first, ciphertext=second["ciphertext"])
    alter(world, second, ciphertext=first["ciphertext"])
    opened = world.look_back(PLATE, OTHER)
    assert (len(opened.reads), len(opened.damaged)) == (2, 2)
    assert read_counts(world)[DAMAGED] == 2


def test_a_row_put_under_another_plates_token_does_not_open(world: World) -> None:
    lone = token_of_other(world)
    row = next(row for row in rows(world) if row["token"] != lone)
    alter(world, row, token=lone)
    opened = world.look_back(OTHER)
    assert ([read.read_id for read in opened.reads], len(opened.damaged)) == (["other"], 1)


def test_a_row_put_under_another_period_does_not_open_there(world: World) -> None:
    world.clock.move(HOUR)
    world.intake.take([world.arriving(PLATE, "later")])
    early, *_, late = sorted(rows(world), key=lambda row: int(row["key_id"]))
    alter(world, early, key_id=late["key_id"], token=late["token"])
    opened = world.look_back(PLATE)
    assert "later" in {read.read_id for read in opened.reads}
    assert len(opened.damaged) == 1


def hit_ids(world: World) -> list[str]:
    taken = world.intake.take([world.arriving("HOT100", f"hit-{number}") for number in range(2)])
    return [one.hit.record_id for one in taken if one.hit is not None]


def opens(world: World, record_id: str) -> bool:
    with world.database.reading() as connection:
        try:
            _, parts = open_kept_record(connection, world.keyring, record_id)
        except SealedRowError as error:
            assert "sealed record" in str(error)  # noqa: PT017 - either way is looked at
            return False
        return Part.READ in parts


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {"nonce": flipped(row["nonce"], 3)},
        lambda row: {"ciphertext": flipped(row["ciphertext"], 40)},
        lambda _: {"ciphertext": b""},
        lambda row: {"part": "crop" if row["part"] == Part.MATCHES else Part.BLURRED.value},
        lambda _: {"part": "unheard-of"},
        lambda _: {"part": "UPPER"},
    ],
)
@pytest.mark.parametrize("part", [Part.READ, Part.MATCHES])
def test_a_record_that_was_altered_does_not_open(
    world: World, part: Part, change: Callable[[dict[str, Any]], dict[str, object]]
) -> None:
    altered, other = hit_ids(world)
    of_part = [r for r in rows(world, kept_records) if (r["id"], r["part"]) == (altered, part)]
    alter(world, of_part[0], kept_records, **change(of_part[0]))
    assert not opens(world, altered)
    assert opens(world, other)


def test_a_record_under_another_key_does_not_open(world: World) -> None:
    altered, other = hit_ids(world)
    world.clock.move(HOUR)
    hit_ids(world)
    keys = {row["name"]: row["id"] for row in rows(world, vault_keys)}
    own = next(r["key_id"] for r in rows(world, kept_records) if r["id"] == altered)
    for key_id in keys.values():
        for row in rows(world, kept_records):
            if row["id"] == altered:
                alter(world, row, kept_records, key_id=key_id)
        assert opens(world, altered) == (key_id == own)
    assert len(keys) == 4
    assert opens(world, other)


def test_records_that_changed_places_do_not_open(world: World) -> None:
    first, second = hit_ids(world)
    for row in rows(world, kept_records):
        alter(world, row, kept_records, id={first: "0" * 31 + "1", second: first}[row["id"]])
    assert not opens(world, first)
    assert not opens(world, "0" * 31 + "1")


def test_a_record_without_its_read_does_not_open(world: World) -> None:
    record_id, other = hit_ids(world)
    with world.database.transaction() as connection:
        connection.execute(
            sa.delete(kept_records).where(
                kept_records.c.id == record_id, kept_records.c.part == Part.READ.value
            )
        )
    assert not opens(world, record_id)
    assert opens(world, other)
