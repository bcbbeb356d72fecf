"""The table of events on a real SQLite file."""

import ast
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from fairplate.audit import log
from fairplate.audit.event_types import EventType
from fairplate.audit.events import Event, commitment_opens, make_event, read_event
from fairplate.audit.log import Recorder, append_event, latest_event_time
from fairplate.core.errors import InputError
from fairplate.storage.schema import events, metadata, readers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SALTS = [bytes([number]) * 32 for number in range(4)]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'fairplate.sqlite'}")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def recorder() -> Recorder:
    salts = iter(SALTS)
    return Recorder(lambda: NOON, lambda number: next(salts)[:number], "cli:1000")


def event_at(at: datetime) -> Event:
    return make_event(
        EventType.READER_DISABLED,
        at=at,
        actor="system",
        public={"reader": "gate-3"},
        private={"name": "North gate"},
        salt=bytes(32),
    )


def enrol(connection: sa.Connection, recorder: Recorder, reader: str) -> int:
    connection.execute(sa.insert(readers).values(id=reader, name="Gate", enrolled_at=NOON))
    return recorder.record(
        connection,
        EventType.READER_ENROLLED,
        public={"reader": reader},
        private={"name": "Gate"},
    )


def number(engine: sa.Engine, table: sa.Table) -> int:
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_event_is_kept_as_it_is(engine: sa.Engine) -> None:
    event = event_at(NOON)
    with engine.begin() as connection:
        event_id = append_event(connection, event)
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(events)).all()
    assert row == (event_id, event.body, event.salt, event.private)


def test_ids_rise_and_none_is_given_twice(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        ids = [append_event(connection, event_at(NOON)) for _ in range(3)]
    with engine.begin() as connection:  # as somebody with the database in hand could
        connection.execute(sa.delete(events).where(events.c.id == ids[-1]))
    with engine.begin() as connection:
        ids.append(append_event(connection, event_at(NOON)))
    assert ids == sorted(set(ids))


def test_a_recorder_fills_in_actor_time_and_salt(engine: sa.Engine, recorder: Recorder) -> None:
    with engine.begin() as connection:
        ids = [enrol(connection, recorder, f"gate-{n}") for n in range(2)]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(events).order_by(events.c.id)).all()
    assert [row.id for row in rows] == ids
    parsed = read_event(rows[0].body)
    assert (parsed.type, parsed.at, parsed.actor) == (EventType.READER_ENROLLED, NOON, "cli:1000")
    assert parsed.public == {"reader": "gate-0"}
    assert all(commitment_opens(row.body, row.salt, row.private) for row in rows)
    assert [row.salt for row in rows] == SALTS[:2]


def test_act_and_event_come_and_go_together(engine: sa.Engine, recorder: Recorder) -> None:
    with engine.begin() as connection:
        enrol(connection, recorder, "gate-1")
    with engine.connect() as connection:
        enrol(connection, recorder, "gate-2")
        connection.rollback()
    with engine.connect() as connection:  # nobody commits
        enrol(connection, recorder, "gate-3")
    with engine.connect() as connection:
        append_event(connection, event_at(NOON))
        with pytest.raises(sa.exc.IntegrityError):
            enrol(connection, recorder, "gate-1")  # its id is taken
    assert (number(engine, readers), number(engine, events)) == (1, 1)


def test_an_act_that_cannot_be_told_is_not_done(engine: sa.Engine, recorder: Recorder) -> None:
    with pytest.raises(InputError, match=r"public\.reader"), engine.begin() as connection:
        enrol(connection, recorder, "ABC123")
    assert (number(engine, readers), number(engine, events)) == (0, 0)


def test_the_latest_time_is_the_last_event_s(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        assert latest_event_time(connection) is None
        append_event(connection, event_at(NOON + timedelta(hours=1)))
        append_event(connection, event_at(NOON + timedelta(milliseconds=7, microseconds=9)))
        assert latest_event_time(connection) == NOON + timedelta(milliseconds=7)


def test_a_damaged_last_event_is_named(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        event_id = append_event(connection, Event(b'{"v":1}', bytes(32), b"{}"))
        with pytest.raises(InputError, match=f"^event {event_id}: body"):
            latest_event_time(connection)


def test_nothing_here_edits_or_deletes() -> None:
    used = {
        node.attr
        for node in ast.walk(ast.parse(inspect.getsource(log)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "sa"
    }
    assert used == {"Connection", "insert", "select"}
