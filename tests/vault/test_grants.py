"""A grant opens what its approval names and nothing else, and is on record before any key is."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.databases import MakeDatabase
from tests.vault.granting import (
    ALSO_REFUSED,
    APPROVAL,
    DAY,
    GRANT,
    HOUR,
    MONTH,
    NORTH,
    OTHER,
    PLATE,
    REFUSED,
    SOUTH,
    CountingKeyring,
    put_between,
    read_events,
)
from tests.worlds import NOON, READERS, TestApproval, World, policy_document

from fairplate.core.errors import InputError, PolicyError
from fairplate.core.periods import period_at
from fairplate.hotlists.confusions import characters_like
from fairplate.policy.rules import Policy
from fairplate.storage.rows import sum_counts
from fairplate.storage.schema import sealed_reads
from fairplate.vault.approval import MOST_PLATES, Grant
from fairplate.vault.errors import KeyringStorageError
from fairplate.vault.expiry import destroy_key
from fairplate.vault.grants import DAMAGED, Opened, use_grant


@pytest.fixture
def world(make_database: MakeDatabase, tmp_path: Path) -> Iterator[World]:
    """A vault with two reads of a plate, two days apart, and one of another."""
    made = World(make_database(migrated=True), tmp_path / "keys")
    made.set_up()
    made.intake.take(
        [
            made.arriving(PLATE, "new", NORTH, NOON),
            made.arriving(PLATE, "old", SOUTH, NOON - 2 * DAY),
            made.arriving(OTHER, "other", NORTH, NOON),
        ]
    )
    yield made
    made.close()


@pytest.fixture
def keyring(world: World) -> CountingKeyring:
    return put_between(world)


def use(
    world: World,
    grant: Grant = GRANT,
    approval: TestApproval = APPROVAL,
    policy: Policy = MONTH,
) -> Opened:
    return use_grant(world.vault, grant, approval, policy)


def ids_of(opened: Opened) -> list[str]:
    return [read.read_id for read in opened.reads]


def put_alike(world: World, *plates: str) -> None:
    world.intake.take([world.arriving(plate, plate) for plate in plates])


def test_what_may_not_be_used_leaves_no_trace_and_derives_no_key(
    world: World, keyring: CountingKeyring
) -> None:
    for refused in (*REFUSED.values(), *((GRANT, *others) for others in ALSO_REFUSED)):
        with pytest.raises(PolicyError):
            use(world, *refused)
    assert (read_events(world, "grant.used"), keyring.asked) == ([], [])


def test_an_exigent_use_comes_before_its_approval(world: World) -> None:
    exigent = replace(APPROVAL, exigent=True, approved_by=frozenset())
    assert ids_of(use(world, GRANT, exigent, replace(MONTH, exigent=True))) == ["old", "new"]
    (told,) = read_events(world, "grant.used")
    assert (told.event.public["exigent"], told.event.public["approved_by"]) == (True, [])


def test_the_event_is_there_before_the_first_key_is_derived(
    world: World, keyring: CountingKeyring
) -> None:
    keyring.broken = True
    with pytest.raises(KeyringStorageError):
        use(world)
    assert len(keyring.asked) == 1
    world.restart()  # so it was committed
    (told,) = read_events(world, "grant.used")
    assert told.event.actor == "officer-1"
    assert told.event.public == {
        "case": "theft-17",
        "purpose": "stolen-vehicle",
        "plates": 1,
        "candidates": 1,
        "readers": 2,
        "periods": 2,
        "first_period": str(period_at(NOON - 2 * DAY, DAY)),
        "last_period": str(period_at(NOON, DAY)),
        "exigent": False,
        "asked_by": "officer-1",
        "approved_by": ["approver-1"],
    }
    assert json.loads(told.private) == {
        "plates": [PLATE],
        "readers": list(READERS),
        "reference": "2026/17",
    }


def test_a_use_that_cannot_be_put_on_record_derives_no_key(
    world: World, keyring: CountingKeyring
) -> None:
    with pytest.raises(InputError):
        use(world, GRANT, replace(APPROVAL, asked_by="A Name"))  # no pseudonym
    assert (read_events(world, "grant.used"), keyring.asked) == ([], [])


def test_only_the_named_plates_and_readers_are_opened(
    world: World, keyring: CountingKeyring
) -> None:
    assert ids_of(use(world)) == ["old", "new"]  # by time of capture
    assert ids_of(use(world, replace(GRANT, reader_ids=(SOUTH,)))) == ["old"]
    assert {readers for _, readers in keyring.asked} == {READERS, (SOUTH,)}
    # One approval may be used piece by piece.
    both = replace(APPROVAL, plates=frozenset({PLATE, OTHER}))
    assert ids_of(use(world, replace(GRANT, plates=(OTHER,)), both)) == ["other"]
    assert ids_of(use(world, replace(GRANT, plates=(OTHER, PLATE)), both))[0] == "old"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        (NOON, NOON + HOUR, ["new"]),
        (NOON - 2 * DAY, NOON, ["old"]),  # the end is not included
        (NOON - 2 * DAY, NOON + timedelta(microseconds=1), ["old", "new"]),
        (NOON - 2 * DAY + timedelta(microseconds=1), NOON, []),
        (NOON - HOUR, NOON, []),  # the period is the same as that of a read
        (NOON - 9 * DAY, NOON - 8 * DAY, []),
    ],
    ids=str,
)
def test_only_the_named_times_are_opened(
    world: World, since: datetime, until: datetime, found: list[str]
) -> None:
    assert ids_of(use(world, replace(GRANT, captured_from=since, captured_until=until))) == found


def test_only_the_periods_of_the_named_times_are_asked_for(
    world: World, keyring: CountingKeyring
) -> None:
    use(world, replace(GRANT, captured_from=NOON - HOUR))
    assert [period for period, _ in keyring.asked] == [period_at(NOON, DAY)]


def test_a_grant_that_reaches_no_period_is_on_record(
    world: World, keyring: CountingKeyring
) -> None:
    opened = use(world, replace(GRANT, captured_until=NOON - 9 * DAY))
    assert (opened.reads, opened.candidates, opened.complete) == ((), 1, True)
    (told,) = read_events(world, "grant.used")
    public = told.event.public
    assert [public[name] for name in ("periods", "first_period", "last_period")] == [0, None, None]
    assert keyring.asked == []


@pytest.mark.parametrize(("pattern", "candidates"), [("AB12CD?", 36), ("?B12CD?", 36 * 36)])
def test_unknown_characters_are_filled_in(world: World, pattern: str, candidates: int) -> None:
    approval = replace(APPROVAL, plates=frozenset({pattern}))
    opened = use(world, replace(GRANT, plates=(pattern,)), approval)
    assert ids_of(opened) == ["old", "new"]
    assert (opened.candidates, opened.complete) == (candidates, True)
    (told,) = read_events(world, "grant.used")
    assert (told.event.public["plates"], told.event.public["candidates"]) == (1, candidates)
    assert json.loads(told.private)["plates"] == [pattern]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("pattern", ["A?1?CD?", "??12", "ab12cde", ""])
def test_a_pattern_that_knows_too_little_is_refused(
    world: World, keyring: CountingKeyring, pattern: str
) -> None:
    approval = replace(APPROVAL, plates=frozenset({pattern}))
    with pytest.raises(InputError):
        use(world, replace(GRANT, plates=(pattern,)), approval)
    assert (read_events(world, "grant.used"), keyring.asked) == ([], [])


def test_a_pattern_is_approved_as_it_is_and_not_what_it_stands_for(world: World) -> None:
    with pytest.raises(PolicyError, match="plates-not-approved"):
        use(world, replace(GRANT, plates=("AB12CD?",)))
    pattern = replace(APPROVAL, plates=frozenset({"AB12CD?"}))
    with pytest.raises(PolicyError, match="plates-not-approved"):
        use(world, GRANT, pattern)


def test_look_alikes_are_found_only_if_asked_for(world: World) -> None:
    put_alike(world, "A812CDE", "AB1ZCDE", "A81ZCDE")
    assert ids_of(use(world)) == ["old", "new"]
    opened = use_grant(world.vault, GRANT, APPROVAL, MONTH, look_alikes=characters_like)
    # Those that differ in two characters are no look-alikes.
    assert sorted(ids_of(opened)) == ["A812CDE", "AB1ZCDE", "new", "old"]
    assert opened.complete


def test_too_many_look_alikes_are_told(world: World) -> None:
    approval = replace(APPROVAL, plates=frozenset({"?B12CD?"}))
    grant = replace(GRANT, plates=("?B12CD?",))
    opened = use_grant(world.vault, grant, approval, MONTH, look_alikes=characters_like)
    assert (opened.candidates, opened.complete) == (2000, False)
    assert ids_of(opened) == ["old", "new"]


def test_a_damaged_row_is_counted_and_the_others_open(world: World) -> None:
    with world.database.transaction() as connection:
        rows = connection.execute(sa.select(sealed_reads)).all()
        connection.execute(
            sa.update(sealed_reads)
            .where(sealed_reads.c.token == rows[0].token)
            .values(ciphertext=bytes(272))
        )
    opened = use(world)
    assert len(opened.reads) + len(opened.damaged) == 2
    assert [str(error).split(":")[0] for error in opened.damaged] == [
        "sealed row of period 2026-11-23T00"
    ] * len(opened.damaged)
    with world.database.reading() as connection:
        counted = sum_counts(connection, DAMAGED, since=NOON.date())
    assert counted == len(opened.damaged) == 1


def test_a_key_that_is_gone_is_told_and_the_others_open(world: World) -> None:
    today, before = period_at(NOON, DAY), period_at(NOON - 2 * DAY, DAY)
    world.keyring.destroy_key(today)  # past the register
    opened = use(world)
    assert (ids_of(opened), opened.lost) == (["old"], (today,))
    destroy_key(world.vault, before)  # on record
    opened = use(world)
    assert (ids_of(opened), opened.lost) == ([], (today,))


def test_a_key_whose_time_is_over_opens_nothing(world: World) -> None:
    world.clock.move(29 * DAY)  # nothing was expired yet; the older period is due
    grant = replace(GRANT, captured_from=NOON - DAY, captured_until=NOON + HOUR)
    assert ids_of(use(world, grant)) == ["new"]
    world.clock.move(DAY - 12 * HOUR)
    late = replace(GRANT, captured_from=world.clock() - 30 * DAY, captured_until=NOON + HOUR)
    opened = use(world, late)
    assert (ids_of(opened), opened.lost) == ([], ())


def test_a_key_that_must_be_gone_sooner_than_promised_opens_nothing(world: World) -> None:
    world.set_policy(policy_document("7 days"))
    assert world.expire().problems == []  # which puts it on record
    world.set_policy(policy_document())
    world.clock.move(7 * DAY - 12 * HOUR)
    late = replace(GRANT, captured_from=world.clock() - 10 * DAY)
    assert ids_of(use(world, late)) == []
    world.clock.move(-timedelta(microseconds=1))
    assert ids_of(use(world, late)) == ["new"]


def test_the_most_plates_may_be_named(world: World) -> None:
    plates = (PLATE, *(f"AB{n}" for n in range(1, MOST_PLATES)))
    approval = replace(APPROVAL, plates=frozenset(plates))
    assert ids_of(use(world, replace(GRANT, plates=plates), approval)) == ["old", "new"]


def test_nothing_shown_names_a_plate(world: World) -> None:
    assert PLATE not in f"{GRANT}{use(world)}"
