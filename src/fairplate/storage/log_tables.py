"""The tables of the audit log: events, its tree, and those who watch it. Part of `schema.py`."""

import sqlalchemy as sa

from fairplate.storage.columns import ROW_NUMBER, Moment, metadata

events = sa.Table(  # written in the transaction of the act; audit/events.py decides the bytes
    "events",
    metadata,
    sa.Column("id", ROW_NUMBER, primary_key=True),
    sa.Column("position", sa.BigInteger),  # in the log, once the sequencer has put it there
    sa.Column("body", sa.LargeBinary, nullable=False),  # canonical JSON, as it goes into the log
    sa.Column("private", sa.LargeBinary),  # sealed by audit/private_parts.py; null: lost
    sa.Index("uq_events_position", "position", unique=True),
    sa.Index(
        "ix_events_waiting",
        "id",
        sqlite_where=sa.text("position IS NULL"),
        postgresql_where=sa.text("position IS NULL"),
    ),
    sqlite_autoincrement=True,
)

log_head = sa.Table(  # one row
    "log_head",
    metadata,
    sa.Column("id", ROW_NUMBER, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),  # how many events have a position
    sa.Column("quorum", sa.BigInteger, nullable=False),  # of witnesses
)

log_tiles = sa.Table(  # the log's tree, as it is published; verify/tiles.py decides the bytes
    "log_tiles",
    metadata,
    sa.Column("level", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("hashes", sa.LargeBinary, nullable=False),  # up to 256 of 32 bytes
)

checkpoints = sa.Table(  # the last one, and the last that witnesses signed
    "checkpoints",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),  # as audit/checkpoints.py names them
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("signed_at", Moment, nullable=False),
)

witnesses = sa.Table(
    "witnesses",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # as C2SP spells verifier keys
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("added_at", Moment, nullable=False),
    sa.Column("removed_at", Moment),
    sa.Column("size", sa.BigInteger, nullable=False),  # of the last checkpoint it signed
)

witnessed_months = sa.Table(  # the first witnessed checkpoint of each month
    "witnessed_months",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),  # such as 2026-11
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("note", sa.LargeBinary, nullable=False),
    sa.Column("drawn_at", Moment),  # when its reviews were
)

reviews = sa.Table(  # the searches that were drawn
    "reviews",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True),  # of the search's event in the log
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("done_at", Moment),
)
