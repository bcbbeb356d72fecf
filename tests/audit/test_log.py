"""The table of events, on SQLite and on PostgreSQL."""

import ast
import inspect
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.audit.log_worlds import enrol, rolled_back
from tests.worlds import NOON, PRIVATE_PARTS, SetClock

from fairplate.audit import log
from fairplate.audit.event_types import EventType
from fairplate.audit.events import commitment_opens, read_event
from fairplate.audit.log import Recorder, latest_event_time
from fairplate.core.errors import InputError
from fairplate.storage.database import Database
from fairplate.storage.schema import events, readers

SALT, NONCE = 32, 12


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def recorder(clock: SetClock) -> Recorder:
    made = iter(range(256))
    return Recorder(clock, lambda number: bytes([next(made)]) * number, "cli:1000", PRIVATE_PARTS)


def act(connection: sa.Connection, recorder: Recorder, reader: str) -> int:
    """Do something, and leave its event."""
    connection.execute(sa.insert(readers).values(id=reader, name="Gate", enrolled_at=NOON))
    return enrol(connection, recorder, reader)


def number(database: Database, table: sa.Table) -> int:
    with database.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_event_is_kept_sealed_and_without_a_place(
    database: Database, recorder: Recorder
) -> None:
    with database.transaction() as connection:
        ids = [enrol(connection, recorder, f"gate-{number}") for number in range(2)]
    with database.reading() as connection:
        rows = connection.execute(sa.select(events).order_by(events.c.id)).all()
    assert [(row.id, row.position) for row in rows] == [(each, None) for each in ids]
    parsed = read_event(bytes(rows[0].body))
    assert (parsed.type, parsed.at, parsed.actor) == (EventType.READER_ENROLLED, NOON, "cli:1000")
    assert parsed.public == {"reader": "gate-0"}
    whole = [PRIVATE_PARTS.open(bytes(row.body), bytes(row.private)) for row in rows]
    assert [each.private for each in whole] == [b'{"name":"At gate-0"}', b'{"name":"At gate-1"}']
    assert all(commitment_opens(each.body, each.salt, each.private) for each in whole)
    # Salt and nonce of the first event, salt and nonce of the second.
    assert [each.salt for each in whole] == [bytes([0]) * SALT, bytes([2]) * SALT]
    assert [bytes(row.private[:NONCE]) for row in rows] == [bytes([1]) * NONCE, bytes([3]) * NONCE]


def test_ids_rise_and_none_is_given_twice(database: Database, recorder: Recorder) -> None:
    with database.transaction() as connection:
        ids = [enrol(connection, recorder, "gate-1") for _ in range(3)]
    with database.transaction() as connection:  # as somebody with the database in hand could
        connection.execute(sa.delete(events).where(events.c.id == ids[-1]))
    with database.transaction() as connection:
        ids.append(enrol(connection, recorder, "gate-1"))
    assert ids == sorted(set(ids))


def test_act_and_event_come_and_go_together(database: Database, recorder: Recorder) -> None:
    with database.transaction() as connection:
        act(connection, recorder, "gate-1")
    with rolled_back(database) as connection:
        act(connection, recorder, "gate-2")
        act(connection, recorder, "gate-3")
    with database.transaction() as connection:
        act(connection, recorder, "gate-4")
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as connection:
        act(connection, recorder, "gate-1")  # its id is taken
    assert (number(database, readers), number(database, events)) == (2, 2)


def test_an_act_that_cannot_be_told_is_not_done(database: Database, recorder: Recorder) -> None:
    with pytest.raises(InputError, match=r"public\.reader"), database.transaction() as connection:
        act(connection, recorder, "ABC123")
    assert (number(database, readers), number(database, events)) == (0, 0)


def test_the_latest_time_is_the_last_event_s(
    database: Database, recorder: Recorder, clock: SetClock
) -> None:
    with database.transaction() as connection:
        assert latest_event_time(connection) is None
        clock.move(timedelta(hours=1))
        enrol(connection, recorder, "gate-1")
        clock.now = NOON + timedelta(milliseconds=7, microseconds=9)
        enrol(connection, recorder, "gate-1")
        assert latest_event_time(connection) == NOON + timedelta(milliseconds=7)


def test_a_damaged_last_event_is_named(database: Database) -> None:
    with database.transaction() as connection:
        insert = sa.insert(events).values(body=b'{"v":1}', private=None).returning(events.c.id)
        event_id = connection.execute(insert).scalar_one()
        with pytest.raises(InputError, match=f"^event {event_id}: body"):
            latest_event_time(connection)


def test_nothing_here_edits_or_deletes() -> None:
    tree = list(ast.walk(ast.parse(inspect.getsource(log))))
    used = {
        node.attr
        for node in tree
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "sa"
    }
    assert used == {"Connection", "select"}
    spelled = [str(node.value) for node in tree if isinstance(node, ast.Constant)]
    statements = [text.split()[0] for text in spelled if text[:6].isupper()]
    assert statements == []  # `storage/rows.py` writes the row
