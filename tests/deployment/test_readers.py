"""Readers: what an id and a name may be, and that each change has its event or did not happen."""

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from tests.worlds import NOON, PRIVATE_PARTS, READERS, World

from fairplate.audit.events import ParsedEvent, commitment_opens, read_event
from fairplate.core.errors import FairplateError, InputError
from fairplate.deployment.readers import (
    EnrolledReader,
    disable_reader,
    enrol_reader,
    read_readers,
    reader_state,
)
from fairplate.policy.arrivals import Reader
from fairplate.storage.schema import events

MINUTE_LATER = NOON.replace(minute=1)

BAD_IDS = (
    *("", "-", "gate-", "-gate", "a" * 65, "Gate", "gate north", "gate_north", "gate.north"),
    *("ab12cde\n", "gâte", "12345", "1-2", "gate\0", "\ud800", "g" + "-" * 64),
)
BAD_NAMES = ["", " ", "\N{NO-BREAK SPACE}", "a" * 101, "two\nlines", "nul\0", "\ud800", "tab\t"]


def enrol(world: World, reader_id: str, name: str = "North gate, inbound") -> None:
    with world.database.transaction() as connection:
        enrol_reader(connection, world.vault.recorder, reader_id, name)


def disable(world: World, reader_id: str) -> None:
    with world.database.transaction() as connection:
        disable_reader(connection, world.vault.recorder, reader_id)


def listed(world: World) -> dict[str, EnrolledReader]:
    with world.database.reading() as connection:
        return read_readers(connection)


def last_event(world: World) -> tuple[ParsedEvent, dict[str, object]]:
    """Return the last event and its private part, which opens the commitment."""
    with world.database.reading() as connection:
        row = connection.execute(sa.select(events).order_by(events.c.id.desc()).limit(1)).one()
    whole = PRIVATE_PARTS.open(row.body, row.private)
    assert commitment_opens(row.body, whole.salt, whole.private)
    return read_event(row.body), json.loads(whole.private)


def count_events(world: World) -> int:
    with world.database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(events)).scalar_one()


def refuse(world: World, act: Callable[[], None], error: type[FairplateError], told: str) -> None:
    """Fail unless `act` is refused and has left readers and events as they were."""
    before, events_before = listed(world), count_events(world)
    with pytest.raises(error) as caught:
        act()
    assert str(caught.value) == told
    assert (listed(world), count_events(world)) == (before, events_before)


def test_a_reader_is_enrolled_with_its_event(world: World) -> None:
    enrol(world, "gate-3", "Östliches Tor")
    assert listed(world)["gate-3"] == EnrolledReader("gate-3", "Östliches Tor", NOON, None)
    event, private = last_event(world)
    assert (event.type, event.at, event.actor) == ("reader.enrolled", NOON, "system")
    assert event.public == {"reader": "gate-3"}
    assert private == {"name": "Östliches Tor"}


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("reader_id", ["a", "7a", "gate-3", "a--b", "a" * 64, "ab12cde"])
def test_ids_that_may_be(world: World, reader_id: str) -> None:
    enrol(world, reader_id)
    assert reader_state(listed(world), reader_id) is Reader.ENROLLED


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("reader_id", BAD_IDS, ids=ascii)
def test_ids_that_may_not_be(world: World, reader_id: str) -> None:
    told = (
        "reader: id: expected 1 to 64 of a-z, 0-9 and hyphens inside, a letter among them, "
        "found another text"
    )
    refuse(world, lambda: enrol(world, reader_id), InputError, told)
    refuse(world, lambda: disable(world, reader_id), InputError, told)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_names_that_may_not_be(world: World, name: str) -> None:
    told = "reader: name: expected 1 to 100 characters in one line, found another text"
    refuse(world, lambda: enrol(world, "gate-3", name), InputError, told)


def test_the_longest_name_may_be(world: World) -> None:
    enrol(world, "gate-3", "門" * 100)
    assert listed(world)["gate-3"].name == "門" * 100


def test_a_reader_is_enrolled_once(world: World) -> None:
    told = "reader: id: expected a new one, found gate-north, enrolled"
    refuse(world, lambda: enrol(world, READERS[0]), InputError, told)


def test_a_reader_is_disabled_with_its_event(world: World) -> None:
    world.clock.now = MINUTE_LATER
    disable(world, READERS[0])
    known = listed(world)
    assert known[READERS[0]].disabled_at == MINUTE_LATER
    assert reader_state(known, READERS[0]) is Reader.DISABLED
    assert reader_state(known, READERS[1]) is Reader.ENROLLED
    event, private = last_event(world)
    assert (event.type, event.public) == ("reader.disabled", {"reader": READERS[0]})
    assert private == {"name": f"Reader {READERS[0]}"}


def test_only_an_enrolled_reader_is_disabled(world: World) -> None:
    disable(world, READERS[0])
    told = "reader: id: expected an enrolled reader, found gate-north, disabled already"
    refuse(world, lambda: disable(world, READERS[0]), InputError, told)
    told = "reader: id: expected an enrolled reader, found none"
    refuse(world, lambda: disable(world, "gate-3"), InputError, told)


def test_a_disabled_reader_is_enrolled_again_under_a_new_name(world: World) -> None:
    disable(world, READERS[0])
    world.clock.now = MINUTE_LATER
    enrol(world, READERS[0], "Other name")
    assert listed(world)[READERS[0]] == EnrolledReader(READERS[0], "Other name", MINUTE_LATER, None)
    event, private = last_event(world)
    assert (event.type, private) == ("reader.enrolled", {"name": "Other name"})


@pytest.mark.parametrize("act", [enrol_reader, disable_reader])
def test_what_is_rolled_back_leaves_nothing(world: World, act: Callable[..., None]) -> None:
    given = ("gate-3", "Gate") if act is enrol_reader else (READERS[0],)

    def fail_afterwards() -> None:
        with world.database.transaction() as connection:
            act(connection, world.vault.recorder, *given)
            raise InputError("test", "act", expected="all of it", found="half")

    refuse(world, fail_afterwards, InputError, "test: act: expected all of it, found half")


def test_readers_are_listed_by_id(world: World) -> None:
    for reader_id in ("z1", "a1", "m1"):
        enrol(world, reader_id)
    assert list(listed(world)) == ["a1", *READERS, "m1", "z1"]


def test_only_those_that_are_asked_for_are_read(world: World) -> None:
    strange = ["nobody", "", "a\0b", "\ud800", "' OR 1=1 --", "x" * 10_000]
    with world.database.reading() as connection:
        found = read_readers(connection, [READERS[1], *strange])
        assert list(found) == [READERS[1]]
        assert read_readers(connection, []) == {}
    assert [reader_state(found, one) for one in strange] == [Reader.UNKNOWN] * len(strange)
