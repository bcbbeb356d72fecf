"""The readers: camera positions and vehicles whose reads are taken.

Decides what a reader's id may be. A reader is never deleted, only disabled, so that an id always
means the same position.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from fairplate.audit.event_types import EventType
from fairplate.audit.log import Recorder
from fairplate.core.errors import InputError
from fairplate.policy.arrivals import Reader
from fairplate.storage.schema import access_keys, readers

LONGEST_NAME = 100
_READER_ID = re.compile(r"(?=.*[a-z])[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class EnrolledReader:
    """One reader as listed; `disabled_at` None: its reads are taken."""

    id: str
    name: str
    enrolled_at: datetime
    disabled_at: datetime | None


def enrol_reader(connection: sa.Connection, recorder: Recorder, reader_id: str, name: str) -> None:
    """Enrol a reader, with its event, or enable a disabled one again under a new name.

    The id is 1 to 64 of a-z, 0-9 and inner hyphens, a letter among them: it is public, and must
    not be able to be a plate. The name is for people, 1 to 100 characters in one line. Raises
    InputError for others, and for a reader that is enrolled.
    """
    _require_id(reader_id)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or not name.strip():
        expected = f"1 to {LONGEST_NAME} characters in one line"
        raise InputError("reader", "name", expected=expected, found="another text")
    known = read_readers(connection, [reader_id]).get(reader_id)
    if known is not None and known.disabled_at is None:
        raise InputError("reader", "id", expected="a new one", found=f"{reader_id}, enrolled")
    values = {"name": name, "enrolled_at": recorder.clock(), "disabled_at": None}
    if known is None:
        connection.execute(sa.insert(readers).values(id=reader_id, **values))
    else:
        connection.execute(sa.update(readers).where(readers.c.id == reader_id).values(**values))
    recorder.record(
        connection,
        EventType.READER_ENROLLED,
        public={"reader": reader_id},
        private={"name": name},
    )


def disable_reader(connection: sa.Connection, recorder: Recorder, reader_id: str) -> None:
    """Take no more reads from a reader, and end its keys; InputError unless it is enrolled."""
    known = read_readers(connection, [_require_id(reader_id)]).get(reader_id)
    if known is None or known.disabled_at is not None:
        found = "none" if known is None else f"{reader_id}, disabled already"
        raise InputError("reader", "id", expected="an enrolled reader", found=found)
    connection.execute(
        sa.update(readers).where(readers.c.id == reader_id).values(disabled_at=recorder.clock())
    )
    connection.execute(sa.delete(access_keys).where(access_keys.c.reader_id == reader_id))
    recorder.record(
        connection,
        EventType.READER_DISABLED,
        public={"reader": reader_id},
        private={"name": known.name},
    )


def read_readers(
    connection: sa.Connection, only: Collection[str] | None = None
) -> dict[str, EnrolledReader]:
    """Return every reader by id, in the order of ids, or those of `only` that there are."""
    query = sa.select(readers).order_by(readers.c.id)
    if only is not None:
        # What comes from outside may be a text that no database takes.
        query = query.where(readers.c.id.in_([one for one in only if _READER_ID.fullmatch(one)]))
    rows = connection.execute(query)
    return {
        row.id: EnrolledReader(row.id, row.name, row.enrolled_at, row.disabled_at) for row in rows
    }


def reader_state(known: Mapping[str, EnrolledReader], reader_id: str) -> Reader:
    """Return what is known of `reader_id`, which may be any text."""
    reader = known.get(reader_id)
    if reader is None:
        return Reader.UNKNOWN
    return Reader.ENROLLED if reader.disabled_at is None else Reader.DISABLED


def _require_id(reader_id: str) -> str:
    if _READER_ID.fullmatch(reader_id) is None:
        expected = "1 to 64 of a-z, 0-9 and hyphens inside, a letter among them"
        raise InputError("reader", "id", expected=expected, found="another text")
    return reader_id
